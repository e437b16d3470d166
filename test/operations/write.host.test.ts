import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cliBundle } from "../clients/bundle.ts";
import { MountSpace } from "../host/mount-space.ts";
import { needRoot, needTools } from "../host/tools.ts";

const ready = needTools("strace", "unshare", "nsenter") && needRoot();

const flake = `{ inputs.microvm.url = "github:astro/microvm.nix"; inputs.nixpkgs.url = "github:NixOS/nixpkgs"; outputs =
  { nixpkgs, microvm, ... }: { nixosConfigurations.vm = nixpkgs.lib.nixosSystem { modules =
  [ microvm.nixosModules.microvm ./m.nix ]; }; }; }
`;
const kept = '{ microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 64; } ]; }\n';
/** A safe edit takes away a comment that suppresses nothing. */
const old = `# microvm-lens: allow mount-point-duplicate\n${kept}`;
const fix = ["fix", ".", "--rule", "unused-suppression"];

describe.skipIf(!ready)("a file that `fix` writes is the old one or the new one", () => {
  let folder = "";
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-write-")));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A fresh workspace; the old files, whatever was done to them. */
  function laid(name: string): string {
    const at = join(folder, name);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, "flake.nix"), flake);
    writeFileSync(join(at, "m.nix"), old);
    return at;
  }

  /**
   * Runs `fix` in a process namespace of its own, where its number, which stands in the name of the draft, is the same each
   * time: strace can then do something at the calls about the draft alone.
   */
  function traced(cwd: string, ...words: readonly string[]) {
    const strace = ["strace", "-f", "-qq", ...words, process.execPath, cliBundle(), ...fix];
    return spawnSync("unshare", ["--pid", "--fork", "--mount-proc", ...strace], { cwd, encoding: "utf8" });
  }

  function draftOf(cwd: string): string {
    const log = join(folder, "log");
    expect(traced(cwd, "-o", log, "-e", "trace=openat,rename")).toMatchObject({ status: 0 });
    const name = /\.microvm-lens\.\d+\.\d+\.tmp/.exec(readFileSync(log, "utf8"))?.[0];
    expect(name).toBeDefined();
    return `${name}`;
  }

  const beside = (cwd: string) => readdirSync(cwd).filter((name) => !["flake.nix", "m.nix"].includes(name));
  const textIn = (cwd: string) => readFileSync(join(cwd, "m.nix"), "utf8");
  const which = (text: string) => (text === old ? "old" : text === kept ? "new" : text);

  test("whatever the disk answers, with a word", () => {
    const draft = draftOf(laid("first"));
    for (const call of ["openat", "write", "fchmod", "fsync", "rename"]) {
      for (const error of ["EIO", "ENOSPC", "EROFS"]) {
        const cwd = laid(`${call}-${error}`);
        const inject = ["-o", "/dev/null", "-P", join(cwd, draft), "-e", `inject=${call}:error=${error}`];
        const { status, stderr } = traced(cwd, ...inject);
        expect({ call, error, status, is: which(textIn(cwd)), left: beside(cwd) }).toEqual({
          call,
          error,
          status: 2,
          is: "old",
          left: [],
        });
        expect(stderr).toMatch(/microvm-lens: \S*m\.nix: \S/);
      }
    }
  });

  test("wherever it is killed, and the next run puts it right", () => {
    const draft = draftOf(laid("first"));
    const seen: string[] = [];
    for (const call of ["openat", "write", "fchmod", "fsync", "close", "rename", "unlink"]) {
      const cwd = laid(`kill-${call}`);
      traced(cwd, "-o", "/dev/null", "-P", join(cwd, draft), "-e", `inject=${call}:signal=KILL`);
      seen.push(which(textIn(cwd)));
      // So that the next run knows that nobody is writing it any more.
      for (const name of beside(cwd)) utimesSync(join(cwd, name), 1, 1);
      const { status } = spawnSync(process.execPath, [cliBundle(), ...fix], { cwd });
      expect({ call, status, is: which(textIn(cwd)) }).toEqual({ call, status: 0, is: "new" });
    }
    expect(seen).toEqual(["old", "old", "old", "old", "old", "old", "new"]);
  });

  test("on a disk that is full, page by page", { timeout: 120_000 }, async () => {
    const space = await MountSpace.open();
    try {
      const disk = join(folder, "disk");
      mkdirSync(disk);
      const source = laid("source");
      writeFileSync(join(source, "m.nix"), `${old}#${"x".repeat(3 * 4096)}\n`);
      await space.must("mount", "-t", "tmpfs", "-o", "size=256k", "none", disk);
      await space.must("cp", "-r", `${source}/.`, disk);
      const ends = new Set<number | null>();
      for (let free = 0; free <= 6; free++) {
        await space.must("sh", "-c", 'rm -f "$0/filler"; cp "$1/m.nix" "$0/m.nix"', disk, source);
        await space.must(
          "sh",
          "-c",
          'n=$(stat -f -c %f "$0"); head -c $(( (n - $1) * 4096 )) /dev/zero > "$0/filler"; [ "$(stat -f -c %f "$0")" = "$1" ]',
          disk,
          String(free),
        );
        const ran = await space.run("sh", "-c", 'cd "$0" && exec "$@"', disk, process.execPath, cliBundle(), ...fix);
        const { stdout: out } = await space.run("cat", join(disk, "m.nix"));
        const { stdout: names } = await space.run("ls", "-A", disk);
        const whole = readFileSync(join(source, "m.nix"), "utf8");
        ends.add(ran.status);
        expect({ free, names }).toEqual({ free, names: "filler\nflake.nix\nm.nix\n" });
        if (ran.status === 0) expect(out).toBe(whole.slice(whole.indexOf("\n") + 1));
        else {
          expect(out).toBe(whole);
          expect(ran.stderr).toContain("m.nix: no space left on the device");
        }
      }
      expect([...ends].sort()).toEqual([0, 2]);
    } finally {
      await space.close();
    }
  });
});
