import { resolve } from "node:path";
import { printable, printableJson } from "../../base/printable.ts";
import { type Locale, messages, render, type Text } from "../../base/text.ts";
import { roughSizeWords } from "../../base/words.ts";
import { createProbe } from "../../engine/probes.ts";
import { unseenOwner } from "../../operations/common.ts";
import { unseenHere } from "../../operations/look/holders.ts";
import { type Limits, planPrune, type Quarantined, type Taking } from "../../operations/plans/prune.ts";
import { removeKept } from "../../operations/plans/remove.ts";
import {
  forgetQuarantined,
  quarantine,
  readQuarantine,
  restoreQuarantined,
  tidyQuarantine,
} from "../../operations/quarantine.ts";
import {
  type Arguments,
  CannotDo,
  type Command,
  type ExitCode,
  flag,
  type Terminal,
  UsageError,
  word,
} from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { words } from "../frame/words.ts";
import { type DeclaredHere, declaredOf, declaredOptions, tellSilent } from "./declared.ts";
import { notMounted } from "./mounted.ts";
import { backingFiles, lookForLeftovers } from "./prune-look.ts";

const text = messages("cli.prune", {
  remove: {
    en: "remove {path} ({size}, since {date}): {reason}",
    "zh-cn": "删除 {path}（{size}，自 {date}）：{reason}",
  },
  quarantine: {
    en: "into quarantine: {path} ({size}, unchanged since {date}): {reason}",
    "zh-cn": "移入隔离区：{path}（{size}，自 {date} 起未变）：{reason}",
  },
  forget: {
    en: "delete from quarantine: {path} ({size}, there since {date}): {reason}",
    "zh-cn": "从隔离区删除：{path}（{size}，自 {date} 起）：{reason}",
  },
  waits: {
    en: "in quarantine: {path} ({size}, since {date}): {reason}; back with `microvm-lens prune --declared FILE --restore {id} --yes`",
    "zh-cn":
      "在隔离区：{path}（{size}，自 {date}）：{reason}；用 `microvm-lens prune --declared FILE --restore {id} --yes` 恢复",
  },
  unknown: {
    en: "nothing goes to quarantine: {why}",
    "zh-cn": "不会移入隔离区：{why}",
  },
  stays: { en: "{path} stays: {why}", "zh-cn": "{path} 保留：{why}" },
  notMounted: {
    en: "nothing is taken: {path} is not mounted",
    "zh-cn": "不清理任何内容：{path} 未挂载",
  },
  nothing: { en: "nothing to prune", "zh-cn": "没有需要清理的内容" },
  back: { en: "{path} is back in its place", "zh-cn": "{path} 已回到原位" },
  wouldBack: { en: "{path} would get its place back", "zh-cn": "{path} 将回到原位" },
  notThere: { en: "{name} is not in quarantine", "zh-cn": "{name} 不在隔离区" },
});

export const prune: Command = {
  name: "prune",
  summary: "what growing and moving aside left, and what nobody uses: after its days",
  usage: "prune --declared FILE [OPTION…]",
  help: `
Removes what our own operations kept (IMAGE.before-grow, IMAGE.aside …) after some days, as long as the image itself is
there; with --unused-days also moves images into quarantine that nothing declares, no runner names and nobody has open,
and deletes them from there after some days. Prints what it would do; --yes does it. Directories of guests are left
alone that are neither declared in the file nor say themselves what they declare (microvm-lens.nixosModules.guest). Exit code: 0 done or nothing to do, 2 something could not be done.

  --declared FILE        what services.microvm-lens wrote (docs/schemas/declared.schema.json); - reads stdin
  --keep-days N          days for which an operation's leavings stay; default: 14
  --unused-days N        move what nobody uses into quarantine when nothing happened to it for so many days
  --quarantine-days N    days in quarantine; default: 30
  --restore NAME         give back what is in quarantine, by its number or its former path
  --yes                  do it
  --unseen               go on where it cannot be seen who holds a file (in a container, or not as root)
  --json                 for tools: docs/schemas/prune.schema.json
`,
  options: {
    ...declaredOptions,
    "keep-days": { type: "string" },
    "unused-days": { type: "string" },
    "quarantine-days": { type: "string" },
    restore: { type: "string" },
    yes: { type: "boolean" },
    unseen: { type: "boolean" },
    json: { type: "boolean" },
  },
  async run(args, terminal) {
    if (args.positionals.length > 0) throw new UsageError(problems.pruneNoPath());
    const declared = declaredOf(args, "prune", terminal);
    const name = word(args, "restore");
    if (name !== undefined) return restore(declared, name, args, terminal);
    const limits: Limits = {
      nowMs: Date.now(),
      keepDays: days(args, "keep-days") ?? 14,
      unusedDays: days(args, "unused-days"),
      quarantineDays: days(args, "quarantine-days") ?? 30,
    };
    const missing = notMounted(declared);
    // What lies behind it may have a claim on what lies here, and what lies here may not be what it seems.
    if (missing !== null) throw new CannotDo(text.notMounted({ path: printable(missing) }));
    if (!flag(args, "json")) tellSilent(declared, args, terminal);
    if (flag(args, "yes")) tidyQuarantine(declared.stateDir);
    const there = readQuarantine(declared.stateDir);
    const { takings, unknown } = await plan(declared, there, limits);
    const unseen = flag(args, "unseen");
    const hidden = unseen || takings.length === 0 ? null : unseenHere();
    const done = takings.map((taking) => {
      const stop = unseenOwner(taking.path, hidden, unseen);
      return {
        taking,
        stays: stop ?? (flag(args, "yes") ? take(declared.stateDir, taking, limits.nowMs, unseen) : null),
      };
    });
    tell(done, there, limits.unusedDays === null ? null : unknown, args, terminal);
    return done.some(({ stays }) => stays !== null) ? 2 : 0;
  },
};

