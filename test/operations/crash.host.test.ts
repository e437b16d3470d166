import { once } from "node:events";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { journalPath } from "../../server/src/operations/journal.ts";
import { planRecovery } from "../../server/src/operations/recover.ts";
import { needTools } from "../host/tools.ts";
import { guestFolder, hashInside, makeImage, soundExt, tool } from "./images.ts";
import { buildVictim, recoverAll, runVictim, seeded, startVictim } from "./kill.ts";

const ready = needTools("mkfs.ext4", "debugfs", "resize2fs", "e2fsck");
/** Kills at instants that are the same fractions in every run; kill.host.test.ts has the long run over all operations. */
const runs = 12;
const MiB = 1024 * 1024;

describe.skipIf(!ready)("a killed operation", () => {
  const victim = ready ? buildVictim() : "";

  test.each([
    ["grow", "32", /^data\.img(\.before-grow)?$/],
    ["move-aside", "", /^data\.img(\.aside)?$/],
    ["relabel", "fresh", /^data\.img(\.before-relabel)?$/],
  ])("%s: before every step, the next run undoes or finishes it", async (operation, argument, names) => {
    const { folder, path, hash } = imageInFolder();
    const kept = join(folder, operation === "move-aside" ? "data.img.aside" : `data.img.before-${operation}`);
    const outcomes: (string | null)[] = [];
    for (let step = 0, ended = false; !ended; step++) {
      ended = (await runVictim(victim, [operation, path, argument, String(step)])) === 0;
      const before = existsSync(path) ? path : kept;
      expect({ step, hash: hashInside(before), sound: soundExt(before) }).toEqual({ step, hash, sound: true });
      outcomes.push(await recoverAll(path));
      const left = readdirSync(folder);
      expect({ step, strange: left.filter((name) => !names.test(name)) }).toEqual({ step, strange: [] });
      const place = existsSync(path) ? path : kept;
      expect({ step, hash: hashInside(place), links: statSync(place).nlink }).toEqual({ step, hash, links: 1 });
      expect(await recoverAll(path)).toBeNull();
      startAgain(path, kept);
    }
    expect(outcomes.at(-1)).toBeNull();
    const told = new Set(outcomes.slice(0, -1));
    const both = ["operation.recover.undone", "operation.recover.finished"];
    expect([...told].sort()).toEqual(both.sort());
  });

  test(`grow: ${runs} times at random instants no byte is lost`, async () => {
    const { folder, path, hash } = imageInFolder();
    const first = startVictim(victim, ["grow", path, "32", "-1"]);
    await once(first.stdout as Readable, "data");
    const begun = performance.now();
    await once(first, "exit");
    const whole = performance.now() - begun;
    startAgain(path, `${path}.before-grow`);
    const random = seeded(7);
    for (let run = 0; run < runs; run++) {
      const child = startVictim(victim, ["grow", path, "32", "-1"]);
      const ended = new Promise((go) => child.once("exit", go));
      // It says how many steps there are, and begins.
      await Promise.race([once(child.stdout as Readable, "data"), ended]);
      await delay(whole * random());
      // Every other time the programs that it started live on.
      if (child.exitCode === null && child.signalCode === null)
        process.kill(run % 2 === 0 ? -(child.pid as number) : (child.pid as number), "SIGKILL");
      await ended;
      expect({ run, hash: hashInside(path), sound: soundExt(path) }).toEqual({ run, hash, sound: true });
      await recoverAll(path);
      expect({ run, hash: hashInside(path), sound: soundExt(path) }).toEqual({ run, hash, sound: true });
      expect([16 * MiB, 32 * MiB]).toContain(statSync(path).size);
      // Killed while it writes the journal, it leaves a draft, which the next run that ends takes along.
      const known = /^(data\.img(\.before-grow)?|\.data\.img\.microvm-lens\.json\.\d+)$/;
      expect(readdirSync(folder).filter((name) => !known.test(name))).toEqual([]);
      startAgain(path, `${path}.before-grow`);
    }
    expect(await runVictim(victim, ["grow", path, "32", "-1"])).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(["data.img", "data.img.before-grow"]);
  });

  test("a journal is only trusted as far as it names files of our own", async () => {
    const { folder, path } = imageInFolder();
    expect(await runVictim(victim, ["grow", path, "32", "2"])).toBeNull();
    const journal = JSON.parse(readFileSync(journalPath(path), "utf8"));
    writeFileSync(join(folder, "precious"), "1");
    const evil = { work: join(folder, "precious"), kept: "/etc/hostname", placed: "/etc/hostname", mountPoint: "/" };
    writeFileSync(journalPath(path), JSON.stringify({ ...journal, ...evil }));
    const left = planRecovery(path);
    expect(left).toMatchObject({ kind: "recovery", steps: [] });
    for (const text of ["", "{", "[]", "null", '{"version":2}', JSON.stringify({ ...journal, image: null })]) {
      writeFileSync(journalPath(path), text);
      expect({ text, left: planRecovery(path) }).toMatchObject({ text, left: { kind: "refusal" } });
    }
    expect(existsSync(join(folder, "precious"))).toBe(true);
  });
});

function imageInFolder() {
  const folder = guestFolder();
  const path = join(folder, "data.img");
  const hash = makeImage(path, "ext4", 16, ["-L", "web"]);
  template = join(folder, "..", "template.img");
  copyFileSync(path, template);
  return { folder, path, hash };
}

let template = "";

/** The image as it was, and no other name. */
function startAgain(path: string, kept: string): void {
  rmSync(kept, { force: true });
  rmSync(path, { force: true });
  tool("cp", "--sparse=always", template, path);
}
