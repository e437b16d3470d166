import { resolve } from "node:path";
import { printable, printableJson } from "../../base/printable.ts";
import { messages, render, type Text } from "../../base/text.ts";
import { roughSizeWords } from "../../base/words.ts";
import { factsToJson } from "../../disk/snapshot/serialize.ts";
import type { DeclaredSnapshot } from "../../engine/declared.ts";
import { NotWritten, writeWhole } from "../../files/write-file.ts";
import { planGuests } from "../../forecast/plan.ts";
import { grouped } from "../../history/keeper.ts";
import { keyOf, type Sample } from "../../history/samples.ts";
import { record } from "../../history/store.ts";
import { trendOf } from "../../history/trend.ts";
import { type HostNumbers, prometheusText } from "../../metrics/prometheus.ts";
import { fullPercent, type GuestNumbers, numbersOf, type VolumeNumbers } from "../../metrics/volumes.ts";
import { type Arguments, CannotDo, type Command, flag, list, UsageError, word } from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { systemWords } from "../frame/system-words.ts";
import { historyProblem } from "../scan/history.ts";
import { declaredOf, declaredOptions, lookHere } from "./declared.ts";

const text = messages("cli.metrics", {
  broken: {
    en: "{guest}: the next start will not have {image} as it should be",
    "zh-cn": "{guest}：下次启动时 {image} 将不可用",
  },
  mismatch: {
    en: "{guest}: {image} differs from what is declared",
    "zh-cn": "{guest}：{image} 与声明不符",
  },
  full: { en: "{guest}: {image} is {percent} % full", "zh-cn": "{guest}：{image} 已用 {percent}%" },
  hostFull: {
    en: "the state directory has {free} left, {percent} % are in use",
    "zh-cn": "状态目录剩余 {free}，已用 {percent}%",
  },
});

/** What may be watched for; `full` is followed by a percentage. */
const conditions = ["broken", "mismatch", "full=PERCENT"];

export const metrics: Command = {
  name: "metrics",
  summary: "the declared volumes as numbers for Prometheus, with a bounded history",
  usage: "metrics --declared FILE [OPTION…]",
  help: `
Looks at the disk beside what real Nix wrote down, and prints numbers in the text format of Prometheus, for the textfile
collector of node_exporter. Files are replaced whole. Exit code: 0 nothing to alert of, 1 a condition of --alert holds, 2
the job could not be done.

  --declared FILE     what services.microvm-lens wrote (docs/schemas/declared.schema.json); - reads stdin
  --output FILE       write the numbers there, e.g. microvm.prom in the folder of the textfile collector
  --history DIR       keep a history there: hours of a week, days of a year; tells how soon a volume will be full
  --scan FILE         write what was seen there, as \`scan --json\` prints it: a snapshot for \`--snapshot\`
  --alert CONDITION   broken, mismatch or full=PERCENT (repeatable): say it on stderr, and exit with 1
  --json              print the numbers as JSON instead: docs/schemas/metrics.schema.json
`,
  options: {
    ...declaredOptions,
    output: { type: "string" },
    history: { type: "string" },
    scan: { type: "string" },
    alert: { type: "string", multiple: true },
    json: { type: "boolean" },
  },
  async run(args, terminal) {
    if (args.positionals.length > 0) throw new UsageError(problems.metricsNoPath());
    const alerts = alertsOf(args);
    const snapshot = await lookHere(declaredOf(args, "metrics", terminal));
    const guests = planGuests(snapshot.context).map(numbersOf);
    const at = Math.floor(Date.now() / 1000);
    const volumes = guests.flatMap((guest) => guest.volumes);
    const history = word(args, "history");
    const samples = volumes.flatMap((volume) => sampleOf(volume, at) ?? []);
    const past = history === undefined ? new Map() : grouped(keepHistory(resolve(terminal.cwd, history), samples, at));
    const [facts] = snapshot.hosts;
    const numbers: HostNumbers = {
      guests,
      at,
      stateDirectory: stateDirectory(snapshot),
      fullIn: (volume) => fullInSeconds(past, sampleOf(volume, at)),
    };
    const scan = word(args, "scan");
    if (scan !== undefined && facts) write(resolve(terminal.cwd, scan), `${printableJson(factsToJson(facts), 2)}\n`);
    const output = word(args, "output");
    if (output !== undefined) write(resolve(terminal.cwd, output), prometheusText(numbers));
    if (flag(args, "json")) terminal.out(metricsJson(numbers));
    else if (output === undefined) terminal.out(prometheusText(numbers));
    const said = alerts.flatMap((alert) => alert(numbers));
    for (const sentence of said) terminal.err(`microvm-lens: ${printable(render(sentence, args.locale))}\n`);
    return said.length > 0 ? 1 : 0;
  },
};

