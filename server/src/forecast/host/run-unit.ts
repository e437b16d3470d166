import type { HostFacts } from "../../disk/facts.ts";
import type { Guest, Host, Volume } from "../../microvm/model.ts";
import { plainText, type Unit } from "../../microvm/start/start.ts";
import { reasonChain } from "../../nix/eval/reasons.ts";
import { type Files, presentDirectory } from "../../shell/state/files.ts";
import type { ShellParser } from "../../shell/syntax/parser.ts";
import type { VolumeOnDisk } from "../world.ts";
import { type Account, linesOf, type Ran, type Runner, root, runLine } from "./commands.ts";
import { specified } from "./exec.ts";
import { placeOn } from "./moved.ts";
import { programsOf } from "./programs.ts";
import { text } from "./texts.ts";
import { withDirectories } from "./tmpfiles.ts";
import { ownUnits, settingOf } from "./units.ts";

/** What happens on a host before a guest's volume script. */
export interface Prelude {
  readonly guest: Guest;
  readonly host: Host | null;
  readonly facts: HostFacts;
  readonly places: ReadonlyMap<Volume, VolumeOnDisk>;
  readonly parser: ShellParser;
  /** Other paths that the scripts ask for, and that were looked at as well. */
  readonly named?: readonly string[];
  /** Plays the units that have no part in it, too: for the test that they have none. */
  readonly everyUnit?: boolean;
}

/** A unit as it is started: a template has the name of its instance. */
export interface Named {
  readonly unit: Unit;
  readonly name: string;
}

/** More ways than can be followed come to what is not known. */
export const mostRoads = 48;

/** The directories of a unit, then its commands; of the guest's own unit only what comes before its runner. */
export function runUnit(prelude: Prelude, turn: Named, files: Files, user: Account, directory: string): readonly Ran[] {
  const isOwn = turn.name.startsWith("microvm@");
  const lines = isOwn ? ["ExecStartPre"] : ["ExecStartPre", "ExecStart", "ExecStartPost"];
  return runLines(prelude, turn, lines, unitDirectories(prelude, turn, files, isOwn), user, directory);
}

/** What a unit does when it stops: whether its commands fail does not matter to anybody. */
export function stopUnit(
  prelude: Prelude,
  turn: Named,
  files: Files,
  user: Account,
  directory: string,
): readonly Ran[] {
  const ran = runLines(prelude, turn, stopLines, files, user, directory);
  return ran.map((each) => ({ ...each, failed: null }));
}

export const stopLines: readonly string[] = ["ExecStop", "ExecStopPost"];

function runLines(
  prelude: Prelude,
  { unit, name }: Named,
  settings: readonly string[],
  files: Files,
  user: Account,
  directory: string,
): readonly Ran[] {
  if (unit.unknown) return [{ files, failed: null, lost: reasonChain(unit.unknown)[0]?.text ?? text.depends() }];
  const programs = programsOf(name.startsWith("microvm@") ? ownParts(prelude) : [unit]);
  const runner = runnerOf(prelude, name, user, settingOf(unit, "WorkingDirectory") ?? directory, programs);
  let ran: readonly Ran[] = [{ files, failed: null, lost: null }];
  for (const line of settings.flatMap((setting) => linesOf(unit, setting))) {
    ran = ran.flatMap((each) => (each.failed || each.lost ? [each] : runLine(line, runner, each.files)));
    if (ran.length > mostRoads) return [{ files, failed: null, lost: text.tooMany() }];
  }
  return ran;
}

const directorySettings: Readonly<Record<string, string>> = {
  StateDirectory: "/var/lib",
  CacheDirectory: "/var/cache",
  LogsDirectory: "/var/log",
  RuntimeDirectory: "/run",
  ConfigurationDirectory: "/etc",
};

/** systemd.exec(5), StateDirectory= and its like: made before anything of the unit runs, and given to its user. */
export function unitDirectories(prelude: Prelude, { unit, name }: Named, files: Files, isOwn: boolean): Files {
  let now = files;
  const user = isOwn ? microvmUser(prelude) : userOf(prelude, unit);
  const { names, groups } = user === null || user === "unseen" ? { names: [], groups: [] } : user;
  // Of root's the names are those of everybody; of another user the number is what was seen of a host.
  const owner = {
    user: (user === root ? names[0] : names[1]) ?? null,
    group: (user === root ? groups[0] : groups[1]) ?? null,
  };
  for (const [setting, base] of Object.entries(directorySettings)) {
    for (const line of linesOf(unit, setting)) {
      const words = plainText(line);
      for (const word of words?.split(/\s+/).filter((each) => each !== "") ?? []) {
        const written = `${base}/${specified(word, name).replace(/:.*$/, "").replace(/\/+$/, "")}`;
        const path = placeOn(prelude.host, prelude.facts, written);
        now = withDirectories(now, path).with(path, presentDirectory(false, { ...owner, mode: 0o755 }));
      }
    }
  }
  return now;
}

/** Template and instance are one unit. */
export function ownParts({ host, guest }: Prelude): readonly Unit[] {
  return host?.start ? ownUnits(host.start, guest.name) : [];
}

export function runnerOf(
  { parser }: Prelude,
  unit: string,
  user: Account,
  directory: string,
  programs: Runner["programs"] = "all",
): Runner {
  return { parser, user, directory, unit, programs };
}

export function microvmUser({ facts }: Prelude): Account {
  if (facts.microvmUser.state !== "seen") return "unseen";
  const { uid, gid } = facts.microvmUser.value;
  return { root: false, names: ["microvm", String(uid)], groups: ["kvm", String(gid)] };
}

export function userOf(prelude: Prelude, unit: Unit): Account {
  const user = settingOf(unit, "User");
  if (user === undefined || user === "" || user === "root") return root;
  return user === "microvm" ? microvmUser(prelude) : null;
}

/** WorkingDirectory of microvm@.service: the guest's own (nixos-modules/host/default.nix). */
export function workingDirectory({ guest, facts }: Prelude): string {
  const names = new Set(facts.guests.map(({ name }) => name));
  const name = guest.directoryNames.find((each) => names.has(each)) ?? guest.directoryNames[0] ?? guest.name;
  return `${facts.stateDir.replace(/\/+$/, "")}/${name}`;
}

const pathTests = ["ConditionPathExists", "AssertPathExists", "ConditionPathIsDirectory", "AssertPathIsDirectory"];

export function conditionName(unit: Unit): string {
  return pathTests.find((name) => unit.unit.items.has(name)) ?? "Condition…";
}

export function conditions({ unit, name: own }: Named, files: Files): "yes" | "no" | "maybe" {
  let answer: "yes" | "maybe" = "yes";
  for (const [name, { value }] of unit.unit.items) {
    if (!/^(Condition|Assert)/.test(name)) continue;
    for (const { value: line } of value.items) {
      const words = plainText(line);
      const holds = words === undefined || !pathTests.includes(name) ? "maybe" : exists(files, specified(words, own));
      if (holds === "no") return "no";
      if (holds === "maybe") answer = "maybe";
    }
  }
  return answer;
}

function exists(files: Files, words: string): "yes" | "no" | "maybe" {
  const isNot = words.startsWith("!");
  const followed = files.follow(words.replace(/^[!|]+/, ""));
  const found = followed.is === "missing" ? "no" : followed.is === "lost" ? "maybe" : files.get(followed.path).exists;
  if (found === "maybe" || !isNot) return found;
  return found === "yes" ? "no" : "yes";
}
