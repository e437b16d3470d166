import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
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
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { draftName } from "../../server/src/files/write-file.ts";
import { cliBundle } from "../clients/bundle.ts";
import { needRoot, needTools } from "../host/tools.ts";
import { type WriteScene, writeScenes } from "./scenes.ts";

/*
 * Every command that writes, killed at, and refused by, each system call that it makes itself below the folder that it works
 * in. What programs that it starts write (cp, resize2fs) is broken off by test/operations. In CI a few calls of a few commands;
 * all of them: `npm run soak faults`.
 */

const ready = needTools("strace", "unshare", "mkfs.ext4", "debugfs", "e2fsck", "resize2fs") && needRoot();
const all = process.env["FAULTS"] === "all";
const only = new RegExp(process.env["SCENES"] ?? "");
/** Of these, in a short run, the first call of each command that is one. */
const telling = ["rename", "link", "unlink"];
const inShort = ["fix", "report, history", "grow --file-only", "prune"];

const calls =
  "openat,write,pwrite64,ftruncate,fsync,fdatasync,fchmod,fchown,close,link,rename,unlink,mkdir,rmdir,utimensat";
const errors = ["EIO", "ENOSPC", "EROFS"] as const;

/** One system call of a run: the `at`-th of its kind about this path, which is relative to the scene's folder. */
interface Call {
  readonly call: string;
  readonly path: string;
  readonly at: number;
}

interface Row {
  readonly scene: string;
  readonly fault: string;
  runs: number;
  old: number;
  between: number;
  fresh: number;
  readonly codes: Set<number | string>;
  readonly said: Set<string>;
}

/** In the long run only; else it is not there, so that nothing counts as skipped. */
function inLongRun(name: string, options: { readonly timeout: number }, run: () => unknown): void {
  if (all) test(name, options, async () => void (await run()));
}

