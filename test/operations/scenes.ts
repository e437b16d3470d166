import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, hashInside, makeImage, soundExt, succeeds, tool } from "./images.ts";

/** One operation on an image with one filesystem, to be broken off again and again. */
export interface Scene {
  readonly name: string;
  /** Needs loop devices to see what is inside. */
  readonly mounts: boolean;
  /** Copies a large image at every try: for the long runs. */
  readonly slow: boolean;
  /** Makes what the operation starts from, once. */
  prepare(folder: string): Prepared;
}

export interface Prepared {
  /** The image that is worked on. */
  readonly image: string;
  /** What test/operations/victim.ts takes. */
  readonly words: readonly string[];
  /** Names that may lie in the folder when everything is in order. */
  readonly names: readonly string[];
  /** Everything as it was before. */
  again(): void;
  /** What is lost or damaged; empty: nothing. `settled`: everything was put in order before. */
  lost(settled: boolean): string[];
}

type Filesystem = "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "vfat";

const sizes: Readonly<Record<Filesystem, number>> = { ext2: 16, ext3: 16, ext4: 16, xfs: 300, btrfs: 128, vfat: 16 };

/** Every operation, with filesystems of every kind. */
export const scenes: readonly Scene[] = [
  ...(["ext2", "ext3", "ext4"] as const).map((fs) => grow(fs)),
  ...(["xfs", "btrfs"] as const).flatMap((fs) => [grow(fs), growMounted(fs)]),
  ...(["ext4", "btrfs", "vfat"] as const).map((fs) => convert(fs)),
  ...(["ext3", "ext4", "xfs"] as const).map((fs) => trim(fs)),
  ...(["ext3", "xfs", "vfat"] as const).map((fs) => restore(fs)),
  ...(["ext2", "btrfs"] as const).map((fs) => rename("move-aside", fs, "data.img.aside")),
  ...(["ext4", "xfs", "vfat"] as const).map((fs) => rename("adopt", fs, "adopted.img")),
  ...(["ext4", "xfs", "btrfs", "vfat"] as const).map((fs) => backup(fs)),
  ...(["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"] as const).map((fs) => relabel(fs)),
];

function grow(fs: Filesystem): Scene {
  const inCopy = fs.startsWith("ext");
  return scene("grow", fs, false, (_, image, template) => {
    const kept = `${image}.before-grow`;
    return {
      words: ["grow", image, String(2 * sizes[fs])],
      names: inCopy ? ["data.img", "data.img.before-grow"] : ["data.img"],
      lost() {
        if (!inCopy) return startsAs(image, template) ? [] : ["the image's content"];
        if (sameContent(image, template)) return existsSync(kept) && !isSameFile(image, kept) ? ["two old ones"] : [];
        if (!existsSync(kept) || !sameContent(kept, template)) return ["the old image"];
        const grown = statSync(image).size === 2 * sizes[fs] * 1024 * 1024 && soundExt(image);
        return grown && hashInside(image) === hashInside(template) ? [] : ["the new image"];
      },
      clean: () => rmSync(kept, { force: true }),
    };
  });
}

function growMounted(fs: Filesystem): Scene {
  return scene("grow-mounted", fs, true, (_, image, template) => {
    const files = listing(template);
    return {
      words: ["grow-mounted", image, String(2 * sizes[fs])],
      names: ["data.img"],
      // While it is still mounted it is looked at afterwards.
      lost: (settled) => (!settled || listing(image) === files ? [] : ["files in it"]),
    };
  });
}

/** An image that takes much more than its filesystem uses: every block of it that is free was written to. */
function trim(fs: Filesystem): Scene {
  return scene("trim", fs, fs === "xfs", (_, image, template) => {
    const kept = `${image}.before-trim`;
    if (fs === "xfs") waste(template);
    else wasteExt(template);
    const files = fs === "xfs" ? listing(template) : hashInside(template);
    const taken = statSync(template).blocks;
    return {
      words: ["trim", image],
      names: ["data.img", "data.img.before-trim"],
      lost() {
        if (sameContent(image, template)) return existsSync(kept) && !isSameFile(image, kept) ? ["two old ones"] : [];
        if (!existsSync(kept) || !sameContent(kept, template)) return ["the old image"];
        if (statSync(image).size !== statSync(template).size) return ["its length"];
        if (statSync(image).blocks >= taken) return ["nothing was given back"];
        if (fs === "xfs") return listing(image) === files ? [] : ["files in it"];
        return soundExt(image) && hashInside(image) === files ? [] : ["files in it"];
      },
      clean: () => rmSync(kept, { force: true }),
    };
  });
}

