import { describe, expect, test } from "vitest";
import { placeSpan } from "../../../server/src/nix/eval/value.ts";
import { DiskFiles } from "../../../server/src/nix/files-disk.ts";
import { World } from "../../../server/src/nix/flakes/world.ts";
import { evaluateModules } from "../../../server/src/nix/modules/evaluate.ts";
import { inputsOf } from "../../../server/src/nix/modules/inputs.ts";
import { problemsOf } from "../../../server/src/nix/modules/problems.ts";
import { testParser } from "../../microvm/workspace.ts";

const declarations = `{ lib, ... }: { options.m = {
  size = lib.mkOption { type = lib.types.ints.positive; default = 1; };
  kind = lib.mkOption { type = lib.types.enum [ "a" "b" ]; default = "a"; };
  names = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
  volumes = lib.mkOption { default = [ ]; type = lib.types.listOf (lib.types.submodule { options = {
    image = lib.mkOption { type = lib.types.str; }; size = lib.mkOption { type = lib.types.int; default = 0; };
  }; }); };
  free = lib.mkOption { default = { }; type = lib.types.submodule { freeformType = lib.types.attrsOf lib.types.int; }; };
  mystery = lib.mkOption { default = builtins.getEnv "X" == "1"; };
}; }`;

/** Kind, option and the text at fault of each problem that a module has. */
async function problems(module: string): Promise<string[]> {
  const parser = await testParser();
  const world = new World({ files: new DiskFiles(parser, []), parser, models: [] });
  const text = `lib: [ (${declarations}) (${module}) ]`;
  const evaluation = evaluateModules({
    evaluator: world.evaluator,
    modules: inputsOf(world.ours("test", text), "<test>"),
    undeclared: "shape",
  });
  return problemsOf(evaluation, ["m"]).found.map(({ kind, loc, at }) => {
    const span = placeSpan(at);
    return `${kind} ${loc.join(".")}: ${span ? text.slice(span.start, span.end) : "-"}`;
  });
}

describe("what real Nix refuses is told at the definition at fault", () => {
  const cases: Readonly<Record<string, readonly [string, readonly string[]]>> = {
    nothing: ['{ m.size = 5; m.volumes = [ { image = "a"; } ]; }', []],
    "a wrong type": ['{ m.size = "8G"; }', ['type m.size: m.size = "8G";']],
    "a range": ["{ m.size = 0; }", ["type m.size: m.size = 0;"]],
    "an enumeration": ['{ m.kind = "c"; }', ['type m.kind: m.kind = "c";']],
    "an element": ["{ m.names = [ 1 ]; }", ["type m.names.[definition 1-entry 1]: 1"]],
    "inside a submodule": [
      '{ m.volumes = [ { image = "a"; size = "1"; } ]; }',
      ['type m.volumes.[definition 1-entry 1].size: size = "1";'],
    ],
    "an option that does not exist": ["{ m.sise = 1; }", ["undeclared m.sise: m.sise = 1;"]],
    "an option of a submodule that does not exist": [
      '{ m.volumes = [ { image = "a"; sise = 1; } ]; }',
      ["undeclared m.volumes.[definition 1-entry 1].sise: sise = 1;"],
    ],
    "a required option": ["{ m.volumes = [ { } ]; }", ["missing m.volumes.[definition 1-entry 1].image: -"]],
    "a conflict": ["({ lib, ... }: { imports = [ { m.size = 2; } ]; m.size = 3; })", ["conflict m.size: m.size = 2;"]],
    "a set is expected": ["{ m = 1; }", ["type m: m = 1;"]],
    "switched off": ['({ lib, ... }: { m.size = lib.mkIf false "8G"; })', []],
    overridden: ['({ lib, ... }: { m = { size = lib.mkMerge [ "8G" (lib.mkForce 3) ]; }; })', []],
    "an unknown condition": ['({ lib, config, ... }: { m.size = lib.mkIf config.m.mystery "8G"; })', []],
    "an unknown value": ['{ m.size = builtins.getEnv "X"; }', []],
    "an attribute that may not be there": [
      '({ lib, ... }: { m = { size = 1; } // lib.optionalAttrs (builtins.getEnv "X" == "1") { sise = 2; }; })',
      [],
    ],
    "free-form": ["{ m.free.anything = 1; }", []],
    "not of the free-form type": ['{ m.free.anything = "a"; }', ['type m.free.anything: m.free.anything = "a";']],
    "outside of the path": ["{ other.thing = 1; }", []],
    "does not exist, whatever mkIf says": [
      "({ lib, ... }: { m.sise = lib.mkIf false 1; })",
      ["undeclared m.sise: m.sise = lib.mkIf false 1;"],
    ],
  };
  for (const [name, [module, expected]] of Object.entries(cases)) {
    test(name, async () => expect(await problems(module)).toEqual(expected));
  }
});
