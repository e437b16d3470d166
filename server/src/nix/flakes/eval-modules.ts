import type { Definition } from "../eval/builtins/definition.ts";
import { becauseOf, wrongType } from "../eval/make.ts";
import type { Thunk } from "../eval/value.ts";
import { asSet, evaluateModules, namesIn } from "../modules/evaluate.ts";
import { inputsOf } from "../modules/inputs.ts";
import { textOf } from "../modules/module.ts";
import type { World } from "./world.ts";

/** `lib.evalModules` as configurations call it. */
export function evalModulesDefinition(world: World): Definition {
  return {
    name: "lib.evalModules",
    parameters: ["arguments"],
    signature: "{ modules, specialArgs ? { }, prefix ? [ ], … } -> { config, options, … }",
    source: "lib/modules.nix",
    run: (call, given) => {
      const args = given.force();
      if (args.type === "unknown") return becauseOf(args, "evalModules", call.at);
      if (args.type !== "attrs") return wrongType("a set", args.type, call.at);
      const get = (name: string) => args.entries.get(name)?.thunk.force();
      const modules = get("modules");
      const special = get("specialArgs");
      if (!modules) return wrongType("a list of modules", "null", call.at);
      const prefix = get("prefix");
      const kind = get("class");
      const path = special?.type === "attrs" ? textOf(special.entries.get("modulesPath")?.thunk ?? null) : null;
      const specialArgs = new Map<string, Thunk>();
      if (special?.type === "attrs") for (const [name, { thunk }] of special.entries) specialArgs.set(name, thunk);
      return asSet(
        evaluateModules({
          evaluator: world.evaluator,
          modules: inputsOf(modules, "<unknown-file>"),
          specialArgs,
          prefix: prefix?.type === "list" ? namesIn(prefix) : [],
          kind: kind?.type === "string" ? kind.value : null,
          modulesPath: path ?? "",
          undeclared: "drop",
          strict: true,
          importFile: (path) => world.importModule(path),
        }),
      );
    },
  };
}
