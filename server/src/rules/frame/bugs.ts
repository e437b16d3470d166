import { type Locale, messages, render } from "../../base/text.ts";

export const text = messages("bug", {
  failed: {
    en: "the rule {rule} failed, so what it would have found is missing. This is a bug of MicroVM Lens, please report it:\n{stack}",
    "zh-cn": "规则 {rule} 运行失败，因此缺少它本应发现的问题。这是 MicroVM Lens 的缺陷，请反馈：\n{stack}",
  },
});

/**
 * A listener for rules that throw (run.ts) which passes on the first error of each, with its stack: a rule that fails
 * fails at every keystroke.
 */
export function bugReporter(
  write: (words: string) => void,
  locale: Locale = "en",
): (rule: string, error: unknown) => void {
  const told = new Set<string>();
  return (rule, error) => {
    if (told.has(rule)) return;
    told.add(rule);
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    write(render(text.failed({ rule, stack }), locale));
  };
}
