import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { printable, printableJson } from "../../base/printable.ts";
import { type Locale, messages, render, type Text } from "../../base/text.ts";
import type { Declared, DeclaredGuest } from "../../declared/file.ts";
import { isOptional } from "../../forecast/guest/guest-mount.ts";
import { planGuest, ruleNamed, whyOf } from "../../forecast/plan.ts";
import type { GuestForecast, VolumeForecast } from "../../forecast/volume-forecast.ts";
import { known } from "../../microvm/model.ts";
import { type Command, flag, UsageError } from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { declaredGuests, declaredOf, declaredOptions, lookHere } from "./declared.ts";
import { notMountedAbove } from "./mounted.ts";
import { differingImage } from "./runner-differs.ts";

const text = messages("cli.start-check", {
  stopped: {
    en: "{guest} is not started: {path} {outcome}: {why}",
    "zh-cn": "未启动 {guest}：{path} {outcome}：{why}",
  },
  guest: { en: "{guest} is not started: {why}", "zh-cn": "未启动 {guest}：{why}" },
  refuses: { en: "its start would fail", "zh-cn": "启动会失败" },
  noStart: { en: "keeps the guest from starting", "zh-cn": "会使虚拟机无法启动" },
  notMount: { en: "would not mount", "zh-cn": "无法挂载" },
  blank: { en: "is blank", "zh-cn": "是空白的" },
  notMounted: {
    en: "{guest} is not started: {path} would be recreated, because {point} is not mounted",
    "zh-cn": "未启动 {guest}：{point} 未挂载，会重新创建 {path}",
  },
  starts: { en: "{guest}: nothing keeps it from starting", "zh-cn": "{guest}：没有阻碍启动的因素" },
  unknown: {
    en: "{guest}: nothing known keeps it from starting; not known: {why}",
    "zh-cn": "{guest}：没有已知的阻碍启动的因素；未知：{why}",
  },
  otherRunner: {
    en: "the installed runner was built from another configuration than the declared one ({image})",
    "zh-cn": "已安装的 runner 由另一份配置构建，与声明不同（{image}）",
  },
});

/** What is told of one guest. */
interface Verdict {
  readonly guest: string;
  readonly start: boolean;
  readonly sentence: Text;
  readonly volume: VolumeForecast | null;
}

export const startCheck: Command = {
  name: "start-check",
  summary: "whether a guest may be started: stops what would not mount or not boot",
  usage: "start-check --declared FILE GUEST [OPTION…]",
  help: `
For the guest's unit, right before it starts (ExecCondition=): compares what real Nix wrote down with what is on disk, and
says in one sentence why the guest would end in an emergency shell. Reads only; evaluates nothing. What is not known
stops nothing. Exit code: 0 it may start, 1 it may not, 2 this could not be found out.

  GUEST               the guest's name
  --declared FILE     what services.microvm-lens wrote (docs/schemas/declared.schema.json); - reads stdin
  --json              for tools: docs/schemas/start-check.schema.json
`,
  options: { ...declaredOptions, json: { type: "boolean" } },
  async run(args, terminal) {
    const [name, ...others] = args.positionals;
    if (name === undefined || others.length > 0) throw new UsageError(problems.oneGuest({ command: "start-check" }));
    const declared = declaredOf(args, "start-check", terminal);
    declaredGuests(declared, name);
    const verdict = await verdictOf(declared, name);
    const said = render(verdict.sentence, args.locale);
    if (flag(args, "json")) terminal.out(verdictJson(verdict, said, args.locale));
    else if (verdict.start) terminal.out(`${said}\n`);
    else terminal.err(`microvm-lens: ${said}\n`);
    return verdict.start ? 0 : 1;
  },
};

/** Judges the start of one guest by what is on disk now: growing and renewing have been done, or could not be. */
async function verdictOf(declared: Declared, name: string): Promise<Verdict> {
  const { context, declarations, hosts } = await lookHere(withoutKeeper(declared));
  const [forecast] = declarations.guests
    .filter((guest) => guest.name === name)
    .flatMap((guest) => planGuest(context, guest)) as [GuestForecast];
  const guest = printable(name);
  const [meant] = declared.guests.filter((each) => each.name === name) as [DeclaredGuest];
  for (const { image, autoCreate } of meant.volumes) {
    const path = resolve(meant.directory, image);
    const point = autoCreate && !existsSync(path) ? notMountedAbove(path, declared) : null;
    if (point === null) continue;
    const sentence = text.notMounted({ guest, path: printable(path), point: printable(point) });
    return { guest: name, start: false, volume: null, sentence };
  }
  const runner = hosts[0]?.guests.find(({ directory }) => directory === meant.directory);
  const differing = runner ? differingImage(meant, runner.deployed) : null;
  if (differing !== null) {
    const why = text.otherRunner({ image: printable(differing) });
    return { guest: name, start: true, volume: null, sentence: text.unknown({ guest, why }) };
  }
  const volume = forecast.volumes.find((each) => stops(forecast, each));
  if (volume) {
    const path = printable(volume.place?.path ?? known(volume.volume.image) ?? "?");
    const outcomes = { "no-start": text.noStart, "not-mount": text.notMount, blank: text.blank };
    const outcome = outcomes[volume.outcome as keyof typeof outcomes]?.() ?? text.noStart();
    return { guest: name, start: false, volume, sentence: text.stopped({ guest, path, outcome, why: whyOf(volume) }) };
  }
  if (forecast.verdict === "does-not-start") {
    const failing = forecast.volumes.find(({ outcome }) => outcome === "share") ?? forecast.volumes[0];
    const why = failing ? whyOf(failing) : text.refuses();
    return { guest: name, start: false, volume: failing ?? null, sentence: text.guest({ guest, why }) };
  }
  const open = forecast.volumes.find(({ outcome }) => outcome === "unknown");
  const sentence = open ? text.unknown({ guest, why: whyOf(open) }) : text.starts({ guest });
  return { guest: name, start: true, volume: null, sentence };
}

/** A mount that the guest does without (`nofail`, `noauto`) stops nothing. */
function stops({ verdict }: GuestForecast, { outcome, mount }: VolumeForecast): boolean {
  if (outcome === "no-start") return verdict === "does-not-start";
  if (outcome === "not-mount") return verdict === "does-not-start" && mount !== null && !isOptional(mount);
  return outcome === "blank" && mount !== null && !isOptional(mount);
}

/** Growing and renewing have been done, and what is ordered before the guest's own unit has run. */
function withoutKeeper(declared: Declared): Declared {
  const guests = declared.guests.map((guest) => ({
    ...guest,
    volumes: guest.volumes.map((volume) => ({ ...volume, grow: null, renew: "never" as const })),
  }));
  return { ...declared, guests, units: [] };
}

function verdictJson({ guest, start, volume }: Verdict, sentence: string, locale: Locale): string {
  const document = {
    schema: 1,
    guest,
    start,
    sentence,
    volume: volume && {
      image: known(volume.volume.image) ?? null,
      path: volume.place?.path ?? null,
      outcome: volume.outcome,
      reason: render(whyOf(volume), locale),
      rule: ruleNamed(volume),
    },
  };
  return `${printableJson(document, 2)}\n`;
}
