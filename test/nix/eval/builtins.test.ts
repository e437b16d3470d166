import { describe, expect, it } from "vitest";
import { builtinDefinitions } from "../../../server/src/nix/eval/builtins/index.ts";
import { createEvaluator } from "../../../server/src/nix/eval/interpreter.ts";
import { string } from "../../../server/src/nix/eval/make.ts";
import { applyFunction, selectAttribute } from "../../../server/src/nix/eval/ops.ts";
import { ready } from "../../../server/src/nix/eval/value.ts";
import type { FileSource } from "../../../server/src/nix/files.ts";
import { evaluateText, show } from "../../harness/evaluate.ts";
import { memoryFiles } from "../../harness/memory-files.ts";

/** The builtins of Nix 2.24 without experimental features; those of 2.8 are asked of the installed Nix in test/nix/judge. */
const names =
  `abort add addDrvOutputDependencies addErrorContext all any appendContext attrNames attrValues baseNameOf bitAnd
  bitOr bitXor break builtins catAttrs ceil compareVersions concatLists concatMap concatStringsSep convertHash currentSystem
  currentTime deepSeq derivation derivationStrict dirOf div elem elemAt false fetchGit fetchMercurial fetchTarball fetchTree
  fetchurl filter filterSource findFile floor foldl' fromJSON fromTOML functionArgs genList genericClosure getAttr getContext
  getEnv getFlake groupBy hasAttr hasContext hashFile hashString head import intersectAttrs isAttrs isBool isFloat isFunction
  isInt isList isNull isPath isString langVersion length lessThan listToAttrs map mapAttrs match mul nixPath nixVersion null
  parseDrvName parseFlakeRef flakeRefToString partition path pathExists placeholder readDir readFile readFileType removeAttrs
  replaceStrings scopedImport seq sort split splitVersion storeDir storePath stringLength sub substring tail throw toFile toJSON
  toPath toString toXML trace traceVerbose true tryEval typeOf unsafeDiscardOutputDependency unsafeDiscardStringContext
  unsafeGetAttrPos warn zipAttrsWith`.split(/\s+/);

describe("builtins", () => {
  it("all are named, and none other", async () => {
    const { value } = await evaluateText("builtins");
    if (value.type !== "attrs") throw new Error(value.type);
    const experimental = ["fetchClosure", "outputOf"];
    expect([...value.entries.keys()].sort()).toEqual([...names, ...experimental].sort());
  });

  it("each says what it takes, what it gives and where that is written", () => {
    for (const { name, parameters, signature, source } of builtinDefinitions) {
      expect(signature.split(" -> ").length, name).toBeGreaterThan(parameters.length);
      expect(source, name).not.toBe("");
    }
    expect(new Set(builtinDefinitions.map(({ name }) => name)).size).toBe(builtinDefinitions.length);
  });

  it("each gives unknown, not an exception, for arguments of any type", async () => {
    const odd = [
      "1",
      "1.5",
      '"x"',
      "null",
      "true",
      "[ ]",
      "{ }",
      "(x: x)",
      "/a",
      "[ { } 1 ]",
      "{ a = 1; }",
      "builtins.currentTime",
      'throw "x"',
    ];
    for (const { name, parameters } of builtinDefinitions) {
      for (const first of odd) {
        const others = parameters.slice(1).map((_, i) => odd[(i * 5 + first.length) % odd.length]);
        const call = `builtins.${name} ${[first, ...others].map((text) => `(${text})`).join(" ")}`;
        const { value } = await evaluateText(call, {}, { budget: { steps: 100_000 } });
        const reason = value.type === "unknown" && value.why.reason === "unsupported" ? value.why.what : "";
        expect(reason, call).not.toContain("internal");
      }
    }
  });

  it("a symbolic link exists even if it leads nowhere; a slash behind a file is left open", async () => {
    const files = await memoryFiles({ "/w/a.nix": "1", "/w/d/b.nix": "2" });
    const linked: FileSource = {
      tree: (path) => files.tree(path),
      text: (path) => files.text(path),
      type: (path) => files.type(path),
      generation: 0,
      entries: (path) => {
        const found = files.entries(path);
        return path === "/w" && found.ok
          ? { ok: true, value: new Map([...found.value, ["broken", "symlink"]]) }
          : found;
      },
    };
    const { builtins } = createEvaluator({ files: linked });
    const set = builtins.force();
    const ask = (path: string) =>
      show(applyFunction(selectAttribute(set, "pathExists", null), [ready(string(path))], null));
    expect(["/w/a.nix", "/w/broken", "/w/absent", "/w/d/", "/w/absent/x", "/w/a.nix/"].map(ask)).toEqual([
      "true",
      "true",
      "false",
      "true",
      "false",
      "?unsupported: pathExists of a file with a slash behind it",
    ]);
  });

  it("a builtin that throws an exception becomes unknown, and says so", async () => {
    const { runDefinition } = await import("../../../server/src/nix/eval/builtins/function.ts");
    const { evaluator } = await evaluateText("1");
    const broken = { ...builtinDefinitions[0], name: "broken", parameters: ["x"], run: () => JSON.parse("{") };
    expect(runDefinition(broken as never, evaluator, [], null)).toMatchObject({
      type: "unknown",
      why: { reason: "unsupported" },
    });
  });
});

describe("genericClosure", () => {
  it("spends what it takes to compare a key with all before it", async () => {
    const endless = `builtins.length (builtins.genericClosure {
      startSet = [ { key = 0; } ]; operator = i: [ { key = i.key + 1; } ]; })`;
    const { value } = await evaluateText(endless);
    expect(show(value)).toMatch(/budget/);
  });
});
