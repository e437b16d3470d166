import type { DeployedVolume, GuestFacts, Observed } from "./facts.ts";
import type { FileStat } from "./images/image.ts";
import type { DirectoryEntry, Machine, Soon } from "./machine.ts";
import { parseRunner } from "./runner.ts";

/** Larger runner scripts are not read. */
const maxScriptBytes = 1 << 20;

/** One directory below the state directory, before its images were looked at. */
export interface GuestDirectory {
  readonly name: string;
  readonly directory: string;
  readonly current: Observed<string>;
  readonly booted: Observed<string>;
  readonly managed: GuestFacts["managed"];
  readonly deployed: Observed<readonly DeployedVolume[]>;
  /** Files that may be images: absolute paths. */
  readonly candidates: readonly string[];
  /** Those of them that the listing did not call regular files. */
  readonly special: ReadonlySet<string>;
  /** Absolute paths of the images that the deployed runner names. */
  readonly deployedPaths: readonly string[];
  /** True when it has one of the links or files that microvm.nix puts there. */
  readonly marked: boolean;
  /** Who owns the directory, and who may write there. */
  readonly owner: Observed<{ readonly uid: number; readonly gid: number; readonly mode: number }>;
}

/** Files that microvm.nix itself keeps beside the images (nixos-modules/host, pkgs/microvm-command.nix). */
const ownFiles = new Set(["current", "booted", "old", "toplevel", "flake"]);

/** Directories that a state directory may hold which are nobody's guest. */
export function mayBeGuest({ name, kind }: DirectoryEntry): boolean {
  return (
    (kind === "directory" || kind === "symlink" || kind === "unknown") && !name.startsWith(".") && name !== "lost+found"
  );
}

/** Reads one guest's directory: its links, its runner script, the names of its files. Absent: it is no directory. */
export function readGuestDirectory(machine: Machine, stateDir: string, name: string): Soon<Observed<GuestDirectory>> {
  const directory = `${stateDir === "/" ? "" : stateDir}/${name}`;
  const stat = machine.stat(directory);
  if (stat instanceof Promise) return stat.then((observed) => readStated(machine, directory, name, observed));
  return readStated(machine, directory, name, stat);
}

function readStated(
  machine: Machine,
  directory: string,
  name: string,
  stat: Observed<FileStat>,
): Soon<Observed<GuestDirectory>> {
  if (stat.state !== "seen") return stat;
  const known = remembered.get(stat.value);
  // A link beside it leads to the same directory under another name.
  if (known?.state === "seen" && known.value.directory === directory) return known;
  return readEntries(machine, directory, name, stat.value);
}

/** By the stat of the directory: machines give the same object while it has not changed. */
const remembered = new WeakMap<FileStat, Observed<GuestDirectory>>();

/** Whether everything that was read changes only together with the directory: store paths never do. */
function isLasting({ current, deployed, booted }: GuestDirectory): boolean {
  if (booted.state === "unreadable" || deployed.state === "unreadable") return false;
  return current.state === "absent" || (current.state === "seen" && current.value.startsWith("/nix/store/"));
}

async function readEntries(
  machine: Machine,
  directory: string,
  name: string,
  stat: FileStat,
): Promise<Observed<GuestDirectory>> {
  const listed = machine.list(directory, stat);
  const entries = listed instanceof Promise ? await listed : listed;
  if (entries.state === "absent") return entries;
  if (entries.state === "unreadable") return entries.reason === "malformed" ? { state: "absent" } : entries;
  const kinds = new Map(entries.value.map((entry) => [entry.name, entry.kind]));
  const current = await linkOf(machine, directory, kinds, "current");
  const deployed = current.state === "seen" ? await readDeployed(machine, directory) : current;
  const { uid, gid, mode } = stat;
  const value: GuestDirectory = {
    name,
    directory,
    current,
    booted: await linkOf(machine, directory, kinds, "booted"),
    managed: kinds.has("toplevel") ? "declarative" : kinds.has("flake") ? "flake" : "unknown",
    deployed,
    deployedPaths: deployed.state === "seen" ? deployed.value.map((volume) => imagePath(directory, volume.image)) : [],
    candidates: candidatesAmong(entries.value, directory),
    special: new Set(
      candidatesAmong(
        entries.value.filter(({ kind }) => kind !== "regular"),
        directory,
      ),
    ),
    marked: kinds.has("current") || kinds.has("booted") || kinds.has("toplevel") || kinds.has("flake"),
    owner: { state: "seen", value: { uid, gid, mode }, by: "stat" },
  };
  const guest = { state: "seen", value, by: "readdir" } as const;
  if (isLasting(value)) remembered.set(stat, guest);
  return guest;
}

/** Where an image of a guest lies: relative ones below its directory, without `.` and doubled slashes. */
export function imagePath(directory: string, image: string): string {
  const path = image.startsWith("/") ? image : `${directory}/${image}`;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

async function linkOf(
  machine: Machine,
  directory: string,
  kinds: ReadonlyMap<string, string>,
  name: string,
): Promise<Observed<string>> {
  const kind = kinds.get(name);
  if (kind === undefined) return { state: "absent" };
  if (kind !== "symlink") return { state: "unreadable", reason: "malformed", detail: `${name} is not a link` };
  return machine.readlink(`${directory}/${name}`);
}

async function readDeployed(machine: Machine, directory: string): Promise<Observed<readonly DeployedVolume[]>> {
  const script = await machine.readText(`${directory}/current/bin/microvm-run`, maxScriptBytes);
  if (script.state === "absent") {
    return { state: "unreadable", reason: "malformed", detail: "current/bin/microvm-run does not exist" };
  }
  if (script.state === "unreadable") return script;
  let runner = parseRunner(script.value);
  if (runner !== null && runner.configFile !== null) {
    const config = await machine.readText(imagePath(directory, runner.configFile), maxScriptBytes);
    // The volumes that are not created stand in it alone.
    if (config.state === "unreadable") return config;
    if (config.state === "seen") runner = parseRunner(script.value, config.value);
  }
  if (runner === null) {
    return {
      state: "unreadable",
      reason: "unsupported",
      detail: "current/bin/microvm-run has a shape that is not known",
    };
  }
  return { state: "seen", value: runner.volumes, by: "current/bin/microvm-run" };
}

function candidatesAmong(entries: readonly DirectoryEntry[], directory: string): readonly string[] {
  return entries
    .filter(
      ({ name, kind }) =>
        !ownFiles.has(name) &&
        (kind === "regular" || kind === "symlink" || kind === "block-device" || kind === "unknown"),
    )
    .map(({ name }) => `${directory}/${name}`)
    .sort();
}

/** Endings that say what a file is even when nothing in it does (a blank image). */
const imageName = /\.(img|raw|image|disk|qcow2?|vhdx?|vpc|ext[234]|xfs|btrfs|vfat|fat)$/i;

/** True for a file of a guest's directory that is an image: by its name, or by what was found in it. */
export function looksLikeImage(path: string, kind: string, recognised: boolean): boolean {
  return kind === "block-device" || recognised || imageName.test(path);
}
