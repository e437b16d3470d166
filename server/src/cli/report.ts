import { resolve } from "node:path";
import { printable } from "../base/printable.ts";
import { render } from "../base/text.ts";
import { page } from "../report/page.ts";
import { storageReport } from "../report/storage.ts";
import { writeWhole } from "../write-file.ts";
import { CannotDo, type Command, UsageError, word } from "./command.ts";
import { hostHelp, hostOptions } from "./hosts.ts";
import { notJudgedReport } from "./not-judged-report.ts";
import { done, open, pathHelp, ruleHelp, ruleOptions } from "./open.ts";
import { placeWords } from "./place-words.ts";
import { problems } from "./problems.ts";
import { tellStatus } from "./status.ts";
import { writeWords } from "./system-words.ts";
import { words } from "./words.ts";

export const report: Command = {
  name: "report",
  summary: "storage overview as one self-contained page",
  usage: "report [OPTION…] [PATH…] --html FILE",
  help: `
Writes one HTML page without scripts and without anything from the network: hosts, guests and volumes, what is declared,
what the images take, what may still grow, and the findings.
${pathHelp}${hostHelp}
  --html FILE         where to write it; - is stdout${ruleHelp}
`,
  options: { ...hostOptions, ...ruleOptions, html: { type: "string" } },
  async run(args, terminal) {
    const file = word(args, "html");
    if (file === undefined) throw new UsageError(problems.reportNeedsFile());
    const opened = await open(args, terminal, { disk: true });
    try {
      const snapshot = await opened.engine.snapshot();
      tellStatus(notJudgedReport(snapshot, args.locale), snapshot, args.locale, terminal);
      const html = page(storageReport(snapshot, args.locale), {
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
