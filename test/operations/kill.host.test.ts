import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { journalPath } from "../../server/src/operations/journal.ts";
import { needLoopDevices, needTools } from "../host/tools.ts";
import { guestFolder } from "./images.ts";
import { buildVictim, recoverAll, runVictim, seeded, startVictim, strange, withArgument } from "./kill.ts";
import { type Prepared, scenes } from "./scenes.ts";

const ready = needTools("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "debugfs", "e2fsck", "qemu-img", "xfs_db");
const loops = ready && needLoopDevices();

/**
 * How many kills in the middle of an operation there have to be, over all scenes; none: only those right before each
 * step. The long run: `KILLS=600 npx vitest run --project host test/operations/kill.host.test.ts`.
 */
const wanted = Number(process.env["KILLS"] ?? 0);
const each = Math.ceil(wanted / scenes.length);
const seed = Number(process.env["SEED"] ?? 1);
const minute = 60_000;

describe.skipIf(!ready)("every operation, killed", () => {
  const victim = ready ? buildVictim() : "";
  const kills = { attempts: 0, effective: 0, undone: 0, finished: 0, inPlace: 0 };

  afterAll(() => void (wanted > 0 && process.stderr.write(`kills: ${JSON.stringify({ seed, ...kills })}\n`)));

  const here = scenes.filter(({ mounts, slow }) => (loops || !mounts) && (wanted > 0 || !slow));
  for (const scene of here) {
    test(`${scene.name}: right before each step`, { timeout: 3 * minute }, async () => {
      const folder = guestFolder();
      const prepared = scene.prepare(folder);
      for (let step = 0, ended = false; !ended; step++) {
        ended = (await runVictim(victim, [...withArgument(prepared.words), String(step)])) === 0;
        expect({ step, lost: prepared.lost(false) }).toEqual({ step, lost: [] });
        expect({ step, outcome: (await recoverAll(prepared.image)) !== null }).toEqual({ step, outcome: !ended });
        expect({ step, lost: prepared.lost(true) }).toEqual({ step, lost: [] });
        expect({ step, strange: strange(prepared, folder) }).toEqual({ step, strange: [] });
        prepared.again();
      }
    });

    // Random instants are for the long run: right before each step is where it matters.
    if (each === 0) continue;
    test(`${scene.name}: ${each} times at random instants`, { timeout: 15 * minute }, async () => {
      const folder = guestFolder();
      const prepared = scene.prepare(folder);
      const random = seeded(seed + scenes.indexOf(scene));
      let whole = await lengthOf(prepared);
      for (let effective = 0, run = 0; effective < each && run < 6 * each; run++) {
        prepared.again();
        // What writes into the image itself would still be writing while we look at it.
        const withChildren = run % 2 === 0 || ["grow-mounted", "relabel"].includes(prepared.words[0] ?? "");
        const { signal, begun } = await killedAt(prepared, whole * random(), withChildren);
        kills.attempts++;
        if (signal === null) whole *= 0.95;
        const journal = existsSync(journalPath(prepared.image));
        if (signal === "SIGKILL" && begun && journal) {
          effective++;
          kills.effective++;
        }
        expect({ run, lost: prepared.lost(false) }).toEqual({ run, lost: [] });
        const outcome = await recoverAll(prepared.image);
        if (outcome?.endsWith("undone")) kills.undone++;
        else if (outcome?.endsWith("inPlace")) kills.inPlace++;
        else if (outcome !== null) kills.finished++;
        expect({ run, lost: prepared.lost(true) }).toEqual({ run, lost: [] });
        expect({ run, strange: strange(prepared, folder) }).toEqual({ run, strange: [] });
      }
      prepared.again();
      expect(await runVictim(victim, [...withArgument(prepared.words), "-1"])).toBe(0);
      expect(prepared.lost(true)).toEqual([]);
    });
  }

  /** Milliseconds from the first word of the operation to its end. */
  async function lengthOf({ words }: Prepared): Promise<number> {
    const child = startVictim(victim, [...withArgument(words), "-1"]);
    await once(child.stdout as Readable, "data");
    const begun = performance.now();
    await once(child, "exit");
    return performance.now() - begun;
  }

  /** Every other time the programs that it started live on. */
  async function killedAt({ words }: Prepared, afterMs: number, withChildren: boolean) {
    const child = startVictim(victim, [...withArgument(words), "-1"]);
    let begun = false;
    const said = once(child.stdout as Readable, "data").then(() => {
      begun = true;
    });
    const ended = new Promise((go) => child.once("exit", go));
    await Promise.race([said, ended]);
    await delay(afterMs);
    const pid = child.pid as number;
    if (child.exitCode === null && child.signalCode === null) process.kill(withChildren ? -pid : pid, "SIGKILL");
    await ended;
    return { signal: child.signalCode, begun };
  }
});
