import { printable } from "../base/printable.ts";
import { planGuests } from "../forecast/plan.ts";
import { type Command, flag, oneOf, word } from "./command.ts";
import { planJson } from "./formats/plan-json.ts";
import { planTable } from "./formats/plan-table.ts";
import { guestAndPaths, guestsNamed } from "./guest-named.ts";
import { hostHelp, hostOptions } from "./hosts.ts";
import { notJudgedReport } from "./not-judged-report.ts";
import { done, open, pathHelp } from "./open.ts";
import { changedPlans, planOfRevision } from "./plan-against.ts";
import { tellStatus } from "./status.ts";

export const plan: Command = {
  name: "plan",
  summary: "what the next start of each guest will do with each volume",
  usage: "plan [OPTION…] [PATH…]",
  help: `
Says for every volume whether the next start creates the image, uses the one that is there (and ignores which declared
values), or fails, and why.
${pathHelp}${hostHelp}
  --why               draws the way of each volume from file to mount; \`plan GUEST --why\` is about one guest
  --against REVISION  only what an edit changes: compares with a git revision
  --format FORMAT     pretty (default) or json
  --json              the same as --format json
`,
  options: {
    ...hostOptions,
    why: { type: "boolean" },
    against: { type: "string" },
    format: { type: "string" },
    json: { type: "boolean" },
  },
  async run(args, terminal) {
    const format = flag(args, "json") ? "json" : oneOf(args, "format", ["pretty", "json"], "pretty");
    const why = flag(args, "why");
    const { guest, paths } = why
      ? guestAndPaths(args.positionals, terminal.cwd)
      : { guest: null, paths: args.positionals };
    const opened = await open({ ...args, positionals: paths }, terminal, { disk: true });
    try {
      const snapshot = await opened.engine.snapshot();
      const notJudged = notJudgedReport(snapshot, args.locale);
      tellStatus(notJudged, snapshot, args.locale, terminal);
      const revision = word(args, "against");
      const all = planGuests(snapshot.context);
      const wanted = guest === null ? null : guestsNamed(snapshot.declarations, guest);
      const now = wanted === null ? all : all.filter((each) => wanted.includes(each.guest));
      const before = revision === undefined ? null : await planOfRevision(revision, opened, args, terminal);
      const { cwd, colour, width } = terminal;
      const look = { colour: colour.out, width, complete: snapshot.declarations.complete };
      const view = { locale: args.locale, cwd, roots: opened.roots, tree: snapshot.tree, notJudged, why };
      if (before === null) {
        terminal.out(format === "json" ? planJson(now, view) : planTable(now, { ...view, ...look }));
        return done(opened, snapshot, 0);
      }
      const changes = changedPlans(before, now);
      const options = { ...view, against: printable(revision ?? ""), changes };
      terminal.out(format === "json" ? planJson(now, options) : planTable(now, { ...options, ...look }));
      return done(opened, snapshot, 0);
    } finally {
      opened.engine.dispose();
    }
  },
};
