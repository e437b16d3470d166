import type { Command } from "vscode-languageserver";
import { messages, render } from "../base/text.ts";
import type { Fix } from "../rules/frame/rule.ts";
import { ownCommands } from "./session/protocol.ts";
import type { Session } from "./session/session.ts";

const text = messages("operation.place", {
  byHand: {
    en: "What is known of {host} comes from a snapshot: the operation has to be run on that host itself.\nmicrovm-lens {command}",
    "zh-cn": "对 {host} 的了解来自快照：该操作需要在该主机上执行。\nmicrovm-lens {command}",
  },
});

/** The command that offers an operation to the user, on the host where the image lies. */
export function operationOn(session: Session, title: string, fix: Extract<Fix, { kind: "operation" }>): Command {
  const argv = argvOn(session, fix.host, fix.command);
  if (argv === null) {
    const command = fix.command.map((word) => JSON.stringify(word)).join(" ");
    const advice = render(text.byHand({ host: fix.host, command }), session.locale);
    return { title, command: ownCommands.showAdvice, arguments: [{ title, advice }] };
  }
  const destroys = fix.destroys ? render(fix.destroys, session.locale) : null;
  return { title, command: ownCommands.showOperation, arguments: [{ title, command: argv, destroys }] };
}

/** argv of `microvm-lens` for an operation on a host; null where only a snapshot of it was seen. */
export function argvOn({ settings }: Session, host: string, argv: readonly string[]): readonly string[] | null {
  const setting = settings.hosts.find(({ name }) => name === host);
  if (setting === undefined || setting.via === "local") return argv;
  return "ssh" in setting.via ? [...argv, "--host", setting.via.ssh] : null;
}
