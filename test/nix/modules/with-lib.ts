import { rootCause } from "../../../server/src/nix/eval/make.ts";
import type { Value } from "../../../server/src/nix/eval/value.ts";
import { DiskFiles } from "../../../server/src/nix/files-disk.ts";
import { World } from "../../../server/src/nix/flakes/world.ts";
import { testParser } from "../../microvm/workspace.ts";

/** Evaluates `lib: …` with our lib, module system included. */
export async function evaluateWithLib(text: string): Promise<Value> {
  const parser = await testParser();
  const world = new World({ files: new DiskFiles(parser, []), parser, models: [] });
  return world.ours("test", text);
}

/** The value as JSON, "fails" where real Nix fails too, or "unknown: why". */
export function encodeValue(value: Value): string {
  const problem = { text: "" };
  const plain = plainOf(value, problem);
  return problem.text || JSON.stringify(plain);
}

function plainOf(value: Value, problem: { text: string }): unknown {
  switch (value.type) {
    case "null":
      return null;
    case "integer":
    case "float":
      return Number(value.value);
    case "boolean":
    case "string":
    case "path":
      return value.value;
    case "list": {
      const open = value.rest ?? value.items.find((i) => i.conditional)?.conditional;
      if (open) problem.text ||= unknownText(open);
      return value.items.map((item) => plainOf(item.thunk.force(), problem));
    }
    case "attrs": {
      const open = value.rest ?? [...value.entries.values()].find((a) => a.conditional)?.conditional;
      if (open) problem.text ||= unknownText(open);
      const names = [...value.entries.keys()].sort();
      return Object.fromEntries(
        names.map((name) => [name, plainOf(value.entries.get(name)?.thunk.force() as Value, problem)]),
      );
    }
    case "function":
      problem.text ||= "a function";
      return null;
    default: {
      problem.text ||= unknownText(value);
      return null;
    }
  }
}

function unknownText(of: Extract<Value, { type: "unknown" }>): string {
  const { why } = rootCause(of);
  return why.reason === "throws" ||
    why.reason === "wrong-type" ||
    why.reason === "cycle" ||
    why.reason === "unresolved-name"
    ? "fails"
    : `unknown: ${JSON.stringify(why)}`;
}
