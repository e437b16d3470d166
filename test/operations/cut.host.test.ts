import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { journalPath } from "../../server/src/operations/journal.ts";
import { lookAtPlace } from "../../server/src/operations/look/look.ts";
import { planGrow } from "../../server/src/operations/plans/grow.ts";
import { planBackUp, planMoveAside } from "../../server/src/operations/plans/move.ts";
import { completeScript, operationScript } from "../../server/src/operations/remote/remote-script.ts";
import { needLoopDevices, needTools } from "../host/tools.ts";
import {
  apply,
  type DiskEvent,
  detach,
  emptyStore,
  eventsAt,
  type HostFilesystem,
  mountDisk,
  recordDisk,
} from "./cut/disk.ts";
import { asPlan, succeeds, targetAt, tool } from "./images.ts";
import { buildProgram, recoverAll, runVictim, seeded, strange, withArgument } from "./kill.ts";
import { type Prepared, scenes } from "./scenes.ts";

/**
 * Power cuts over all operations and host filesystems. Every write and flush of the disk is recorded (cut/recorder.ts);
 * afterwards the power fails at any instant: what was flushed is there, of the rest each sector or not. The long run:
 * `CUTS=20 unshare -m npx vitest run --project host test/operations/cut.host.test.ts`, so many for each scene and
 * filesystem; unshare(1) keeps the mounts to ourselves.
 */
const wanted = Number(process.env["CUTS"] ?? 0);
const seed = Number(process.env["SEED"] ?? 1);
const only = new RegExp(process.env["SCENES"] ?? "");
const minute = 60_000;

