import { resolve } from "node:path";
import { columns } from "../../base/columns.ts";
import { printable, printableJson } from "../../base/printable.ts";
import { type Locale, messages, render } from "../../base/text.ts";
import { percentAsDf } from "../../disk/images/usage.ts";
import { HistoryKeeper, type Past } from "../../history/keeper.ts";
import { type HostPasts, pastsIn } from "../../history/pasts.ts";
import { usualFolder } from "../../history/store.ts";
import { sparkline, trendWords } from "../../history/words.ts";
import { type Command, flag, type Terminal, UsageError, word } from "../frame/command.ts";
import { hostHelp, hostOptions } from "../frame/hosts.ts";
import { done, open, pathHelp } from "../frame/open.ts";
import { problems } from "../frame/problems.ts";
import { historyProblem } from "./history.ts";

const text = messages("cli.trend", {
  host: { en: "HOST", "zh-cn": "主机" },
  guest: { en: "GUEST", "zh-cn": "虚拟机" },
  image: { en: "IMAGE", "zh-cn": "镜像" },
  used: { en: "USED", "zh-cn": "已用" },
  past: { en: "SO FAR", "zh-cn": "历史" },
  trend: { en: "TREND", "zh-cn": "趋势" },
  few: { en: "not yet known: too few looks", "zh-cn": "尚不可知：查看次数太少" },
  unclear: { en: "follows no line", "zh-cn": "没有明显趋势" },
  none: { en: "nothing is remembered in {folder}", "zh-cn": "{folder} 中没有任何记录" },
});

export const trend: Command = {
  name: "trend",
  summary: "how fast volumes fill, and when they will be full",
  usage: "trend [--history DIR | --record DIR [OPTION…] [PATH…]]",
  help: `
Prints which way each volume goes, by what was remembered of it: the editor remembers how full volumes were once an hour
and once a day (setting microvmLens.history), and so does --record. A rate is told only where two days and eight looks
bear it out, with the range in which it lies.

  --history DIR       what was remembered there; default: what the editor remembers in this user's state directory
  --record DIR        look at the disks of the configuration first, and remember it there, for a timer
${pathHelp}${hostHelp}
  --json              for tools: docs/schemas/trend.schema.json
`,
  options: { ...hostOptions, history: { type: "string" }, record: { type: "string" }, json: { type: "boolean" } },
  async run(args, terminal) {
    const into = word(args, "record");
    const given = word(args, "history") ?? into;
    const folder = given === undefined ? usualFolder(terminal.env) : resolve(terminal.cwd, given);
    if (into !== undefined) {
      if (word(args, "history") !== undefined)
        throw new UsageError(problems.notBoth({ one: "history", other: "record" }));
      const opened = await open(args, terminal, { disk: true });
      try {
        const snapshot = await opened.engine.snapshot();
        const keeper = new HistoryKeeper(folder);
        keeper.note(snapshot.context);
        keeper.keep();
        tell(pastsIn(folder), folder, flag(args, "json"), args.locale, terminal);
        return done(opened, snapshot, 0);
      } catch (error) {
        throw historyProblem(error);
      } finally {
        opened.engine.dispose();
      }
    }
    if (args.positionals.length > 0) throw new UsageError(problems.trendNoPath());
    try {
      tell(pastsIn(folder), folder, flag(args, "json"), args.locale, terminal);
    } catch (error) {
      throw historyProblem(error);
    }
    return 0;
  },
};

function tell(
  hosts: readonly HostPasts[],
  folder: string,
  json: boolean,
  locale: Locale,
  terminal: Pick<Terminal, "out">,
): void {
  if (json) terminal.out(trendJson(hosts));
  else if (hosts.length === 0) terminal.out(`${render(text.none({ folder: printable(folder) }), locale)}\n`);
  else terminal.out(trendTable(hosts, locale));
}

const sparkWidth = 20;

function trendTable(hosts: readonly HostPasts[], locale: Locale): string {
  const several = hosts.length > 1;
  const heads = [...(several ? [text.host()] : []), text.guest(), text.image(), text.used(), text.past(), text.trend()];
  const rows = hosts.flatMap(({ host, volumes }) =>
    volumes.map(({ guest, image, past }) => [
      ...(several ? [printable(host ?? "")] : []),
      printable(guest),
      printable(image),
      `${percentOf(past) ?? "?"} %`,
      sparkline(past.samples, sparkWidth),
      render(typeof past.trend === "string" ? text[past.trend]() : trendWords(past.trend), locale),
    ]),
  );
  const table = [heads.map((head) => render(head, locale)), ...rows];
  const widths = heads.map((_, at) => Math.max(...table.map((row) => columns(row[at] ?? ""))));
  const padded = (cell: string, at: number) => cell + " ".repeat((widths[at] ?? 0) - columns(cell));
  return table.map((row) => `${row.map(padded).join("  ").trimEnd()}\n`).join("");
}

function percentOf({ samples }: Past): number | null {
  const last = samples.at(-1);
  return last === undefined ? null : percentAsDf(last.usedBytes, last.availableBytes);
}

function trendJson(hosts: readonly HostPasts[]): string {
  const volumes = hosts.flatMap(({ host, volumes: all }) =>
    all.map(({ guest, image, past: { samples, trend } }) => {
      const last = samples.at(-1);
      return {
        host,
        guest,
        image,
        at: last?.at ?? null,
        usedBytes: last?.usedBytes ?? null,
        availableBytes: last?.availableBytes ?? null,
        looks: samples.length,
        trend:
          typeof trend === "string"
            ? null
            : {
                bytesPerDay: Math.round(trend.bytesPerDay),
                lowBytesPerDay: Math.round(trend.lowBytesPerDay),
                highBytesPerDay: Math.round(trend.highBytesPerDay),
                fullInSeconds: trend.fullIn && Math.round(trend.fullIn.seconds),
                soonestInSeconds: trend.fullIn && Math.round(trend.fullIn.soonest),
                latestInSeconds: trend.fullIn && Math.round(trend.fullIn.latest),
              },
        unknown: typeof trend === "string" ? trend : null,
      };
    }),
  );
  return `${printableJson({ schema: 1, volumes }, 2)}\n`;
}
