import { printable } from "../../base/printable.ts";
import type { Span } from "../../base/span.ts";
import { messages, type Text } from "../../base/text.ts";
import { fileProblemText } from "./file-problems.ts";
import { placeSpan, type Unknown, type Why } from "./value.ts";

const text = messages("reason", {
  input: { en: "depends on {via}", "zh-cn": "取决于 {via}" },
  undecided: { en: "depends on a condition that cannot be decided here", "zh-cn": "取决于一个此处无法判定的条件" },
  unresolvedName: { en: "the name `{name}` is not known here", "zh-cn": "此处不认识名称 `{name}`" },
  external: { en: "{what} lies outside of what is read", "zh-cn": "{what} 不在读取范围之内" },
  unreadableFile: { en: "`{path}` cannot be read ({problem})", "zh-cn": "无法读取 `{path}`（{problem}）" },
  unsupported: { en: "{what} is not evaluated here", "zh-cn": "此处不对 {what} 求值" },
  syntaxError: { en: "there is a syntax error", "zh-cn": "此处有语法错误" },
  wrongType: { en: "{expected} is expected, {found} was found", "zh-cn": "应为 {expected}，实际为 {found}" },
  throws: { en: "evaluation fails here: {message}", "zh-cn": "求值在此处失败：{message}" },
  cycle: { en: "the value depends on itself", "zh-cn": "该值依赖于自身" },
  budget: { en: "evaluation takes too long to finish while typing", "zh-cn": "求值耗时过长，无法在键入时完成" },
});

/** One step from a value that is not known towards the cause. */
export interface Reason {
  readonly text: Text;
  readonly at: Span | null;
}

/** Longest chain that is shown; the cause, which is its last step, is always kept. */
const longest = 5;

/**
 * Why a value is not known, from the value to the root cause. Steps at the same place are told once: a reader wants to
 * go to places, not to see every operator that a value passed through.
 */
export function reasonChain(unknown: Unknown): readonly Reason[] {
  const chain: Reason[] = [];
  const seen = new Set<Unknown>();
  let at: Unknown | null = unknown;
  while (at && !seen.has(at)) {
    seen.add(at);
    chain.push({ text: reasonText(at.why), at: placeSpan(at.at) });
    at = cause(at.why);
  }
  const told = chain.filter(
    (reason, index) => index === chain.length - 1 || !samePlace(reason.at, chain[index + 1]?.at),
  );
  return told.length <= longest ? told : [...told.slice(0, longest - 1), told[told.length - 1] as Reason];
}

function cause(why: Why): Unknown | null {
  if (why.reason === "input") return why.of;
  return why.reason === "undecided" ? why.condition : null;
}

/** What an unknown value comes from in the end. */
export function rootCause(unknown: Unknown): Unknown {
  const seen = new Set<Unknown>();
  let at = unknown;
  for (let next = cause(at.why); next && !seen.has(next); next = cause(at.why)) {
    seen.add(next);
    at = next;
  }
  return at;
}

/** One reason in words. */
export function reasonText(why: Why): Text {
  switch (why.reason) {
    case "input":
      return text.input({ via: printable(why.via) });
    case "undecided":
      return text.undecided();
    case "unresolved-name":
      return text.unresolvedName({ name: printable(why.name) });
    case "external":
      return text.external({ what: printable(why.what) });
    case "unreadable-file":
      return text.unreadableFile({ path: printable(why.path), problem: fileProblemText(why.problem) });
    case "unsupported":
      return text.unsupported({ what: printable(why.what) });
    case "syntax-error":
      return text.syntaxError();
    case "wrong-type":
      return text.wrongType({ expected: printable(why.expected), found: printable(why.found) });
    case "throws":
      return text.throws({ message: printable(why.message) });
    case "cycle":
      return text.cycle();
    case "budget":
      return text.budget();
  }
}

function samePlace(a: Span | null, b: Span | null | undefined): boolean {
  if (!a || !b) return false;
  return a.file === b.file && a.start === b.start && a.end === b.end;
}
