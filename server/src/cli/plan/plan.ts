import { printable } from "../../base/printable.ts";
import { planGuests } from "../../forecast/plan.ts";
import type { GuestForecast } from "../../forecast/volume-forecast.ts";
import { isBroken } from "../../metrics/volumes.ts";
import { notJudgedReport } from "../check/not-judged-report.ts";
import { declaredGuests, declaredOf, declaredOptions, lookHere, tellSilent } from "../declared/declared.ts";
import { planJson } from "../formats/plan-json.ts";
import { planTable } from "../formats/plan-table.ts";
import {
  type Arguments,
  type Command,
  type ExitCode,
  flag,
  oneOf,
  type Terminal,
  UsageError,
  word,
} from "../frame/command.ts";
import { guestAndPaths, guestsNamed } from "../frame/guest-named.ts";
import { hostHelp, hostOptions } from "../frame/hosts.ts";
import { done, open, pathHelp } from "../frame/open.ts";
import { problems } from "../frame/problems.ts";
import { tellStatus } from "../scan/status.ts";
import { changedPlans, planOfRevision } from "./plan-against.ts";

export const plan: Command = {
  name: "plan",
  summary: "what the next start of each guest will do with each volume",
  usage: "plan [OPTION…] [PATH…]",
  help: `
Says for every volume whether the next start creates the image, uses the one that is there (and ignores which declared
values), or fails, and why.
${pathHelp}${hostHelp}
  --declared FILE     evaluate nothing, take what real Nix wrote down; compares with this machine's disk
  --fail-on-broken    exit with 1 where the next start of a guest fails, or a volume will not be there for it
  --why               draws the way of each volume from file to mount; \`plan GUEST --why\` is about one guest
  --against REVISION  only what an edit changes: compares with a git revision
  --format FORMAT     pretty (default) or json
  --json              the same as --format json
`,
  options: {
    ...hostOptions,
    ...declaredOptions,
    "fail-on-broken": { type: "boolean" },
    why: { type: "boolean" },
    against: { type: "string" },
    format: { type: "string" },
    json: { type: "boolean" },
  },
  async run(args, terminal) {
    const format = flag(args, "json") ? "json" : oneOf(args, "format", ["pretty", "json"], "pretty");
    const why = flag(args, "why");
    if (word(args, "declared") !== undefined) return planDeclared(args, terminal, format, why);
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
        return done(opened, snapshot, codeOf(now, args));
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

/** The plan of what real Nix wrote down: nothing is evaluated, and no line of a file is known. */
async function planDeclared(
  args: Arguments,
  terminal: Terminal,
  format: "pretty" | "json",
  why: boolean,
): Promise<ExitCode> {
  for (const other of ["against", "host", "snapshot", "state-dir"]) {
    if (args.values[other] !== undefined) throw new UsageError(problems.declaredAlone({ other: `--${other}` }));
  }
  const declared = declaredOf(args, "plan", terminal);
  const [name, ...others] = args.positionals;
  if (others.length > 0) throw new UsageError(problems.oneGuest({ command: "plan --declared" }));
  const wanted = new Set(declaredGuests(declared, name).map((guest) => guest.name));
  if (name === undefined) tellSilent(declared, args, terminal);
  const snapshot = await lookHere(declared);
  const notJudged = notJudgedReport(snapshot, args.locale);
  tellStatus(notJudged, snapshot, args.locale, terminal);
  const all = planGuests(snapshot.context).filter(({ guest }) => wanted.has(guest.name));
  const { cwd, colour, width } = terminal;
  const view = { locale: args.locale, cwd, roots: [cwd], tree: snapshot.tree, notJudged, why };
  const look = { colour: colour.out, width, complete: true };
  terminal.out(format === "json" ? planJson(all, view) : planTable(all, { ...view, ...look }));
  // A switch of the host changes nothing of a guest that is deployed on its own.
  const own = new Set(declared.guests.flatMap((guest) => (guest.own && name === undefined ? guest.name : [])));
  return codeOf(
    all.filter(({ guest }) => !own.has(guest.name)),
    args,
  );
}

function codeOf(all: readonly GuestForecast[], args: Arguments): ExitCode {
  return flag(args, "fail-on-broken") &&
    all.some(({ verdict, volumes }) => verdict === "does-not-start" || volumes.some(isBroken))
    ? 1
    : 0;
}