/** A file that came and went. */
function wasteExt(path: string): void {
  const source = `${path}.waste`;
  writeFileSync(source, Buffer.alloc(8 << 20, "waste"));
  tool("debugfs", "-w", "-R", `write "${source}" waste`, path);
  tool("debugfs", "-w", "-R", "rm waste", path);
  rmSync(source);
}

function waste(path: string): void {
  if (!existsSync("/dev/loop-control") || process.getuid?.() !== 0) return;
  mounted(path, [], (folder) => writeFileSync(join(folder, "waste"), Buffer.alloc(120 << 20, "waste")));
  mounted(path, ["nodiscard"], (folder) => rmSync(join(folder, "waste")));
}

function convert(fs: Filesystem): Scene {
  return scene("convert", fs, false, (_, image, template) => {
    const kept = `${image}.qcow2`;
    const packed = `${template}.qcow2`;
    tool("qemu-img", "convert", "-f", "raw", "-O", "qcow2", template, packed);
    return {
      words: ["convert", image],
      start: packed,
      names: ["data.img", "data.img.qcow2"],
      lost() {
        if (sameContent(image, packed)) return [];
        return sameContent(image, template) && existsSync(kept) && sameContent(kept, packed) ? [] : ["the image"];
      },
      clean: () => rmSync(kept, { force: true }),
    };
  });
}

function restore(fs: Filesystem): Scene {
  return scene("restore", fs, false, (folder, image, template) => {
    const copy = join(folder, "..", "backup.img");
    const kept = `${image}.before-restore`;
    tool("cp", "--sparse=always", template, copy);
    scribble(copy);
    return {
      words: ["restore", image, copy],
      names: ["data.img", "data.img.before-restore"],
      lost() {
        if (sameContent(image, template)) return [];
        return sameContent(image, copy) && existsSync(kept) && sameContent(kept, template) ? [] : ["an image"];
      },
      clean: () => rmSync(kept, { force: true }),
    };
  });
}

function rename(operation: string, fs: Filesystem, name: string): Scene {
  return scene(operation, fs, false, (folder, image, template) => {
    const to = join(folder, name);
    return {
      words: [operation, image, to],
      names: ["data.img", name],
      lost(settled) {
        const [one, two] = [existsSync(image), existsSync(to)];
        if (settled && one && two) return ["two names are left"];
        if (!one && !two) return ["the image"];
        return sameContent(one ? image : to, template) ? [] : ["the content"];
      },
      clean: () => rmSync(to, { force: true }),
    };
  });
}

function backup(fs: Filesystem): Scene {
  return scene("backup", fs, false, (folder, image, template) => {
    const to = join(folder, "copy.img");
    return {
      words: ["backup", image, to],
      names: ["data.img", "copy.img"],
      lost() {
        if (!sameContent(image, template)) return ["the image"];
        return existsSync(to) && !sameContent(to, template) ? ["the copy is not whole"] : [];
      },
      clean: () => rmSync(to, { force: true }),
    };
  });
}

function relabel(fs: Filesystem): Scene {
  return scene("relabel", fs, fs === "xfs" || fs === "btrfs", (_, image, template) => {
    const files = inside(fs, template);
    const kept = `${image}.before-relabel`;
    return {
      words: ["relabel", image, "FRESH"],
      names: ["data.img", ...(fs === "ext4" ? ["data.img.before-relabel"] : [])],
      lost() {
        if (existsSync(kept) && !sameContent(kept, template)) return ["the old image"];
        return inside(fs, image) === files ? [] : ["files in it"];
      },
      clean: () => rmSync(kept, { force: true }),
    };
  });
}

interface Parts extends Pick<Prepared, "words" | "names" | "lost"> {
  readonly start?: string;
  clean?(): void;
}