const ready =
  wanted > 0 &&
  existsSync("/dev/fuse") &&
  needTools("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "debugfs", "e2fsck", "qemu-img", "xfs_db") &&
  needLoopDevices();

/** Operations that are done over ssh, too: their script is cut as well. */
const scripted = ["grow ext4", "grow xfs", "backup ext4", "move-aside ext2"];

test("what was flushed stays; of what was written since then each sector does or does not", () => {
  const write = (offset: number, bytes: number): DiskEvent => ({ offset, data: Buffer.alloc(bytes, offset) });
  const events = [write(0, 512), { offset: 0, data: null }, write(4096, 1024), write(8192, 512)];
  const offsets = (later: readonly DiskEvent[]) => later.map(({ offset, data }) => [offset, data?.length]);
  expect(eventsAt(events, 1, () => false)).toEqual({ durable: 0, later: [] });
  expect(eventsAt(events, 4, () => false)).toEqual({ durable: 2, later: [] });
  const whole = eventsAt(events, 4, () => true, 512);
  expect([whole.durable, offsets(whole.later)]).toEqual([
    2,
    [
      [4096, 512],
      [4608, 512],
      [8192, 512],
    ],
  ]);
  let asked = 0;
  expect(offsets(eventsAt(events, 4, () => asked++ !== 0, 512).later)).toEqual([
    [4608, 512],
    [8192, 512],
  ]);
  expect(offsets(eventsAt(events, 3, () => true).later)).toEqual([[4096, 1024]]);
});

// Only where it was asked for: the suite has power.host.test.ts.
if (ready)
  describe("every operation, when the power fails", () => {
    const victim = buildProgram("victim.ts");
    const recorder = buildProgram("cut/recorder.ts");
    const told = { cuts: 0, twice: 0, nothing: 0, undone: 0, finished: 0, inPlace: 0 };
    afterAll(() => void process.stderr.write(`power cuts: ${JSON.stringify({ seed, ...told })}\n`));

    for (const fs of ["ext4", "xfs", "btrfs"] as const) {
      for (const [index, scene] of scenes.entries()) {
        for (const way of scripted.includes(scene.name) ? (["here", "script"] as const) : (["here"] as const)) {
          const name = `${scene.name} on ${fs}${way === "script" ? ", by the script" : ""}`;
          if (!only.test(name)) continue;
          test(name, { timeout: 10 * minute }, async () => {
            await cutAll(fs, seeded(seed + index), scene.prepare, way);
          });
        }
      }
    }

    async function cutAll(
      fs: HostFilesystem,
      random: () => number,
      prepare: (folder: string) => Prepared,
      way: "here" | "script",
    ): Promise<void> {
      const work = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-cut-")));
      onTestFinished(() => cleanUp(work));
      const [store, base, mount] = [emptyStore(work), join(work, "base"), join(work, "mnt")];
      const disk = await recordDisk(recorder, store, mount, fs);
      const folder = join(mount, "guest");
      mkdirSync(folder);
      const prepared = prepare(folder);
      disk.begin(base);
      // Every other time everything is written early, as on a busy machine.
      const gate = join(work, "busy");
      if (random() < 0.5) writeFileSync(gate, "");
      const busy = spawn("sh", ["-c", 'while [ -e "$0" ]; do sync -f "$1"; done', gate, mount], { stdio: "ignore" });
      const idle = once(busy, "exit");
      const code =
        way === "here" ? await runVictim(victim, [...withArgument(prepared.words), "-1"]) : await runScript(prepared);
      const events = disk.events();
      rmSync(gate, { force: true });
      await idle;
      const after = contents(folder);
      await disk.stop();
      expect({ code, flushes: events.some(({ data }) => data === null) }).toEqual({ code: 0, flushes: true });

      const cuts = cutsOf(events, random);
      let written = 0;
      for (const [n, cut] of cuts.entries()) {
        // btrfs takes it that 4 KiB, of its superblock for instance, are written as a whole.
        const piece = n % 4 === 3 && fs !== "btrfs" ? 512 : 4096;
        const ended = n === cuts.length - 1;
        const share = n % 3 === 1 ? 1 : 0.5;
        const { durable, later } = eventsAt(events, cut, () => random() < (ended ? 0 : share), piece);
        apply(base, events.slice(written, durable));
        written = durable;
        const state = join(work, "state");
        tool("cp", "--sparse=always", base, state);
        apply(state, later);
        const at = { cut, of: events.length, share: ended ? 0 : share, piece };
        told.cuts++;
        if (n % 5 === 4 && !ended) {
          await cutTwice(state, at);
          continue;
        }
        await looked(state, async () => {
          if (ended) expect({ at, contents: contents(folder) }).toEqual({ at, contents: after });
          await inOrder(prepared, folder, at, way);
        });
      }

      /** The power fails once more while what was left is put in order. */
      async function cutTwice(state: string, at: object): Promise<void> {
        const again = await recordDisk(recorder, state, mount, null);
        const second = join(work, "second");
        again.begin(second);
        await inOrder(prepared, folder, at, way);
        const events = again.events();
        await again.stop();
        for (const share of [0, 0.5]) {
          const { durable, later } = eventsAt(
            events,
            Math.floor(random() * (events.length + 1)),
            () => random() < share,
          );
          tool("cp", "--sparse=always", second, state);
          apply(state, [...events.slice(0, durable), ...later]);
          told.twice++;
          await looked(state, () => inOrder(prepared, folder, { at, twice: share }, way));
        }
      }

      async function looked(state: string, look: () => Promise<void>): Promise<void> {
        const device = tool("losetup", "--find", "--show", state).trim();
        try {
          mountDisk(device, mount);
          try {
            await look();
          } finally {
            tool("umount", mount);
          }
        } finally {
          await detach(device, state);
        }
      }
    }

    async function inOrder(prepared: Prepared, folder: string, at: object, way: "here" | "script"): Promise<void> {
      startAnew(prepared.image);
      expect({ at, lost: prepared.lost(false) }).toEqual({ at, lost: [] });
      const outcome = way === "here" ? await recoverAll(prepared.image) : completed(prepared.image);
      if (outcome === null) told.nothing++;
      else if (outcome.endsWith("undone")) told.undone++;
      else if (outcome.endsWith("inPlace")) told.inPlace++;
      else told.finished++;
      expect({ at, outcome, lost: prepared.lost(true) }).toEqual({ at, outcome, lost: [] });
      expect({ at, outcome, strange: strange(prepared, folder) }).toEqual({ at, outcome, strange: [] });
    }
  });

/** Instants for a cut, in order: as many before each flush as before any other, and the end. */
function cutsOf(events: readonly DiskEvent[], random: () => number): number[] {
  const flushes = events.flatMap(({ data }, index) => (data === null ? [index] : []));
  const spans = [...flushes, events.length].map(
    (end, index, ends) => [index === 0 ? 0 : (ends[index - 1] as number) + 1, end] as const,
  );
  const full = spans.filter(([from, to]) => to > from);
  const cuts = Array.from({ length: wanted - 1 }, (_, n) => {
    const [from, to] = full[n % full.length] ?? [0, 0];
    return n % 2 === 0 ? to : from + Math.ceil(random() * (to - from));
  });
  return [...cuts.sort((a, b) => a - b), events.length];
}

/** Takes a folder away, with what is still mounted in it when a test failed. */
function cleanUp(work: string): void {
  const disks = () => readdirSync(work).filter((name) => name.endsWith(".disk"));
  for (const point of [join(work, "mnt"), ...disks().map((name) => join(work, name))]) {
    succeeds("umount", point);
    for (const line of tool("losetup", "--noheadings", "--output", "NAME,BACK-FILE").split("\n")) {
      if (line.includes(`${work}/`)) succeeds("losetup", "-d", line.split(" ")[0] as string);
    }
  }
  rmSync(work, { recursive: true, force: true });
}

/** Another start of the machine, by what the journal says of the one in which it was written. */
function startAnew(image: string): void {
  const journal = journalPath(image);
  if (!existsSync(journal)) return;
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  writeFileSync(journal, readFileSync(journal, "utf8").replace(boot, "0-before"));
}

async function runScript({ image, words: [operation, , argument = ""] }: Prepared): Promise<number> {
  const target = await targetAt(image);
  const outcome =
    operation === "grow"
      ? planGrow(target, Number(argument) * 1024 * 1024)
      : operation === "backup"
        ? planBackUp(target, lookAtPlace(argument))
        : planMoveAside(target);
  const script = operationScript({ plan: asPlan(outcome), target, guests: [], host: "h", locale: "en" });
  const child = spawn("sh", ["-c", script], { stdio: "ignore" });
  const [code] = await once(child, "exit");
  return code as number;
}

function completed(image: string): string | null {
  const had = existsSync(journalPath(image));
  const { status, stdout, stderr } = spawnSync("sh", ["-c", completeScript(image, "h", true, "en")], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return !had ? null : stdout.includes("is undone") ? "undone" : "finished";
}

/** Names and sizes of what lies in a folder. */
function contents(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => `${name} ${statSync(join(folder, name)).size}`)
    .sort();
}
