import { createEvaluator, type EvaluatorOptions, type Interpreter } from "../../server/src/nix/eval/interpreter.ts";
import { floatToString, rootOf } from "../../server/src/nix/eval/ops.ts";
import type { Thunk, Unknown, Value } from "../../server/src/nix/eval/value.ts";
import { memoryFiles } from "./memory-files.ts";

/** The place of the text given to {@link evaluateText}. */
export const testFile = "/example/test.nix";

/** Evaluates one text as a file, beside other files if need be. */
export async function evaluateText(
  text: string,
  more: Readonly<Record<string, string>> = {},
  options: Omit<EvaluatorOptions, "files"> = {},
): Promise<{ value: Value; evaluator: Interpreter }> {
  const files = await memoryFiles({ ...more, [testFile]: text });
  const evaluator = createEvaluator({ files, ...options });
  return { value: evaluator.evaluateFile(testFile), evaluator };
}

/**
 * A value written out for comparison, to any depth, in one line: `{ a = 1; b = [ 2 "x" ]; }`. Unknowns are written as
 * `?reason`, open lists and sets end with `...`, conditional parts have a `?` before them.
 */
export function show(value: Value, depth = 12): string {
  switch (value.type) {
    case "integer":
      return value.value.toString();
    case "float":
      return floatToString(value.value);
    case "boolean":
      return String(value.value);
    case "null":
      return "null";
    case "string":
      return JSON.stringify(value.value);
    case "path":
      return value.value;
    case "function":
      return "<function>";
    case "list": {
      if (depth === 0) return "[…]";
      const items = value.items.map((i) => (i.conditional ? "?" : "") + show(i.thunk.force(), depth - 1));
      return `[${[...items, ...(value.rest ? ["..."] : [])].map((s) => ` ${s}`).join("")} ]`;
    }
    case "attrs": {
      if (depth === 0) return "{…}";
      const names = [...value.entries.keys()].sort();
      const items = names.map((n) => {
        const e = value.entries.get(n) as { thunk: Thunk; conditional?: Unknown };
        return `${e.conditional ? "?" : ""}${n} = ${show(e.thunk.force(), depth - 1)};`;
      });
      return `{${[...items, ...(value.rest ? ["..."] : [])].map((s) => ` ${s}`).join("")} }`;
    }
    case "unknown":
      return `?${showReason(value)}`;
  }
}

function showReason(of: Unknown): string {
  const { why } = rootOf(of);
  switch (why.reason) {
    case "undecided":
      return `(${why.candidates.map((candidate) => show(candidate, 4)).join(" | ")})`;
    case "throws":
      return `${why.by}: ${why.message}`;
    case "wrong-type":
      return `wrong-type: ${why.found} for ${why.expected}`;
    case "external":
    case "unsupported":
      return `${why.reason}: ${why.what}`;
    case "unresolved-name":
      return `unresolved: ${why.name}`;
    case "budget":
      return `budget: ${why.what}`;
    default:
      return why.reason;
  }
}
