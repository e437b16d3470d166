import { printable } from "../../base/printable.ts";
import { messages, type Text, verbatim } from "../../base/text.ts";
import type { Field } from "../../microvm/model.ts";
import type { Texts, Unit } from "../../microvm/start/start.ts";
import { reasonChain } from "../../nix/eval/reasons.ts";
import { type Played, play } from "../../shell/play.ts";
import { reasons } from "../../shell/reasons.ts";
import type { Setting } from "../../shell/setting.ts";
import { type Files, parentOf, unknownFile } from "../../shell/state/files.ts";
import type { ShellParser } from "../../shell/syntax/parser.ts";
import { asShell, type Exec, scriptOf, splitExec } from "./exec.ts";

const text = messages("forecast.command", {
  exits: {
    en: "`exit` ends the start script before the hypervisor",
    "zh-cn": "`exit` 在启动虚拟机监控程序之前结束了启动脚本",
  },
  moved: {
    en: "`preStart` changes the directory in which microvm.nix's script then looks for the images",
    "zh-cn": "`preStart` 更改了工作目录，之后 microvm.nix 的脚本会在该目录中查找镜像",
  },
  given: { en: "a command that is not known is given {path}", "zh-cn": "有未知命令使用了 {path}" },
});

/** Programs that leave what they are given as it is. */
const harmless: ReadonlySet<string> = new Set(["ls", "test", "[", "stat", "echo", "cat", "true", "false", "logger"]);

/** Absolute paths among the words of a command of which nothing else is known. */
function pathsGiven({ words }: Exec): readonly string[] {
  const [program, ...others] = words;
  const last = program?.at(-1);
  const name = typeof last === "string" ? last.slice(last.lastIndexOf("/") + 1) : "";
  if (harmless.has(name)) return [];
  return others.flatMap((word) =>
    word.length === 1 && typeof word[0] === "string" && word[0].startsWith("/") ? [word[0]] : [],
  );
}

/**
 * Names and numbers; null: not known. "unseen" is the user microvm of a machine that has none, as where a state directory
 * was copied: what it may do there is not looked into, as of the hypervisor ({@link microvmMay}).
 */
export type Account = Setting["user"] | "unseen";

/** Who runs commands, and where. */
export interface Runner {
  readonly parser: ShellParser;
  readonly user: Account;
  readonly directory: string;
  /** The unit whose commands they are. */
  readonly unit: string;
  /** Every program is taken for found, so that it is seen what the author wants. */
  readonly wanted?: boolean;
  /** The programs that are found by their bare names. */
  readonly programs: Setting["commands"];
}

/** What came of a command in one way: the files, whether it failed, or why nothing is known any more. */
export interface Ran {
  readonly files: Files;
  readonly failed: Text | null;
  readonly lost: Text | null;
}

export const root: NonNullable<Setting["user"]> = { root: true, names: ["root", "0"], groups: ["root", "0"] };

/** The lines of a setting of a unit, in order. */
export function linesOf(unit: Unit, name: string): readonly Field<Texts>[] {
  return unit.settings.items.get(name)?.value.items.map(({ value }) => value) ?? [];
}

/** Runs one line of Exec…=; each way that is possible. */
export function runLine(line: Field<Texts>, runner: Runner, files: Files): readonly Ran[] {
  if (line.state === "unknown") return [lost(files, reasonChain(line.unknown)[0]?.text ?? verbatim("?"))];
  if (line.state === "missing") return [{ files, failed: null, lost: null }];
  return line.value.flatMap((script) => {
    const exec = splitExec(script, runner.unit);
    if (!exec) return [{ files, failed: null, lost: null }];
    const user = exec.full ? root : runner.user;
    const inner = scriptOf(exec);
    const played = inner
      ? play(
          inner.script,
          settingOf({ ...runner, user }, runner.wanted ? "all" : runner.programs, inner.options.errexit === true),
          files,
        )
      : play(asShell(exec.words), settingOf({ ...runner, user }, runner.wanted ? "all" : new Set(), false), files);
    return ranOf(played, exec.ignored, inner ? [] : pathsGiven(exec));
  });
}