/** Longer chains of backing files are not followed. */
const deepest = 16;

/** What goes. Throws {@link CannotDo} where the state directory cannot be looked at. */
async function plan(declared: DeclaredHere, there: readonly Quarantined[], limits: Limits) {
  const { stateDir, guests } = declared;
  const paths = guests.flatMap(({ directory, volumes }) => volumes.map(({ image }) => resolve(directory, image)));
  const probe = createProbe({ name: "localhost", via: "local" });
  let facts = await probe.observe({ stateDir, paths, directories: [] });
  // An image that another one has its content from may have its own from a third.
  for (let depth = 0; depth < deepest; depth++) {
    const more = backingFiles(facts).filter((path) => !facts.images.has(path));
    if (more.length === 0) break;
    facts = await probe.observe({ stateDir, paths: [...facts.images.keys(), ...more], directories: [] });
  }
  if (facts.stateDirectory.state !== "seen") {
    throw new CannotDo(problems.noStateDirectory({ path: printable(stateDir) }));
  }
  const { candidates, images, claims } = lookForLeftovers(declared, facts);
  return { takings: planPrune(candidates, images, claims, there, limits), unknown: claims.unknown };
}

function take(stateDir: string, { what, path, file, id, bytes, reason }: Taking, nowMs: number, unseen: boolean) {
  if (what === "forget") return forgetQuarantined(stateDir, { id: id as string }, unseen);
  const identity = file as NonNullable<typeof file>;
  if (what === "remove") return removeKept(path, identity, unseen);
  return quarantine(stateDir, path, identity, { reason: render(reason), nowMs, bytes, unseen });
}

function restore({ stateDir }: DeclaredHere, name: string, args: Arguments, terminal: Terminal): ExitCode {
  const there = readQuarantine(stateDir);
  const path = resolve(terminal.cwd, name);
  const found = there.find(({ id }) => id === name) ?? there.findLast(({ from }) => from === path);
  if (!found) throw new CannotDo(text.notThere({ name: printable(name) }));
  const shown = { path: printable(found.from) };
  if (!flag(args, "yes")) {
    terminal.out(`${render(text.wouldBack(shown), args.locale)}\n\n${render(words.onlyAPlan(), args.locale)}\n`);
    return 0;
  }
  const why = restoreQuarantined(stateDir, found);
  if (why) throw new CannotDo(text.stays({ path: printable(found.id), why }));
  terminal.out(`${render(text.back(shown), args.locale)}\n`);
  return 0;
}

function days(args: Arguments, name: string): number | null {
  const value = word(args, name);
  if (value === undefined) return null;
  if (!/^\d{1,5}$/.test(value)) throw new UsageError(problems.daysWritten({ name, value: printable(value) }));
  return Number(value);
}

interface Done {
  readonly taking: Taking;
  readonly stays: Text | null;
}

function tell(
  done: readonly Done[],
  there: readonly Quarantined[],
  unknown: Text | null,
  args: Arguments,
  terminal: Terminal,
): void {
  const { locale } = args;
  const yes = flag(args, "yes");
  const gone = new Set(done.flatMap(({ taking }) => taking.id ?? []));
  const waiting = there.filter(({ id }) => !gone.has(id));
  if (flag(args, "json")) {
    terminal.out(pruneJson(done, waiting, unknown, yes, locale));
    return;
  }
  const say = (sentence: Text) => printable(render(sentence, locale));
  for (const { taking, stays } of done) {
    const { what, path, bytes, sinceMs, reason } = taking;
    const shown = { path: printable(path), size: roughSizeWords(bytes), date: dateOf(sinceMs), reason };
    if (stays === null) terminal.out(`${say(text[what](shown))}\n`);
    else terminal.err(`microvm-lens: ${say(text.stays({ path: printable(path), why: stays }))}\n`);
  }
  for (const { id, from, bytes, atMs, reason } of waiting) {
    const shown = { path: printable(from), size: roughSizeWords(bytes), date: dateOf(atMs), reason, id: printable(id) };
    terminal.out(`${say(text.waits(shown))}\n`);
  }
  if (unknown) terminal.err(`${say(words.note())} ${say(text.unknown({ why: unknown }))}\n`);
  if (done.length === 0) terminal.out(`${say(text.nothing())}\n`);
  else if (!yes) terminal.out(`\n${say(words.onlyAPlan())}\n`);
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function pruneJson(
  done: readonly Done[],
  waiting: readonly Quarantined[],
  unknown: Text | null,
  yes: boolean,
  locale: Locale,
): string {
  const say = (sentence: Text | null) => sentence && render(sentence, locale);
  const document = {
    schema: 1,
    done: yes,
    taken: done.map(({ taking, stays }) => ({
      what: taking.what,
      path: taking.path,
      bytes: taking.bytes,
      since: new Date(taking.sinceMs).toISOString(),
      reason: say(taking.reason),
      stays: say(stays),
    })),
    quarantine: waiting.map(({ id, from, bytes, atMs, reason }) => ({
      id,
      path: from,
      bytes,
      since: new Date(atMs).toISOString(),
      reason,
    })),
    unknown: say(unknown),
  };
  return `${printableJson(document, 2)}\n`;
}
