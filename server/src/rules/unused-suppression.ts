import { messages } from "../base/text.ts";
import type { Finding, Rule } from "./frame/rule.ts";
import type { Suppression } from "./frame/suppress.ts";
import { guestFlake } from "./support/examples.ts";

export const text = messages("unused-suppression", {
  summary: {
    en: "A comment allows a finding that is not reported.",
    "zh-cn": "注释允许的问题并不存在。",
  },
  why: {
    en: "A comment that outlives its reason hides the next finding of the same kind on that line. It is reported only where nothing was unknown: the rule is on, all guests were found, and for rules about the disk a host was looked at.",
    "zh-cn":
      "理由已经消失的注释会掩盖同一行以后出现的同类问题。只有在一切都已知时才会报告：规则已启用、所有虚拟机都已找到，并且（对于磁盘规则）已查看过主机。",
  },
  message: {
    en: "nothing on line {line} is reported as {id}: this comment allows nothing",
    "zh-cn": "第 {line} 行没有 {id} 问题，因此这条注释不起作用",
  },
  remove: { en: "Remove this comment, which allows nothing", "zh-cn": "删除这条不起作用的注释" },
});

interface Data {
  readonly suppression: Suppression;
  readonly needs: Rule["needs"];
}

/** Reported by suppress.ts, because only it sees comments. */
export const unusedSuppression: Rule<Data> = {
  id: "unused-suppression",
  severity: "information",
  needs: "config",
  claims: "absence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: { "/flake.nix": guestFlake(volume("# microvm-lens: allow size-unit-suspicious tiny on purpose")) },
    },
    good: { files: { "/flake.nix": guestFlake(volume("# 1 GiB is plenty")) } },
  },
  check: () => [],
  *fixes({ data, span }, context) {
    const tree = context.tree(span.file);
    if (!tree) return;
    yield {
      kind: "edit",
      id: "remove",
      title: text.remove(),
      // What the disk is like today says nothing of tomorrow.
      safety: data.needs === "host" ? "review" : "safe",
      edits: [{ span: { ...span, ...withBlanks(tree.text, data.suppression.span) }, newText: "" }],
      guests: [],
    };
  },
};

/** The finding about one comment. */
export function unusedSuppressionFinding(suppression: Suppression, needs: Rule["needs"]): Finding<Data> {
  return {
    rule: unusedSuppression.id,
    span: suppression.span,
    message: text.message({ id: suppression.id, line: suppression.line + 1 }),
    notes: [],
    guests: [],
    data: { suppression, needs },
  };
}

/** The comment with the blanks before it, and with its line end when nothing else is on the line. */
function withBlanks(
  text: string,
  span: { readonly start: number; readonly end: number },
): { start: number; end: number } {
  let { start, end } = span;
  while (start > 0 && /[\t ]/.test(text[start - 1] as string)) start--;
  if (start > 0 && text[start - 1] !== "\n") return { start, end };
  if (text[end] === "\r") end++;
  if (text[end] === "\n") end++;
  return { start, end };
}

function volume(comment: string): string {
  return `microvm.volumes = [ {
  image = "data.img";
  mountPoint = "/var";
  ${comment}
  size = 1024;
} ];`;
}
