import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { printable } from "../../base/printable.ts";
import { explainBoot } from "../../boot-log/blame.ts";
import { logEvents } from "../../boot-log/events.ts";
import { logLines } from "../../boot-log/lines.ts";
import { bootJson, bootText } from "../formats/boot.ts";
import { CannotDo, type Command, flag, type Terminal, UsageError, word } from "../frame/command.ts";
import { guestsNamed } from "../frame/guest-named.ts";
import { open } from "../frame/open.ts";
import { problems } from "../frame/problems.ts";
import { systemWords } from "../frame/system-words.ts";

export const explainBootCommand: Command = {
  name: "explain-boot",
  summary: "which link from file to mount broke, by a console or unit log",
  usage: "explain-boot GUEST --log FILE [OPTION…] [PATH…]",
  help: `
Reads the log of a guest that did not boot, and names the link that broke on the way file → image → device → volume →
upper and work → mount, for the volumes that the guest declares; or says that the log does not tell. The log may be the
serial console's, \`journalctl -u microvm@GUEST\` of the host, or the guest's own journal. No disk is looked at.

  GUEST               the guest's name
  PATH                a folder with a flake, or .nix files; default: the current folder
  --log FILE          the log; - reads stdin
  --json              for tools: docs/schemas/explain-boot.schema.json
`,
  options: { log: { type: "string" }, json: { type: "boolean" } },
  async run(args, terminal) {
    const [name, ...paths] = args.positionals;
    const file = word(args, "log");
    if (name === undefined || file === undefined) throw new UsageError(problems.explainBootNeeds());
    const log = readLog(file, terminal);
    const opened = await open({ ...args, positionals: paths }, terminal, { disk: false });
    try {
      const { declarations } = await opened.engine.snapshot();
      const [guest] = guestsNamed(declarations, name) as [(typeof declarations.guests)[number]];
      const names = new Set([guest.name, ...guest.directoryNames]);
      const explanation = explainBoot(
        guest,
        logEvents(logLines(log), (each) => names.has(each)),
      );
      const view = { locale: args.locale, colour: terminal.colour.out };
      terminal.out(flag(args, "json") ? bootJson(guest, explanation, view) : bootText(guest, explanation, view));
      return 0;
    } finally {
      opened.engine.dispose();
    }
  },
};

/** Of a longer log the end is read. */
const longest = 16 * 1024 * 1024;

function readLog(file: string, terminal: Terminal): string {
  try {
    const bytes = readFileSync(file === "-" ? 0 : resolve(terminal.cwd, file));
    return bytes.subarray(Math.max(0, bytes.length - longest)).toString("utf8");
  } catch (error) {
    throw new CannotDo(problems.at({ name: printable(file), problem: systemWords(error) }));
  }
}
