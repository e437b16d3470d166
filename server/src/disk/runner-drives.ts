import { splitWords } from "../shell/split.ts";

/** Images that a hypervisor is started with, in order; null when they stand in a file that was not read. */
export interface Drives {
  readonly images: readonly string[] | null;
  readonly configFile: string | null;
}

/** Finds the images in the command line of one of microvm.nix's hypervisors (lib/runners/*.nix). Null: not known. */
export function hypervisorDrives(command: readonly string[], configText?: string): Drives | null {
  const program = baseName(command[0]);
  // stratovirt runs below expect's unbuffer, vfkit with a socket below bash.
  if (program === "unbuffer") return hypervisorDrives(command.slice(1), configText);
  if (program === "bash" && command[1] === "-c") return vfkitInBash(command[2] ?? "");
  if (program.startsWith("qemu-system-") || program === "stratovirt") return drives(command, "-drive", byFile);
  if (program === "cloud-hypervisor") return { images: cloudHypervisorDisks(command), configFile: null };
  if (program === "crosvm") return drives(command, ["--block", "--rwdisk"], (value) => value.split(",")[0] ?? null);
  if (program === "lkvm") return drives(command, "-d", (value) => value.replace(/(?:,direct|,ro)*$/, ""));
  if (program === "alioth") return drives(command, "--blk", (value) => part(value, "path"));
  if (program === "vfkit") return drives(command, "--device", vfkitPath);
  if (program === "firecracker") return firecracker(command, configText);
  return null;
}

/** Values of an option, without the store's own disk. */
function drives(
  command: readonly string[],
  option: string | string[],
  imageOf: (value: string) => string | null,
): Drives {
  const images: string[] = [];
  for (let i = 0; i + 1 < command.length; i++) {
    if (!option.includes(command[i] as string)) continue;
    const image = imageOf(command[i + 1] as string);
    if (image !== null && !isStorePath(image)) images.push(image);
  }
  return { images, configFile: null };
}

/** qemu and stratovirt call the volumes vda, vdb …; other drives come from the user's own arguments. */
function byFile(value: string): string | null {
  return /^vd[a-z]$/.test(part(value, "id") ?? "") ? part(value, "file") : null;
}

/** One `--disk` is followed by all disks. */
function cloudHypervisorDisks(command: readonly string[]): readonly string[] {
  const images: string[] = [];
  let inDisks = false;
  for (const word of command) {
    if (word.startsWith("--")) inDisks = word === "--disk";
    else if (inDisks) {
      const image = part(word, "path");
      if (image !== null && !isStorePath(image)) images.push(image);
    }
  }
  return images;
}

function vfkitPath(value: string): string | null {
  return value.startsWith("virtio-blk,") ? part(value, "path") : null;
}

function vfkitInBash(script: string): Drives | null {
  const at = script.startsWith("exec ") ? 0 : script.indexOf("\nexec ") + 1;
  const words = at > 0 || script.startsWith("exec ") ? splitWords(script, at).slice(1) : [];
  return baseName(words[0]) === "vfkit" ? hypervisorDrives(words) : null;
}

function firecracker(command: readonly string[], configText: string | undefined): Drives {
  const configFile = command[command.indexOf("--config-file") + 1] ?? null;
  if (configText === undefined) return { images: null, configFile };
  try {
    const config = JSON.parse(configText) as { drives?: { drive_id?: unknown; path_on_host?: unknown }[] };
    const images = (config.drives ?? [])
      .filter((drive) => drive.drive_id !== "store")
      .map((drive) => String(drive.path_on_host));
    return { images, configFile };
  } catch {
    return { images: null, configFile };
  }
}

/** The value of `key=` in a list parted by commas. */
function part(value: string, key: string): string | null {
  const found = value.split(",").find((candidate) => candidate.startsWith(`${key}=`));
  return found === undefined ? null : found.slice(key.length + 1);
}

function baseName(path: string | undefined): string {
  return path?.slice(path.lastIndexOf("/") + 1) ?? "";
}

function isStorePath(path: string): boolean {
  return path.startsWith("/nix/store/");
}
