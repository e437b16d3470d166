import { splitWords } from "../shell/split.ts";
import type { DeployedVolume } from "./facts.ts";
import { hypervisorDrives } from "./runner-drives.ts";

/** What a runner script says. */
export interface Runner {
  readonly volumes: readonly DeployedVolume[];
  /** firecracker keeps its drives in this file: give its text to {@link parseRunner} to learn the volumes without autoCreate. */
  readonly configFile: string | null;
}

/**
 * Reads the volumes out of the text of `current/bin/microvm-run` as microvm.nix writes it (lib/runner.nix,
 * lib/volumes.nix, lib/runners/*.nix, and their forms back to 2022). Null: a shape that is not known here.
 */
export function parseRunner(script: string, configText?: string): Runner | null {
  const command = execCommand(script);
  if (command === null) return null;
  const created = createdVolumes(script);
  const drives = hypervisorDrives(command, configText);
  if (drives === null) return null;
  if (drives.images === null) return { volumes: [...created.values()], configFile: drives.configFile };
  const volumes = drives.images.map(
    (image) => created.get(image) ?? { image, sizeMiB: null, fsType: null, label: null },
  );
  return { volumes, configFile: drives.configFile };
}

/** The words of the last command of the script, which starts the hypervisor. */
function execCommand(script: string): readonly string[] | null {
  // Newer scripts set runtime_args right before; what follows may hold further lines that begin with "exec" in quotes.
  const from = Math.max(0, script.lastIndexOf("\nruntime_args="));
  const at = from > 0 ? script.indexOf("\nexec ", from) : lastExec(script);
  if (at < 0) return null;
  const words = splitWords(script, at + 1).slice(1);
  return words[0] === "-a" ? words.slice(2) : words;
}

/** The first "exec" that begins a line after the last `fi` does: scripts of before 2025 have no other mark. */
function lastExec(script: string): number {
  const created = script.lastIndexOf("\nfi\n");
  const at = script.indexOf("\nexec ", Math.max(0, created));
  return at >= 0 ? at : script.lastIndexOf("\nexec ");
}

/** The blocks that create an image which does not exist yet, by image. */
function createdVolumes(script: string): Map<string, DeployedVolume> {
  const volumes = new Map<string, DeployedVolume>();
  let volume: { image: string; sizeMiB: number | null; fsType: string | null; label: string | null } | null = null;
  for (const line of script.split("\n")) {
    const words = splitWords(line.trimStart());
    if (words[0] === "if" && words[1] === "[" && words[2] === "!" && words[3] === "-e" && words[4] !== undefined) {
      volume = { image: words[4], sizeMiB: null, fsType: null, label: null };
    } else if (words[0] === "fi" && volume !== null) {
      if (volume.fsType !== null) volumes.set(volume.image, volume);
      volume = null;
    } else if (volume !== null && words.length > 0) {
      const size = sizeFrom(words);
      if (size !== null) volume.sizeMiB = size;
      const fsType = /^mkfs\.(\w+)$/.exec(words[0] as string)?.[1];
      if (fsType !== undefined && words.at(-1) === volume.image) {
        volume.fsType = fsType;
        volume.label = labelFrom(words, fsType);
      }
    }
  }
  return volumes;
}

/** `truncate -s 64M`, before April 2024 `fallocate -l 64M` or `-l64MiB`, before May 2023 dd with `seek` (size - 1). */
function sizeFrom(words: readonly string[]): number | null {
  if (words[0] === "truncate" || words[0] === "fallocate") {
    for (const word of words.slice(1, -1)) {
      const size = /^(?:-[sl])?(\d+)M(?:iB)?$/.exec(word)?.[1];
      if (size !== undefined) return Number(size);
    }
  }
  if (words[0] === "dd" && words.includes("bs=1M")) {
    const seek = words.map((word) => /^seek=(\d+)$/.exec(word)?.[1]).find((found) => found !== undefined);
    if (seek !== undefined) return Number(seek) + 1;
  }
  return null;
}

/** The last label option counts, as it does for mkfs: mkfsExtraArgs come after the one of `label`. */
function labelFrom(words: readonly string[], fsType: string): string | null {
  const option = fsType === "vfat" ? "-n" : "-L";
  let label: string | null = null;
  for (let i = 1; i + 1 < words.length - 1; i++) if (words[i] === option) label = words[i + 1] as string;
  return label;
}
