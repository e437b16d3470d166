import type { CodeAction } from "vscode-languageserver";
import { messages, render, type Text } from "../base/text.ts";
import { codeActionKind } from "./session/constants.ts";
import { extensionCommands } from "./session/protocol.ts";
import type { Session } from "./session/session.ts";

const text = messages("about-rule", {
  explain: { en: "Explain {rule}", "zh-cn": "解释 {rule}" },
  turnOff: { en: "Turn off {rule}", "zh-cn": "关闭 {rule}" },
});

/** The last actions of a list: what the rules that speak there are about, and how to be rid of them. For our extension. */
export function aboutRules({ client, locale, ruleUrl }: Session, rules: readonly string[]): CodeAction[] {
  if (!client.extension) return [];
  const action = (words: Text, command: string, argument: unknown): CodeAction => {
    const title = render(words, locale);
    return { title, kind: codeActionKind.quickFix, command: { title, command, arguments: [argument] } };
  };
  const once = [...new Set(rules)];
  return [
    ...once.flatMap((rule) => {
      const page = ruleUrl(rule, locale);
      return page === null ? [] : [action(text.explain({ rule }), extensionCommands.explainRule, page)];
    }),
    ...once.map((rule) => action(text.turnOff({ rule }), extensionCommands.turnOffRule, rule)),
  ];
}
