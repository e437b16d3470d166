import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesOf } from "../declare.ts";
import { q } from "../nix-text.ts";
import { type Gift, type Setting, settingOf, type World } from "../world.ts";
import { type Course, coursesOf } from "./order.ts";
import { prepareFunctions } from "./prelude.ts";
import type { Sandbox } from "./sandbox.ts";
import { startScript } from "./start.ts";

/** A world that lies on disk: its declaration and its host, before the start. */
export interface Laid {
  readonly world: World;
  readonly setting: Setting;
  readonly gifts: readonly Gift[];
  readonly courses: readonly Course[];
  /** The folder of the declaration. */
  readonly flake: string;
  /** A copy of the host from which every course begins. */
  readonly origin: string;
}

/** What one course left behind, as facts: key → words. */
export interface Played {
  readonly course: Course["name"];
  readonly facts: ReadonlyMap<string, string>;
}

/** Writes the declaration and brings the host's disk into its state. */
export async function layWorld(world: World, sandbox: Sandbox): Promise<Laid> {
  const folder = join(sandbox.root, world.guest);
  rmSync(folder, { recursive: true, force: true });
  const setting = settingOf(world, folder);
  const gifts = world.features.map((feature) => feature.give(setting));
  const flake = join(folder, "flake");
  for (const [name, text] of Object.entries(filesOf(setting, gifts))) {
    const path = join(flake, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll("@PKGS@", `${sandbox.root}/pkgs`));
  }
  const { directory, stateDir, host } = setting;
  const origin = `${folder}/host.before`;
  const lines = [
    prepareFunctions,
    `mkdir -p ${q(directory)}`,
    `chown microvm:kvm ${q(stateDir)} ${q(directory)}; chmod 0775 ${q(stateDir)}`,
    `ln -s /nix/store/none ${q(`${directory}/current`)}`,
    ...gifts.flatMap(({ prepare }) => prepare ?? []),
    `cp -a --sparse=always ${q(host)} ${q(origin)}`,
  ];
  const ran = await sandbox.run(lines.join("\n"));
  if (ran.status !== 0) throw new Error(`${world.guest} could not be laid out: ${ran.stderr}`);
  const courses = coursesFor(world, gifts);
  return { world, setting, gifts, courses, flake, origin };
}

/** Plays every course, each from the same state of the host. */
export async function play(laid: Laid, sandbox: Sandbox): Promise<Played[]> {
  const { folder } = laid.setting;
  const played: Played[] = [];
  for (const course of laid.courses) {
    await restore(laid, sandbox);
    touch(laid);
    rmSync(join(folder, "facts"), { force: true });
    const script = startScript(laid.setting, laid.gifts, course, sandbox.root);
    writeFileSync(join(folder, "play"), script);
    const ran = await sandbox.run(script);
    if (ran.status !== 0) throw new Error(`${laid.world.guest} could not be played: ${ran.status} ${ran.stderr}`);
    played.push({ course: course.name, facts: factsOf(readFileSync(join(folder, "facts"), "utf8")) });
  }
  return played;
}

/** Brings the host back into the state from which courses begin; what lies behind its block devices, too. */
export async function restore({ setting: { folder, host }, origin }: Laid, sandbox: Sandbox): Promise<void> {
  if (!touched.delete(folder)) return;
  const ran = await sandbox.run(`set -e
chmod -R u+rwx ${q(host)}; rm -rf ${q(host)}; cp -a --sparse=always ${q(origin)} ${q(host)}
[ ! -e ${q(`${folder}/loops`)} ] || while read -r loop backing; do dd if="$backing.before" of="$loop" bs=1M status=none; done < ${q(`${folder}/loops`)}`);
  if (ran.status !== 0) throw new Error(ran.stderr);
}

/** From now on courses begin with the host as it is. */
export async function keepHost(laid: Laid, sandbox: Sandbox): Promise<Laid> {
  const { folder, host } = laid.setting;
  const origin = `${folder}/host.operated`;
  const ran = await sandbox.run(`rm -rf ${q(origin)}; cp -a --sparse=always ${q(host)} ${q(origin)}`);
  if (ran.status !== 0) throw new Error(ran.stderr);
  return { ...laid, origin };
}

/** The host is not any more as it was laid out. */
export function touch({ setting }: Laid): void {
  touched.add(setting.folder);
}

/** Folders whose host is not any more as it was laid out. */
const touched = new Set<string>();

/** Everything of the world goes, devices too. */
export function clear({ setting }: Laid): void {
  let loops = "";
  try {
    loops = readFileSync(join(setting.folder, "loops"), "utf8");
  } catch {
    // There were none.
  }
  for (const loop of loops.split("\n").filter((each) => each !== ""))
    spawnSync("/usr/sbin/losetup", ["--detach", loop]);
  rmSync(setting.folder, { recursive: true, force: true });
  touched.delete(setting.folder);
}

function factsOf(text: string): Map<string, string> {
  const facts = new Map<string, string>();
  for (const line of text.split("\n")) {
    const tab = line.indexOf("\t");
    if (tab > 0) facts.set(line.slice(0, tab), line.slice(tab + 1));
  }
  return facts;
}

/** Courses of which no two do the same. */
export function coursesFor(world: World, gifts: readonly Gift[]): Course[] {
  const units = gifts.flatMap((gift) => gift.units ?? []);
  const own = gifts.flatMap((gift) => gift.own ?? []);
  const matters = gifts.some(({ tmpfiles, activation }) => (tmpfiles?.length ?? 0) + (activation?.length ?? 0) > 0);
  const courses = coursesOf(world.guest, units, own, world.way !== "lone");
  const key = ({ boots, units: ran }: Course) => `${boots && matters} ${ran.map(({ name }) => name).join(" ")}`;
  return courses.filter((course, index) => courses.findIndex((other) => key(other) === key(course)) === index);
}