/**
 * Runs `preStart`: a part of the script that starts the hypervisor (lib/runner.nix). Whatever ends it ends that script; the
 * status of its last command is nothing to `set -e` where it was tested (`[ -e reset ] && rm a.img`). `relative`: what comes
 * after it names files as seen from the directory in which it began.
 */
export function runPart(texts: Field<Texts>, runner: Runner, files: Files, relative: boolean): readonly Ran[] {
  return runAll(texts, runner, files, true).map(({ exits, directory, ...ran }) => {
    if (exits === undefined) return ran;
    if (exits) return { ...ran, failed: ran.failed ?? text.exits() };
    return { ...ran, failed: null, lost: relative && directory !== runner.directory ? text.moved() : ran.lost };
  });
}

/** Runs a text as one script under `set -e`, as microvm.nix and NixOS do. */
export function runText(texts: Field<Texts>, runner: Runner, files: Files, strict: boolean): readonly Ran[] {
  return runAll(texts, runner, files, strict);
}

type Ended = Ran & { readonly exits?: boolean; readonly directory?: string | null };

function runAll(texts: Field<Texts>, runner: Runner, files: Files, strict: boolean): readonly Ended[] {
  if (texts.state === "unknown") return [lost(files, reasonChain(texts.unknown)[0]?.text ?? verbatim("?"))];
  if (texts.state === "missing") return [{ files, failed: null, lost: null, directory: runner.directory }];
  return texts.value.flatMap((script) =>
    ranOf(play(script, settingOf(runner, runner.programs, strict), files), !strict),
  );
}

function lost(files: Files, why: Text): Ran {
  return { files, failed: null, lost: why };
}

/**
 * The ways of a script. That a command of which nothing is known may fail is no way of its own where it may succeed too:
 * nobody would write it there otherwise. What such a command is given may be there afterwards. Where it is a condition
 * (`some-test && rm a.img`), the files tell the ways apart.
 */
function ranOf({ ways, acts }: Played, ignored: boolean, paths: readonly string[] = []): readonly Ended[] {
  const good = ways.filter(({ status }) => status === 0);
  const counted = ways.filter(({ status, why, files }) => {
    if (status === 0 || good.length === 0) return true;
    if (why?.id === reasons.lastFails().id) return !good.some((each) => each.files.same(files));
    return why?.id !== reasons.mayFail({ command: "" }).id;
  });
  const given = acts.flatMap(({ what, path, why }) =>
    what === "anything" && path.is === "known" ? [{ path: path.path, why: why ?? verbatim("?") }] : [],
  );
  if (acts.length > 0 && acts.every(({ what }) => what === "anything"))
    for (const path of paths) given.push({ path, why: text.given({ path: printable(path) }) });
  return counted.map(({ files, status, why, exits, directory }) => ({
    exits,
    directory,
    files: given.reduce((now, each) => mayBeThere(now, each.path, each.why), files),
    failed: status === 0 || ignored ? null : (why ?? verbatim("?")),
    lost: null,
  }));
}

/** A file that may be there now, with the directories above it. */
function mayBeThere(files: Files, path: string, why: Text): Files {
  let now = files;
  for (let at = path; at !== "/" && now.get(at).exists === "no"; at = parentOf(at))
    now = now.with(at, unknownFile(why));
  return now;
}

function settingOf(
  { parser, user, directory, wanted }: Runner,
  commands: Setting["commands"],
  errexit: boolean,
): Setting {
  return {
    parser,
    directory,
    user: user === "unseen" ? null : user,
    unknownUserMay: user === "unseen",
    commands,
    otherPrograms: wanted ? "found" : "missing",
    options: { errexit, nounset: errexit, pipefail: errexit },
    othersSet: false,
  };
}