function scene(
  operation: string,
  fs: Filesystem,
  mounts: boolean,
  parts: (folder: string, image: string, template: string) => Parts,
): Scene {
  return {
    name: `${operation} ${fs}`,
    mounts,
    slow: sizes[fs] > 100 && ["restore", "backup", "convert", "trim"].includes(operation),
    prepare(folder) {
      const image = join(folder, "data.img");
      const template = join(folder, "..", "template.img");
      fill(fs, template);
      const { words, names, lost, start, clean } = parts(folder, image, template);
      const again = () => {
        clean?.();
        rmSync(image, { force: true });
        tool("cp", "--sparse=always", start ?? template, image);
      };
      again();
      return { image, words, names, lost, again };
    },
  };
}

/** An image with data in it. */
function fill(fs: Filesystem, path: string): void {
  makeImage(path, fs, sizes[fs]);
  if (fs === "vfat") scribble(path);
  if (fs !== "xfs" && fs !== "btrfs") return;
  const source = `${path}.files`;
  mkdirSync(join(source, "deep"), { recursive: true });
  for (let i = 0; i < 6; i++) writeFileSync(join(source, "deep", `file ${i}`), Buffer.alloc(77_777 * i, `${i}`));
  if (existsSync("/dev/loop-control") && process.getuid?.() === 0) {
    mounted(path, [], (folder) => cpSync(source, folder, { recursive: true }));
  } else scribble(path);
  rmSync(source, { recursive: true });
}

/** Marks where files keep their data, far behind every table. */
function scribble(path: string): void {
  const fd = openSync(path, "r+");
  for (const mebibyte of [9, 11, 13]) writeSync(fd, Buffer.alloc(50_000, path), 0, 50_000, mebibyte << 20);
  closeSync(fd);
}

/** What a filesystem holds, as a hash; something else where it is damaged. */
function inside(fs: Filesystem, path: string): string {
  if (fs === "xfs" || fs === "btrfs") return listing(path);
  if (fs !== "vfat") return soundExt(path) ? hashInside(path) : "damaged";
  // Its label is in the boot sector, the copy of that, and the root directory; the rest may not change.
  const bytes = readFileSync(path);
  const reserved = bytes.readUInt16LE(14) * 512;
  const fats = (bytes[16] as number) * bytes.readUInt16LE(22) * 512;
  const root = bytes.readUInt16LE(17) * 32;
  const rest = [bytes.subarray(reserved, reserved + fats), bytes.subarray(reserved + fats + root)];
  const hash = rest.reduce((sum, part) => sum.update(part), createHash("sha256")).digest("hex");
  // Broken off between two writes, one of the two labels is the old one: the next run writes both.
  const usual = /label|^fsck\.fat |^Leaving filesystem unchanged|clusters$|^$/;
  const { stdout } = spawnSync("fsck.vfat", ["-n", path], { encoding: "utf8", env: environment });
  return stdout.split("\n").every((line) => usual.test(line)) ? hash : `damaged: ${stdout}`;
}

function listing(image: string): string {
  return mounted(image, ["ro"], (folder) => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const lines = files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return `${path.slice(folder.length)} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
    });
    return lines.sort().join("\n");
  });
}

/** Mounts an image, or to look at it a copy, so that looking changes nothing. Throws where it does not mount. */
function mounted<T>(path: string, options: readonly string[], look: (folder: string) => T): T {
  const work = mkdtempSync(join(tmpdir(), "microvm-lens-shown-"));
  const folder = join(work, "mnt");
  const shown = options.includes("ro") ? join(work, "image") : path;
  mkdirSync(folder);
  try {
    if (shown !== path) tool("cp", "--sparse=always", path, shown);
    tool("mount", "-o", ["loop", ...options].join(","), shown, folder);
    try {
      return look(folder);
    } finally {
      tool("umount", folder);
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}

function sameContent(a: string, b: string): boolean {
  return existsSync(a) && statSync(a).size === statSync(b).size && succeeds("cmp", "-s", a, b);
}

/** Begins with the other's bytes; what follows is zero. */
function startsAs(path: string, template: string): boolean {
  const [size, before] = [statSync(path).size, statSync(template).size];
  if (size < before || !succeeds("cmp", "-s", "-n", String(before), path, template)) return false;
  const fd = openSync(path, "r");
  const tail = Buffer.alloc(Math.min(size - before, 1 << 20));
  readSync(fd, tail, 0, tail.length, before);
  closeSync(fd);
  return tail.every((byte) => byte === 0);
}

function isSameFile(a: string, b: string): boolean {
  return statSync(a).ino === statSync(b).ino;
}