describe.skipIf(!ready)("a command that writes, at each of its system calls", () => {
  let top = "";
  const rows: Row[] = [];
  beforeAll(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-faults-")));
  });
  afterAll(() => {
    rmSync(top, { recursive: true, force: true });
    if (all) process.stderr.write(`${table(rows)}\n`);
  });

  /** The same folder at each run: the paths that strace is given stay the same. */
  function laid(scene: WriteScene): string {
    const folder = join(top, "guest");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    scene.lay(folder);
    return folder;
  }

  /** In a namespace of its own its process always has the same number, which stands in the names of drafts. */
  function traced(scene: WriteScene, folder: string, strace: readonly string[]) {
    const words = ["strace", "-qq", ...strace, process.execPath, cliBundle(), ...scene.words(folder)];
    const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1", XDG_STATE_HOME: join(top, "home"), LANG: "C" };
    return spawnSync("unshare", ["--pid", "--fork", "--mount-proc", ...words], { cwd: folder, encoding: "utf8", env });
  }

  function plain(scene: WriteScene, folder: string, words = scene.words(folder)) {
    const env = { ...process.env, XDG_STATE_HOME: join(top, "home"), LANG: "C" };
    return spawnSync(process.execPath, [cliBundle(), ...words], { cwd: folder, encoding: "utf8", env });
  }

  function callsOf(scene: WriteScene): readonly Call[] {
    const folder = laid(scene);
    const log = join(top, "log");
    const { status, stderr } = traced(scene, folder, ["-y", "-o", log, "-e", `trace=${calls}`]);
    expect({ scene: scene.name, status, stderr, is: scene.is(folder) }).toMatchObject({ status: 0, is: "new" });
    const counts = new Map<string, number>();
    return readFileSync(log, "utf8")
      .split("\n")
      .flatMap((line) => {
        const call = /^(\w+)\(/.exec(line)?.[1];
        const path = new RegExp(`[<"]${folder}/([^>"]+)[>"]`).exec(line)?.[1];
        if (call === undefined || path === undefined || line.includes("ENOENT")) return [];
        // What is only opened to be read, and its closing, changes nothing; the rest of what is opened counts.
        if (call === "openat" && !/O_(CREAT|WRONLY|RDWR)/.test(line)) return [];
        if (call === "close" && !basename(path).startsWith(".")) return [];
        const key = `${call} ${path}`;
        const at = (counts.get(key) ?? 0) + 1;
        counts.set(key, at);
        return [{ call, path, at }];
      });
  }

  function note(scene: WriteScene, fault: string, code: number | null, is: ReturnType<WriteScene["is"]>, said: string) {
    let row = rows.find((each) => each.scene === scene.name && each.fault === fault);
    if (row === undefined) {
      row = { scene: scene.name, fault, runs: 0, old: 0, between: 0, fresh: 0, codes: new Set(), said: new Set() };
      rows.push(row);
    }
    row.runs++;
    if (is === "old") row.old++;
    if (is === "between") row.between++;
    if (is === "new") row.fresh++;
    row.codes.add(code ?? "killed");
    const words = /^microvm-lens: (.*)/m.exec(said)?.[1] ?? "";
    if (words !== "") row.said.add(words.replaceAll(top, "").replace(/\/?guest\//g, ""));
  }

  /** Puts in order what is left, and runs the command again: then everything is as it is wanted. */
  function again(scene: WriteScene, folder: string, fault: object): void {
    // So that the next run knows that nobody writes drafts any more.
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (draftName.test(basename(name))) utimesSync(join(folder, name), 1, 1);
    }
    if (scene.is(folder) !== "new" || readdirSync(folder).some((name) => name.endsWith(".microvm-lens.json"))) {
      if (scene.words(folder)[0] === "image") {
        const { status, stderr } = plain(scene, folder, ["image", "complete", "data.img", "--yes"]);
        expect({ fault, complete: status, stderr }).toMatchObject({ complete: 0 });
        expect(scene.is(folder)).toMatch(/^(old|new)$/);
      }
      if (scene.is(folder) !== "new") {
        const { status, stderr } = plain(scene, folder);
        expect({ fault, again: status, stderr }).toMatchObject({ again: 0 });
      }
    }
    // A draft that could not be taken away goes with the next one, when it is old enough.
    const names = readdirSync(folder).filter((name) => !scene.names.includes(name) && !draftName.test(name));
    expect({ fault, is: scene.is(folder), names }).toEqual({ fault, is: "new", names: [] });
  }

  for (const scene of writeScenes.filter(({ name }) => (all ? only.test(name) : inShort.includes(name)))) {
    test(`${scene.name}: old or new, never half`, { timeout: all ? 3_600_000 : 120_000 }, () => {
      const found = callsOf(scene);
      expect(found.length).toBeGreaterThan(3);
      const here = all ? found : found.filter(({ call }) => telling.includes(call)).slice(0, 1);
      for (const [index, { call, path, at }] of here.entries()) {
        for (const fault of ["signal=KILL", `error=${errors[index % errors.length]}`]) {
          const folder = laid(scene);
          const inject = ["-o", "/dev/null", "-P", join(folder, path), "-e", `inject=${call}:${fault}:when=${at}`];
          const { status, stderr } = traced(scene, folder, inject);
          const is = scene.is(folder);
          const what = { call, path, at, fault, status, stderr };
          expect({ ...what, is }).toEqual({ ...what, is: expect.stringMatching(/^(old|between|new)$/) });
          if (fault.startsWith("error")) {
            // It failed and said so, or what failed does not matter to what was wanted.
            expect({ ...what, is, ok: status === 0 ? is === "new" : status === 2 || status === 1 }).toMatchObject({
              ok: true,
            });
            if (status !== 0) expect(what).toMatchObject({ stderr: expect.stringMatching(/microvm-lens: \S/) });
          }
          note(scene, fault.replace("signal=", ""), status, is, stderr);
          again(scene, folder, what);
        }
      }
    });
  }

  inLongRun("two at once: one does it, the other says why not, or finds it done", { timeout: 600_000 }, async () => {
    for (const scene of writeScenes.filter(({ name }) => only.test(name))) {
      const folder = laid(scene);
      const env = { ...process.env, XDG_STATE_HOME: join(top, "home"), LANG: "C" };
      const runs = [1, 2].map(async () => {
        const child = spawn(process.execPath, [cliBundle(), ...scene.words(folder)], { cwd: folder, env });
        let said = "";
        child.stderr.on("data", (data: Buffer) => {
          said += data.toString();
        });
        child.stdout.resume();
        const [code] = await once(child, "close");
        return { code: code as number | null, said };
      });
      const both = await Promise.all(runs);
      expect({ scene: scene.name, both, is: scene.is(folder) }).toMatchObject({ is: "new" });
      for (const { code, said } of both) note(scene, "two at once", code, scene.is(folder), said);
      expect(both.map(({ code }) => code)).toContain(0);
      again(scene, folder, { scene: scene.name, both });
    }
  });

  inLongRun(
    "the folder is replaced meanwhile: what is there by then is not touched",
    { timeout: 600_000 },
    async () => {
      for (const scene of writeScenes.filter(({ name }) => only.test(name))) {
        const first = callsOf(scene).find(({ call }) => ["rename", "link", "unlink", "ftruncate"].includes(call));
        if (first === undefined) continue;
        const folder = laid(scene);
        // Right before the call, as strace holds it for a second, the folder is moved away and another one takes its name.
        const other = join(top, "other");
        rmSync(other, { recursive: true, force: true });
        mkdirSync(other);
        scene.lay(other);
        const script = `sleep 0.1; while ! grep -q '${first.call}' "$0" 2>/dev/null; do sleep 0.05; done; mv "$1" "$1.away" && mv "$2" "$1"`;
        const log = join(top, "log");
        rmSync(log, { force: true });
        const swap = spawn("sh", ["-c", script, log, folder, other], { stdio: "ignore" });
        const inject = [
          "-o",
          log,
          "-P",
          join(folder, first.path),
          "-e",
          `inject=${first.call}:delay_enter=1000000:when=${first.at}`,
        ];
        const { status, stderr } = traced(scene, folder, inject);
        if (swap.exitCode === null) await once(swap, "exit");
        const away = `${folder}.away`;
        note(scene, "folder replaced", status, scene.is(folder), stderr);
        for (const at of [folder, away])
          expect({ scene: scene.name, at, status, stderr, is: scene.is(at) }).not.toHaveProperty("is.half");
        rmSync(away, { recursive: true, force: true });
      }
    },
  );

  inLongRun("the clock jumps a year, there and back, between any two looks at it", { timeout: 600_000 }, () => {
    const clock = join(top, "clock.cjs");
    writeFileSync(
      clock,
      `const real = Date.now, year = 31557600000; let looks = 0;
       const jump = () => [0, year, -year][looks++ % 3];
       Date.now = () => real() + jump();
       const D = Date; globalThis.Date = class extends D { constructor(...a) { super(...(a.length ? a : [D.now()])); } };`,
    );
    for (const scene of writeScenes.filter(({ name }) => only.test(name))) {
      const folder = laid(scene);
      const env = { ...process.env, NODE_OPTIONS: `--require ${clock}`, XDG_STATE_HOME: join(top, "home"), LANG: "C" };
      const { status, stderr } = spawnSync(process.execPath, [cliBundle(), ...scene.words(folder)], {
        cwd: folder,
        encoding: "utf8",
        env,
      });
      const is = scene.is(folder);
      expect({ scene: scene.name, status, stderr, is }).not.toHaveProperty("is.half");
      note(scene, "clock jumps", status, is, stderr);
      again(scene, folder, { scene: scene.name, stderr });
    }
  });
});

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ scene, fault, runs, old, between, fresh, codes, said }) =>
    [scene, fault, runs, old, between, fresh, [...codes].join(", "), [...said].slice(0, 2).join("; ")].join(" | "),
  );
  return [
    "| command | fault | runs | old | between | new | exit codes | what is said",
    "|---".repeat(8),
    ...lines.map((line) => `| ${line}`),
  ]
    .map((line) => `${line} |`)
    .join("\n");
}