function sampleOf({ guest, path, usedBytes, availableBytes }: VolumeNumbers, at: number): Sample | null {
  if (path === null || usedBytes === null || availableBytes === null) return null;
  return { at, guest, image: path, usedBytes, availableBytes };
}

/** Adds to the history what is due, and returns all of it. */
function keepHistory(folder: string, now: readonly Sample[], at: number): readonly Sample[] {
  try {
    return record(folder, now, at, "everybody");
  } catch (error) {
    throw historyProblem(error);
  }
}

function fullInSeconds(past: ReadonlyMap<string, readonly Sample[]>, now: Sample | null): number | null {
  if (now === null) return null;
  const trend = trendOf([...(past.get(keyOf(now)) ?? []), now]);
  return typeof trend === "string" ? null : (trend.fullIn?.seconds ?? null);
}

function write(file: string, words: string): void {
  try {
    // Others read it: node_exporter, an editor over ssh.
    writeWhole(file, Buffer.from(words), { mode: 0o644 });
  } catch (error) {
    const problem = error instanceof NotWritten ? problems.notReplaced() : systemWords(error, "write");
    throw new CannotDo(problems.at({ name: printable(file), problem }));
  }
}

function stateDirectory({ hosts }: DeclaredSnapshot): HostNumbers["stateDirectory"] {
  const [facts] = hosts;
  const of = (key: "freeBytes" | "totalBytes") => (facts?.[key].state === "seen" ? facts[key].value : null);
  return { sizeBytes: of("totalBytes"), availableBytes: of("freeBytes") };
}

type Alert = (numbers: HostNumbers) => readonly Text[];

function alertsOf(args: Arguments): readonly Alert[] {
  return list(args, "alert").map((condition): Alert => {
    if (condition === "broken") return ofVolumes((each) => (each.broken ? text.broken(shown(each)) : null));
    if (condition === "mismatch")
      return ofVolumes((each) => (each.differs.size > 0 ? text.mismatch(shown(each)) : null));
    const limit = Number(/^full=(\d{1,3})$/.exec(condition)?.[1] ?? Number.NaN);
    if (!(limit > 0 && limit <= 100)) {
      throw new UsageError(problems.oneOf({ name: "alert", all: conditions.join(", "), value: printable(condition) }));
    }
    return (numbers) => [...fullVolumes(limit)(numbers), ...fullHost(numbers, limit)];
  });
}

function ofVolumes(say: (volume: VolumeNumbers) => Text | null): Alert {
  return ({ guests }) => guests.flatMap((guest) => guest.volumes).flatMap((volume) => say(volume) ?? []);
}

function fullVolumes(limit: number): Alert {
  return ofVolumes((volume) => {
    const percent = fullPercent(volume);
    return percent === null || percent < limit ? null : text.full({ ...shown(volume), percent });
  });
}

function fullHost({ stateDirectory: { sizeBytes, availableBytes } }: HostNumbers, limit: number): readonly Text[] {
  if (sizeBytes === null || availableBytes === null || sizeBytes === 0) return [];
  const percent = Math.ceil((1 - availableBytes / sizeBytes) * 100);
  return percent < limit ? [] : [text.hostFull({ free: roughSizeWords(availableBytes), percent })];
}

function shown({ guest, image }: VolumeNumbers) {
  return { guest: printable(guest), image: printable(image) };
}

function metricsJson(numbers: HostNumbers): string {
  const volume = (each: VolumeNumbers) => {
    const { guest: _guest, differs, ...rest } = each;
    return { ...rest, differs: [...differs], fullPercent: fullPercent(each), fullInSeconds: numbers.fullIn(each) };
  };
  const guestObject = ({ guest, verdict, volumes }: GuestNumbers) => ({
    guest,
    outcome: verdict,
    volumes: volumes.map(volume),
  });
  return `${printableJson(
    { schema: 1, at: numbers.at, stateDirectory: numbers.stateDirectory, guests: numbers.guests.map(guestObject) },
    2,
  )}\n`;
}
