import { posix } from "node:path";
import { expect, it } from "vitest";
import { verbatim } from "../../server/src/base/text.ts";
import { Footprint } from "../../server/src/shell/footprint.ts";
import { play } from "../../server/src/shell/play.ts";
import { Files, parentOf, presentDirectory } from "../../server/src/shell/state/files.ts";
import type { ShellParser } from "../../server/src/shell/syntax/parser.ts";
import { filesOf, playCase } from "./compare.ts";
import { randomScript } from "./grammar.ts";
import { shellParser } from "./parser.ts";
import type { Case } from "./sandbox.ts";
import { casesOf, scripts, states } from "./scripts.ts";

const scratch = "/var/lib/scratch";

/** What a script does wherever it runs: nothing is known of any file. */
function footprintOf({ script, options, directory, args, uid }: Case, parser: ShellParser): Footprint {
  const footprint = new Footprint();
  const others = { exists: "maybe", why: verbatim("?"), plain: () => true } as const;
  const flags = options.join(" ");
  play(
    [script],
    {
      parser,
      directory,
      user: uid === 0 ? { root: true, names: ["root", "0"], groups: ["root", "0"] } : null,
      commands: "all",
      otherPrograms: "found",
      arguments: args,
      name: "script",
      options: { errexit: /-e/.test(flags), nounset: /u/.test(flags), pipefail: /pipefail/.test(flags) },
    },
    new Files([[directory, presentDirectory(false)]], others, [], footprint),
  );
  return footprint;
}

/** The path, and what it is by the links that were there or were made. */
function aliases(path: string, links: ReadonlyMap<string, string>): readonly string[] {
  const all = [path];
  for (const each of all) {
    for (let at = each; at !== "/"; at = parentOf(at)) {
      const target = links.get(at);
      const other = target && posix.resolve(parentOf(at), target) + each.slice(at.length);
      if (other && !all.includes(other) && all.length < 20) all.push(other);
    }
  }
  return all;
}

function covers(footprint: Footprint, path: string, links: ReadonlyMap<string, string>): boolean {
  if (footprint.everything) return true;
  const is = (name: string, other: string) => aliases(name, links).includes(other);
  const within = (name: string, directory: string) =>
    aliases(directory, links).some((each) => name === each || name.startsWith(`${each}/`));
  for (let at = path; at !== "/"; at = parentOf(at)) {
    for (const each of footprint.writes) if (is(each, at)) return true;
    for (const each of footprint.patterns.values()) if (each.fits(at)) return true;
  }
  for (const each of footprint.under) if (within(path, each)) return true;
  return [...footprint.patterns.values()].some(({ under }) => under !== null && links.size > 0 && within(path, under));
}

/** What changes in some way that the script may go on these files, and is not in its footprint. */
function missed(one: Case, parser: ShellParser): string[] {
  const footprint = footprintOf(one, parser);
  const before = filesOf(scratch, one);
  const links = new Map(one.entries.flatMap(({ path, target }) => (target ? [[path, target] as const] : [])));
  for (const [path, targets] of footprint.links) for (const target of targets) links.set(path, target);
  const changed = new Set<string>();
  for (const { files } of playCase(scratch, one, parser).ways) {
    for (const [path, state] of files.entries()) {
      const { exists, bytes, content, user, mode } = before.get(path);
      const same =
        state.exists === exists &&
        state.bytes === bytes &&
        state.user === user &&
        state.mode === mode &&
        JSON.stringify(state.content) === JSON.stringify(content);
      const onlyDecided = exists === "maybe" && state.why === (before.others.exists === "maybe" && before.others.why);
      if (!same && !onlyDecided && before.has(path)) changed.add(path);
    }
  }
  return [...changed].filter((path) => !covers(footprint, path, links)).map((path) => `${one.script}: ${path}`);
}

it("whatever a script of the table changes on some files is in the footprint that it has on unknown ones", async () => {
  const parser = await shellParser();
  const cases = scripts.flatMap((one) => casesOf(scratch, one));
  expect(cases.flatMap((one) => missed(one, parser))).toEqual([]);
});

it("and whatever a random script changes", async () => {
  const parser = await shellParser();
  const names = Object.keys(states) as (keyof typeof states)[];
  const runs = Number(process.env["RUNS"] ?? 300);
  const seed = Number(process.env["SEED"] ?? 1);
  const cases = Array.from({ length: runs }, (_, index) => {
    const number = seed * 1_000_000 + index;
    const { script, options } = randomScript(number);
    return casesOf(scratch, { script, options, states: [names[number % names.length] as keyof typeof states] });
  }).flat();
  expect(cases.flatMap((one) => missed(one, parser))).toEqual([]);
});
