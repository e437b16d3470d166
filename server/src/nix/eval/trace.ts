import { messages, type Text, verbatim } from "../../base/text.ts";
import { fileProblemText } from "./file-problems.ts";
import type { Place, Unknown } from "./value.ts";

/** One step of the way from an unknown value to what caused it. */
export interface TraceStep {
  readonly at: Place;
  readonly text: Text;
}

/**
 * The way from an unknown value to its root cause, nearest first: one step per binding, attribute or function that it
 * passed, and last the cause itself. Steps that say the same twice are told once.
 */
export function traceUnknown(of: Unknown): readonly TraceStep[] {
  const steps: TraceStep[] = [];
  let at = of;
  for (;;) {
    if (at.why.reason === "input") {
      addStep(steps, at.at, verbatim(at.why.via));
      at = at.why.of;
    } else if (at.why.reason === "undecided") {
      steps.push({ at: at.at, text: text.undecided() });
      at = at.why.condition;
    } else {
      steps.push({ at: at.at, text: causeText(at) });
      return steps;
    }
  }
}

/** The whole way in one line, `size ← cfg.disk.size ← …`; `from` is the name of the value that is asked about. */
export function traceText(from: string, of: Unknown): Text {
  return joined([verbatim(from), ...traceUnknown(of).map((step) => step.text)]);
}

/** What is said of an unknown that is itself a cause. */
export function causeText(of: Unknown): Text {
  const { why } = of;
  switch (why.reason) {
    case "unresolved-name":
      return text.unresolved({ name: why.name });
    case "external":
      return text.external({ what: why.what });
    case "unreadable-file":
      return text.unreadable({ path: why.path, problem: fileProblemText(why.problem) });
    case "unsupported":
      return text.unsupported({ what: why.what });
    case "syntax-error":
      return text.syntax();
    case "wrong-type":
      return text.wrongType({ expected: why.expected, found: why.found });
    case "throws":
      return why.by === "error" ? text.fails({ message: why.message }) : text.throws({ message: why.message });
    case "cycle":
      return text.cycle();
    case "budget":
      return text.budget();
    case "input":
    case "undecided":
      return text.undecided();
  }
}

const text = messages("trace", {
  step: { en: "{to} ← {from}", "zh-cn": "{to} ← {from}" },
  undecided: { en: "a condition that is not known", "zh-cn": "条件未知" },
  unresolved: { en: "`{name}` is not defined", "zh-cn": "`{name}` 未定义" },
  external: { en: "{what} lies outside what is evaluated", "zh-cn": "{what} 不在求值范围内" },
  unreadable: { en: "{path} cannot be read: {problem}", "zh-cn": "无法读取 {path}：{problem}" },
  unsupported: { en: "{what} is not modelled", "zh-cn": "{what} 尚未建模" },
  syntax: { en: "the code here is incomplete", "zh-cn": "此处代码不完整" },
  wrongType: { en: "found {found} where {expected} is expected", "zh-cn": "此处需要 {expected}，却得到 {found}" },
  throws: { en: "evaluation stops here: {message}", "zh-cn": "求值在此中止：{message}" },
  fails: { en: "evaluation fails here: {message}", "zh-cn": "求值在此失败：{message}" },
  cycle: { en: "the value depends on itself", "zh-cn": "该值依赖于自身" },
  budget: { en: "the evaluation is too long", "zh-cn": "求值过长" },
});

/** What passes a value on without a name of its own: not worth a step. */
const silent = new Set([
  "+",
  "-",
  "*",
  "/",
  "++",
  "//",
  "==",
  "<",
  "!",
  "&&",
  "||",
  "->",
  "string",
  "call",
  "if",
  "assert",
  "argument",
  "path",
  "${…}",
  "…",
]);

function addStep(steps: TraceStep[], at: Place, what: Text): void {
  if (typeof what.args["words"] === "string" && silent.has(what.args["words"])) return;
  const last = steps.at(-1);
  if (last && last.text.id === what.id && last.text.args["words"] === what.args["words"]) return;
  steps.push({ at, text: what });
}

function joined(parts: readonly Text[]): Text {
  return parts.slice(0, -1).reduceRight<Text>((from, to) => text.step({ to, from }), parts.at(-1) as Text);
}
