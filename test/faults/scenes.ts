import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { declared, guest, volume } from "../declared/file.ts";
import { hashInside, makeImage, soundExt } from "../operations/images.ts";

/** One command that writes, to be killed or refused at each of its system calls. */
export interface WriteScene {
  readonly name: string;
  /** Lays out a folder anew. */
  lay(folder: string): void;
  /** What the command line is given; its working folder is the laid out one. */
  words(folder: string): readonly string[];
  /** What is there: exactly what was before, exactly what is wanted, something whole in between, or what is wrong with it. */
  is(folder: string): "old" | "new" | "between" | { readonly half: string };
  /** Names that may lie in the folder in the end. */
  readonly names: readonly string[];
}

const sizeMiB = 8;

const flake = `{ inputs.microvm.url = "github:astro/microvm.nix"; inputs.nixpkgs.url = "github:NixOS/nixpkgs"; outputs =
  { nixpkgs, microvm, ... }: { nixosConfigurations.vm = nixpkgs.lib.nixosSystem { modules =
  [ microvm.nixosModules.microvm ./m.nix ]; }; }; }
`;
const fixed = '{ microvm.volumes = [ { image = "data.img"; mountPoint = "/a"; size = 8; fsType = "ext4"; } ]; }\n';
/** A safe edit takes away a comment that suppresses nothing. */
const unfixed = `# microvm-lens: allow mount-point-duplicate\n${fixed}`;

/** One image for all scenes: making one takes longer than copying it. */
let template: { readonly bytes: Buffer; readonly inside: string } | null = null;

function image(path: string): void {
  if (template === null) {
    makeImage(path, "ext4", sizeMiB);
    template = { bytes: readFileSync(path), inside: hashInside(path) };
  }
  writeFileSync(path, template.bytes);
  // What was before an image is older than the image.
  utimesSync(path, 1e9, 1e9);
}

function isImage(path: string): boolean {
  return existsSync(path) && readFileSync(path).equals(template?.bytes ?? Buffer.alloc(0));
}

function half(what: string): { readonly half: string } {
  return { half: what };
}

/** An operation that puts a changed copy in the image's place, and keeps the old image as `data.img.KEPT`. */
function inCopy(name: string, kept: string, words: readonly string[], bytes: number): WriteScene {
  return {
    name,
    lay: (folder) => {
      image(join(folder, "data.img"));
      if (name === "trim") fill(join(folder, "data.img"));
    },
    words: () => ["image", ...words, "--yes"],
    is(folder) {
      const [now, old] = [join(folder, "data.img"), join(folder, `data.img.${kept}`)];
      if (!existsSync(now)) return half("no image has the name");
      if (sameInside(now) && statSync(now).size === sizeMiB << 20 && !existsSync(old)) return "old";
      if (!existsSync(old)) return half("the old image is gone");
      if (!sameInside(old)) return half("the old image is another one");
      if (statSync(now).ino === statSync(old).ino) return "between";
      return statSync(now).size === bytes && soundExt(now) && sameInside(now) ? "new" : half("the new image");
    },
    names: ["data.img", `data.img.${kept}`],
  };
}

function sameInside(path: string): boolean {
  return hashInside(path) === template?.inside;
}

/** Blocks that the filesystem does not use, and that take room all the same. */
function fill(path: string): void {
  const bytes = readFileSync(path);
  // Behind what mkfs and one file of three megabytes use, before the last group's tables.
  bytes.fill("waste", 5 << 20, 7 << 20);
  writeFileSync(path, bytes);
  utimesSync(path, 1e9, 1e9);
}

