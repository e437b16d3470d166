import { stack } from "../budget.ts";
import { gather } from "../dependencies.ts";
import { dismiss, hasDismissed } from "../dismissals.ts";
import { attributes, boolean, fails, unsupported, wrongType } from "../make.ts";
import { coerceToString, isCatchable, isError, overBudget, pass } from "../ops.ts";
import type { Thunk, Unknown, Value } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { absolutePath } from "./files.ts";
import { builtin, expect, madeBy } from "./kit.ts";

/** Builtins that steer evaluation: strictness, errors, imports. */
export const controlBuiltins: readonly Definition[] = [
  builtin("seq", "e1 e2", "a -> b -> b", (_call, e1, e2) => after(e1, e2)),
  builtin("deepSeq", "e1 e2", "a -> b -> b", (call, e1, e2) => deepError(call, e1, new Set()) ?? e2.force()),
  builtin("trace", "e1 e2", "a -> b -> b", (_call, e1, e2) => after(e1, e2)),
  builtin("traceVerbose", "e1 e2", "a -> b -> b", (_call, _e1, e2) => e2.force()),
  builtin("warn", "e1 e2", "string -> b -> b", (call, e1, e2) => {
    const first = e1.force();
    if (first.type !== "string" && first.type !== "unknown") return wrongType("string", first.type, call.at);
    return after(e1, e2);
  }),
  builtin("break", "v", "a -> a", (_call, v) => v.force()),
  builtin("addErrorContext", "context e", "string -> a -> a", (_call, _context, e) => e.force()),
  builtin("throw", "s", "string -> a", (call, s) => message(call, s, "throw")),
  builtin("abort", "s", "string -> a", (call, s) => message(call, s, "abort")),
  builtin("tryEval", "e", "a -> { success, value }", (call, e) => tryEval(call, e)),
  builtin("import", "path", "path -> a", (call, file) =>
    absolutePath(call, file, "import", (path) => call.evaluator.importFile(path, call.at)),
  ),
  builtin("scopedImport", "names path", "{ } -> path -> a", (call, names, file) =>
    expect(call, names, "attrs", "scopedImport", (scope) =>
      absolutePath(call, file, "scopedImport", (path) => {
        const { evaluator } = call;
        if (scope.rest) return pass(scope.rest, "scopedImport", call.at);
        if (!evaluator.spend() || stack.depth >= stack.limit) return overBudget("depth", call.at);
        return evaluator.importScoped(scope.entries, path, call.at);
      }),
    ),
  ),
];

/** The second value, once the first is there. */
function after(first: Thunk, second: Thunk): Value {
  const value = first.force();
  if (value.type === "unknown") {
    if (isError(value)) return value;
    dismiss();
  }
  return second.force();
}

/** The first error inside a value, to any depth: what `deepSeq` fails with. Unknowns that are no errors are let pass. */
function deepError(call: Call, thunk: Thunk, seen: Set<Value>): Unknown | null {
  if (!call.evaluator.spend()) return overBudget("steps", call.at);
  if (stack.depth >= stack.limit) return overBudget("depth", call.at);
  const value = thunk.force();
  if (value.type === "unknown") {
    if (isError(value) || value.why.reason === "budget") return pass(value, "deepSeq", call.at);
    dismiss();
    return null;
  }
  if ((value.type !== "list" && value.type !== "attrs") || seen.has(value)) return null;
  seen.add(value);
  stack.depth++;
  let error: Unknown | null = null;
  if (value.rest) dismiss();
  const parts = value.type === "list" ? value.items : [...value.entries.values()];
  for (const part of parts) {
    if (part.conditional) dismiss();
    else error = deepError(call, part.thunk, seen);
    if (error) break;
  }
  stack.depth--;
  return error;
}

function message(call: Call, argument: Thunk, by: "throw" | "abort"): Value {
  const text = coerceToString(argument.force(), "interpolation", call.at);
  if (text.type === "string") return fails(text.value, call.at, by);
  if (text.type === "unknown" && isError(text)) return text;
  // It fails in any case; only the words are not known.
  return fails("…", call.at, by);
}

function tryEval(call: Call, e: Thunk): Value {
  const { value, dependencies } = gather(() => e.force());
  if (value.type === "unknown" && !isError(value)) {
    const open = pass(value, "tryEval", call.at);
    return result(call, open, open);
  }
  // Where an error was set aside under an undecided condition, success and failure are both possible.
  if (hasDismissed(dependencies)) return unsupported("tryEval under an undecided condition", call.at);
  if (value.type === "unknown" && !isCatchable(value)) return pass(value, "tryEval", call.at, { type: "attrs" });
  if (value.type === "unknown") return result(call, boolean(false, madeBy(call)), boolean(false, madeBy(call)));
  return result(call, boolean(true, madeBy(call)), value);
}

function result(call: Call, success: Value, value: Value): Value {
  return attributes(
    [
      ["success", success],
      ["value", value],
    ],
    madeBy(call),
  );
}
