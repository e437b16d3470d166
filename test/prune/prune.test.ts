import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../cli/run.ts";
import { declared, guest, volume } from "../declared/file.ts";
import { qcow2 } from "./qcow2.ts";

const names = ["data.img", "root.img", "base.img", "swap.raw", "x y.img", "db.qcow2"] as const;
const suffixes = [
  "",
  ".before-grow",
  ".before-grow-2",
  ".aside",
  ".before-restore",
  ".backup",
  ".microvm-lens-new",
] as const;
const directories = ["web", "db", "old", "loose"] as const;
/** What may have a claim on a file. `loose` is a folder without a guest, `old` a guest that is not declared here. */
const claims = [
  "none",
  "declared",
  "declared absolute",
  "declared by link",
  "current",
  "booted",
  "old",
  "other guest's runner",
  "preStart",
  "glob",
  "hostCommand",
  "journal",
  "foreign journal",
  "backing file",
  "share",
  "hard link",
  "lock",
] as const;
type Claim = (typeof claims)[number];

interface Spec {
  readonly directory: (typeof directories)[number];
  readonly name: (typeof names)[number];
  readonly suffix: (typeof suffixes)[number];
  readonly claim: Claim;
  readonly bytes: number;
}

const spec: fc.Arbitrary<Spec> = fc.record({
  directory: fc.constantFrom(...directories),
  name: fc.constantFrom(...names),
  suffix: fc.oneof({ weight: 2, arbitrary: fc.constant("" as const) }, fc.constantFrom(...suffixes)),
  claim: fc.oneof({ weight: 3, arbitrary: fc.constant("none" as const) }, fc.constantFrom(...claims)),
  bytes: fc.integer({ min: 1, max: 9000 }),
});

const runner = (images: readonly string[]) =>
  `#!/bin/sh\nexec /nix/store/q/bin/qemu-system-x86_64 -name x ${images.map((image) => `-drive 'id=a,format=raw,file=${image},if=none'`).join(" ")}\n`;

/** A program that holds locks on files for as long as it is told to: started once for all states. */
const locker = spawn(
  "sh",
  ["-c", 'while read -r f; do if [ "$f" = end ]; then exec 9>&-; else exec 9<"$f"; flock -s 9; fi; echo done; done'],
  {
    stdio: ["pipe", "pipe", "ignore"],
  },
);
async function hold(path: string): Promise<void> {
  locker.stdin.write(`${path}\n`);
  await once(locker.stdout, "data");
}

let scratch = "";
beforeAll(() => {
  // In memory, where there is such a place: every move waits for the disk.
  const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  scratch = realpathSync(mkdtempSync(join(memory, "microvm-lens-prune-")));
});
afterAll(() => {
  locker.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});