/** Everything of ours that writes, but what the editor writes for the user (settings). */
export const writeScenes: readonly WriteScene[] = [
  {
    name: "fix",
    lay(folder) {
      writeFileSync(join(folder, "flake.nix"), flake);
      writeFileSync(join(folder, "m.nix"), unfixed);
    },
    words: () => ["fix", ".", "--rule", "unused-suppression"],
    is(folder) {
      const text = readFileSync(join(folder, "m.nix"), "utf8");
      return text === unfixed ? "old" : text === fixed ? "new" : half(text);
    },
    names: ["flake.nix", "m.nix"],
  },
  {
    name: "report, history",
    lay(folder) {
      writeFileSync(join(folder, "flake.nix"), flake);
      writeFileSync(join(folder, "m.nix"), fixed);
      writeFileSync(join(folder, "out.html"), "before");
      mkdirSync(join(folder, "state", "vm"), { recursive: true });
      image(join(folder, "state", "vm", "data.img"));
    },
    words: () => ["report", ".", "--state-dir", "state", "--html", "out.html", "--record", "past"],
    is(folder) {
      const past = join(folder, "past");
      const below = existsSync(past) ? readdirSync(past, { recursive: true, encoding: "utf8" }) : [];
      const files = below.filter((name) => name.endsWith(".jsonl"));
      for (const name of files) {
        const text = readFileSync(join(past, name), "utf8");
        if (!text.endsWith("\n") || !text.trimEnd().split("\n").every(isJson)) return half(`past/${name}: ${text}`);
      }
      const page = readFileSync(join(folder, "out.html"), "utf8");
      if (page === "before") return files.length === 0 ? "old" : "between";
      if (!page.trimEnd().endsWith("</html>")) return half("out.html");
      // A day's sample that was lost with the process comes with the next hour's.
      return files.length > 0 ? "new" : "between";
    },
    names: ["flake.nix", "m.nix", "out.html", "past", "state"],
  },
  inCopy("grow", "before-grow", ["grow", "data.img", "--size", "16M"], 16 << 20),
  inCopy("trim", "before-trim", ["trim", "data.img"], sizeMiB << 20),
  {
    name: "grow --file-only",
    lay: (folder) => image(join(folder, "data.img")),
    words: () => ["image", "grow", "data.img", "--size", "16M", "--file-only", "--yes"],
    is(folder) {
      const bytes = readFileSync(join(folder, "data.img"));
      if (!bytes.subarray(0, sizeMiB << 20).equals(template?.bytes ?? Buffer.alloc(0))) return half("its content");
      if (bytes.length === sizeMiB << 20) return "old";
      return bytes.length === 16 << 20 && bytes.subarray(sizeMiB << 20).every((byte) => byte === 0)
        ? "new"
        : half(`${bytes.length} bytes`);
    },
    names: ["data.img"],
  },
  {
    name: "renew",
    lay(folder) {
      image(join(folder, "data.img"));
      const volumes = [volume({ image: join(folder, "data.img"), renew: "start", renewKeepDays: 3 })];
      writeFileSync(
        join(folder, "declared.json"),
        declared(join(folder, ".."), [guest("guest", volumes, { directory: folder })]),
      );
    },
    words: () => ["image", "renew", "--declared", "declared.json", "--yes"],
    is(folder) {
      const [now, old] = ["data.img", "data.img.aside"].map((name) => isImage(join(folder, name)));
      return now ? (old ? "between" : "old") : old ? "new" : half("the image is gone");
    },
    names: ["data.img.aside", "declared.json"],
  },
  {
    name: "prune",
    lay(folder) {
      const vm = join(folder, "state", "vm");
      mkdirSync(vm, { recursive: true });
      for (const name of ["data.img", "data.img.before-grow", "orphan.img"]) image(join(vm, name));
      const guests = [guest("vm", [volume({ image: join(vm, "data.img") })], { directory: vm })];
      writeFileSync(join(folder, "declared.json"), declared(join(folder, "state"), guests));
    },
    // In a container, as the run of this test is, it would refuse.
    words: () => [
      "prune",
      "--declared",
      "declared.json",
      "--keep-days",
      "0",
      "--unused-days",
      "0",
      "--yes",
      "--unseen",
    ],
    is(folder) {
      const vm = join(folder, "state", "vm");
      if (!isImage(join(vm, "data.img"))) return half("the image");
      const quarantine = join(folder, "state", ".microvm-lens-quarantine");
      const kept = existsSync(quarantine) ? readdirSync(quarantine).map((id) => join(quarantine, id, "content")) : [];
      const there = isImage(join(vm, "orphan.img"));
      const away = kept.some(isImage);
      if (!there && !away) return half("orphan.img is lost");
      const removed = !existsSync(join(vm, "data.img.before-grow"));
      if (there && !away && !removed) return "old";
      return away && !there && removed ? "new" : "between";
    },
    names: ["declared.json", "state"],
  },
];

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
