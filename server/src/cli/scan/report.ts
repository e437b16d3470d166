import { resolve } from "node:path";
import { printable } from "../../base/printable.ts";
import { render } from "../../base/text.ts";
import type { Snapshot } from "../../engine/engine.ts";
import { writeWhole } from "../../files/write-file.ts";
import { HistoryKeeper, type PastOf } from "../../history/keeper.ts";
import { usualFolder } from "../../history/store.ts";
import { page } from "../../report/page.ts";
import { storageReport } from "../../report/storage.ts";
import { notJudgedReport } from "../check/not-judged-report.ts";
import { CannotDo, type Command, type Terminal, UsageError, word } from "../frame/command.ts";
import { hostHelp, hostOptions } from "../frame/hosts.ts";
import { done, open, pathHelp, ruleHelp, ruleOptions } from "../frame/open.ts";
import { placeWords } from "../frame/place-words.ts";
import { problems } from "../frame/problems.ts";
import { writeWords } from "../frame/system-words.ts";
import { words } from "../frame/words.ts";
import { historyProblem } from "./history.ts";
import { tellStatus } from "./status.ts";

export const report: Command = {
  name: "report",
  summary: "storage overview as one self-contained page",
  usage: "report [OPTION…] [PATH…] --html FILE",
  help: `
Writes one HTML page without scripts and without anything from the network: hosts, guests and volumes, what is declared,
what the images take, what may still grow, and the findings.
${pathHelp}${hostHelp}
  --html FILE         where to write it; - is stdout
  --record DIR        remember there how full volumes are, and show which way they go${ruleHelp}
`,
  options: { ...hostOptions, ...ruleOptions, html: { type: "string" }, record: { type: "string" } },
  async run(args, terminal) {
    const file = word(args, "html");
    if (file === undefined) throw new UsageError(problems.reportNeedsFile());
    const opened = await open(args, terminal, { disk: true });
    try {
      const snapshot = await opened.engine.snapshot();
      tellStatus(notJudgedReport(snapshot, args.locale), snapshot, args.locale, terminal);
      const past = remembered(word(args, "record"), snapshot, terminal);
      const html = page(storageReport(snapshot, args.locale, past), {
        locale: args.locale,
        place: (at) => placeWords(at, snapshot, terminal.cwd),
      });
      if (file === "-") terminal.out(html);
      else {
        try {
          writeWhole(resolve(terminal.cwd, file), Buffer.from(html));
        } catch (error) {
          throw new CannotDo(problems.at({ name: printable(file), problem: writeWords(error) }));
        }
        terminal.err(`${render(words.wrote({ file: printable(file) }), args.locale)}\n`);
      }
      return done(opened, snapshot, 0);
    } finally {
      opened.engine.dispose();
    }
  },
};

/** What is known of the past of volumes: by the folder that is written to, else by what the editor remembers. */
function remembered(folder: string | undefined, { context }: Snapshot, { cwd, env }: Terminal): PastOf {
  const keeper = new HistoryKeeper(folder === undefined ? usualFolder(env) : resolve(cwd, folder));
  try {
    keeper.note(context);
    if (folder !== undefined) keeper.keep();
  } catch (error) {
    // What the editor remembers may be out of reach; a report without it is one.
    if (folder !== undefined) throw historyProblem(error);
  }
  return keeper.past;
}