/** Builds the state; returns the files that something has a claim on, by what this test knows of it, and the command line. */
async function build(specs: readonly Spec[]) {
  const stateDir = join(mkdtempSync(join(scratch, "state-")), "microvms");
  const claimed = new Map<string, Claim>();
  const declaredIn = new Map<string, string[]>(directories.map((each) => [each, []]));
  const runners = new Map<string, string[]>();
  const named = (directory: string, link: string, image: string) => {
    const key = `${directory}/${link}`;
    runners.set(key, [...(runners.get(key) ?? []), image]);
  };
  const texts = new Map<string, string>();
  const commands: string[] = [];
  const shares: { guest: string; source: string }[] = [];
  for (const directory of directories) mkdirSync(join(stateDir, directory), { recursive: true });
  for (const { directory, name, suffix, claim, bytes } of specs) {
    const path = join(stateDir, directory, name + suffix);
    if (existsSync(path)) continue;
    writeFileSync(path, Buffer.alloc(bytes, path));
    const [own, file] = [directory, name + suffix];
    if (claim !== "none") claimed.set(path, claim);
    switch (claim) {
      case "declared":
        declaredIn
          .get(own === "old" || own === "loose" ? "web" : own)
          ?.push(own === "old" || own === "loose" ? path : file);
        break;
      case "declared absolute":
        declaredIn.get("db")?.push(path);
        break;
      case "declared by link": {
        const link = join(stateDir, `link-${claimed.size}.img`);
        symlinkSync(path, link);
        declaredIn.get("web")?.push(link);
        break;
      }
      case "current":
      case "booted":
      case "old":
        named(own, claim, file);
        break;
      case "other guest's runner":
        named("old", "current", path);
        break;
      case "preStart":
        texts.set("web", `${texts.get("web") ?? ""}cp -n '${path}' /tmp/x\n`);
        break;
      case "glob":
        texts.set("db", `${texts.get("db") ?? ""}for f in ${dirname(path)}/${file.slice(0, 2)}*; do :; done\n`);
        break;
      case "hostCommand":
        commands.push(`+/bin/test -e ${file}`);
        break;
      case "journal": {
        const image = {
          path: join(dirname(path), `some-${claimed.size}.img`),
          device: 1,
          inode: 1,
          bytes: 1,
          modifiedMs: 1,
        };
        const process = { pid: 1, started: "1", boot: "x" };
        const text = {
          version: 1,
          operation: "grow",
          image,
          work: null,
          kept: path,
          placed: null,
          mountPoint: null,
          process,
        };
        writeFileSync(join(dirname(path), `.some-${claimed.size}.img.microvm-lens.json`), JSON.stringify(text));
        break;
      }
      case "foreign journal":
        writeFileSync(join(dirname(path), ".other.img.microvm-lens.json"), "not ours");
        for (const each of specs)
          if (each.directory === own) claimed.set(join(stateDir, own, each.name + each.suffix), claim);
        break;
      case "backing file": {
        const overlay = join(stateDir, "web", `overlay-${claimed.size}.qcow2`);
        writeFileSync(overlay, qcow2(path));
        declaredIn.get("web")?.push(overlay);
        break;
      }
      case "share":
        shares.push({ guest: "web", source: dirname(path) });
        for (const each of specs)
          if (each.directory === own) claimed.set(join(stateDir, own, each.name + each.suffix), claim);
        break;
      case "hard link":
        linkSync(path, join(scratch, `${basename(dirname(stateDir))}-${claimed.size}`));
        break;
      case "lock":
        await hold(path);
        for (const [other, why] of claimed) if (why === "lock" && other !== path) claimed.delete(other);
        break;
      default:
    }
  }
  for (const [key, images] of runners) {
    const [directory = "", link = ""] = key.split("/");
    const store = join(dirname(stateDir), `store-${directory}-${link}`);
    mkdirSync(join(store, "bin"), { recursive: true });
    writeFileSync(join(store, "bin", "microvm-run"), runner(images));
    symlinkSync(store, join(stateDir, directory, link));
  }
  // Of a guest that is not declared here, everything is its own configuration's.
  if (["current", "booted"].some((link) => runners.has(`old/${link}`))) {
    for (const each of readdirSync(join(stateDir, "old"))) claimed.set(join(stateDir, "old", each), "old");
  }
  if (["current", "booted"].some((link) => runners.has(`loose/${link}`))) {
    for (const each of readdirSync(join(stateDir, "loose"))) claimed.set(join(stateDir, "loose", each), "old");
  }
  const guests = ["web", "db"].map((name) =>
    guest(
      name,
      (declaredIn.get(name) ?? []).map((image) => volume({ image, mountPoint: null })),
      {
        preStart: texts.get(name) ?? "",
        hostCommands: name === "web" ? commands : [],
        shares: shares
          .filter((each) => each.guest === name)
          .map(({ source }) => ({ source, mountPoint: "/s", proto: "9p" })),
      },
    ),
  );
  const file = join(dirname(stateDir), "declared.json");
  writeFileSync(file, declared(stateDir, guests));
  // What was before an image is older than the image.
  for (const path of all(stateDir).keys()) if (!lstatSync(path).isSymbolicLink()) utimesSync(path, 1e9, 1e9);
  return {
    stateDir,
    claimed,
    words: ["prune", "--declared", file, "--keep-days", "0", "--unused-days", "0", "--unseen"],
  };
}

/** Every file below the folder with its content, rights and identity. */
function all(folder: string, into = new Map<string, string>()): Map<string, string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) all(path, into);
    else if (entry.isFile()) {
      const { ino, mtimeMs, mode } = statSync(path);
      into.set(path, `${createHash("sha256").update(readFileSync(path)).digest("hex")} ${ino} ${mtimeMs} ${mode}`);
    }
  }
  return into;
}

const states = Number(process.env["STATES"] ?? 500);

describe("prune", () => {
  test(`in ${states} random states never takes what anything has a claim on, and gives back byte for byte`, {
    timeout: 300_000,
  }, async () => {
    const seen = { quarantined: 0, removed: 0, claims: new Set<string>() };
    await fc.assert(
      fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 9 }), async (specs) => {
        const { stateDir, claimed, words } = await build(specs);
        const before = all(stateDir);
        const planned = JSON.parse((await run([...words, "--json"])).out) as {
          taken: { what: string; path: string }[];
        };
        expect(all(stateDir)).toEqual(before);
        const { code, out } = await run([...words, "--yes", "--json"]);
        const { taken } = JSON.parse(out) as typeof planned;
        expect([code, taken.map(({ what, path }) => [what, path])]).toEqual([
          0,
          planned.taken.map(({ what, path }) => [what, path]),
        ]);
        const after = all(stateDir);
        for (const [path, why] of claimed) {
          seen.claims.add(why);
          if (before.has(path)) expect([path, why, after.get(path)]).toEqual([path, why, before.get(path)]);
        }
        // Whatever is gone was told, and nothing that was told is still there.
        const gone = [...before.keys()].filter((path) => !after.has(path));
        expect(gone.sort()).toEqual(taken.map(({ path }) => path).sort());
        for (const { what, path } of taken) {
          if (what === "remove") expect(before.has(path.replace(/\.(before-\w+|aside)(-\d+)?$/, ""))).toBe(true);
          else if ((await run([...words.slice(0, 3), "--restore", path, "--yes"])).code !== 0) throw new Error(path);
        }
        const removed = new Set(taken.filter(({ what }) => what === "remove").map(({ path }) => path));
        expect(all(stateDir)).toEqual(new Map([...before].filter(([path]) => !removed.has(path))));
        seen.quarantined += taken.length - removed.size;
        seen.removed += removed.size;
        rmSync(dirname(stateDir), { recursive: true, force: true });
      }),
      { numRuns: states, endOnFailure: true },
    );
    expect(seen.claims.size).toBe(claims.length - 1);
    expect(seen.quarantined).toBeGreaterThan(states / 4);
    expect(seen.removed).toBeGreaterThan(states / 40);
  });
});
