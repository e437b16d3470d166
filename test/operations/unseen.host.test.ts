import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { render } from "../../server/src/base/text.ts";
import { journalPath } from "../../server/src/operations/journal.ts";
import { planDeleteOld } from "../../server/src/operations/plans/delete-old.ts";
import { planRecovery } from "../../server/src/operations/recover.ts";
import { runPlan } from "../../server/src/operations/run.ts";
import { cliBundle } from "../clients/bundle.ts";
import { declared, guest, volume } from "../declared/file.ts";
import { needRoot, needTools } from "../host/tools.ts";
import { guestFolder, makeImage, targetAt } from "./images.ts";

const ready = needTools("mkfs.ext4", "debugfs", "unshare", "setpriv", "mount") && needRoot();

/** Places from which not everybody is seen who may hold a file: what puts a program there, and what is said there. */
const places: readonly [string, readonly string[], RegExp][] = [
  ["a container", ["unshare", "--pid", "--fork", "--mount-proc"], /outside of this container/],
  [
    "root of a unit that may not look at others, where /proc hides them",
    [
      "unshare",
      "--mount",
      "sh",
      "-ec",
      'mount -t proc -o hidepid=2 proc /proc; exec setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace "$@"',
      "sh",
    ],
    /hidden by the mount of \/proc/,
  ],
  [
    "where there is no /proc",
    ["unshare", "--mount", "sh", "-ec", 'umount -l /proc; exec "$@"', "sh"],
    /cannot be seen/,
  ],
  ["an ordinary user", ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], /only root sees/],
];

describe.skipIf(!ready)("where it cannot be seen who holds a file", () => {
  /** A state directory of an ordinary user: an image, what it was before it was grown, and one that nobody uses. */
  function scene() {
    const folder = guestFolder();
    const stateDir = dirname(folder);
    const image = join(folder, "data.img");
    const [old, orphan] = [`${image}.before-grow`, join(folder, "orphan.img")];
    makeImage(old, "ext4", 8);
    makeImage(image, "ext4", 16);
    makeImage(orphan, "ext4", 8);
    const file = join(stateDir, "declared.json");
    writeFileSync(file, declared(stateDir, [guest("guest", [volume({ image })])]));
    for (const path of [image, old, orphan, file]) {
      utimesSync(path, 1e9, 1e9);
      chownSync(path, 65_534, 65_534);
    }
    for (const path of [folder, stateDir]) {
      chownSync(path, 65_534, 65_534);
      chmodSync(path, 0o755);
    }
    return { folder, old, orphan, prune: ["prune", "--declared", file, "--keep-days", "0", "--unused-days", "0"] };
  }

  function cli(place: readonly string[], words: readonly string[]) {
    const [program = "", ...more] = [...place, process.execPath, cliBundle(), ...words];
    return spawnSync(program, more, { encoding: "utf8", env: { ...process.env, LANG: "C", HOME: "/nonexistent" } });
  }

  test.each(places)("nothing is deleted: %s", (_, place, why) => {
    const { folder, old, orphan, prune } = scene();
    const names = readdirSync(folder);
    for (const words of [
      ["image", "delete-old", old, "--yes"],
      [...prune, "--yes"],
    ]) {
      const { status, stderr } = cli(place, words);
      expect({ words, status, stderr }).toMatchObject({ status: 2, stderr: expect.stringMatching(why) });
      expect(stderr).toContain("--unseen");
      expect(readdirSync(folder)).toEqual(names);
    }
    expect(cli(place, [...prune, "--yes", "--unseen"]).status).toBe(0);
    expect([existsSync(old), existsSync(orphan)]).toEqual([false, false]);
  });

  test("an operation that keeps the old image tells it in its plan", () => {
    const { folder } = scene();
    const { status, stdout } = cli(places[0]?.[1] ?? [], ["image", "grow", join(folder, "data.img"), "--size", "32M"]);
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("its guest does not run; but processes outside of this container"),
    });
  });

  test("an operation that runs in a container is not taken for an interrupted one", async () => {
    const { folder } = scene();
    const path = join(folder, "data.img");
    const { image } = await targetAt(path);
    const holder = spawn("unshare", ["--pid", "--fork", "--mount-proc", "sleep", "60"], { stdio: "ignore" });
    const inside = await waitFor(() => /^\d+/.exec(read(`/proc/${holder.pid}/task/${holder.pid}/children`))?.[0]);
    await waitFor(() => (read(`/proc/${inside}/comm`) === "sleep\n" ? inside : undefined));
    const journal = {
      version: 1,
      operation: "grow",
      image: {
        path,
        device: image.device,
        inode: image.inode,
        bytes: image.apparentBytes,
        modifiedMs: image.modifiedMs,
      },
      work: `${path}.microvm-lens-new`,
      kept: null,
      placed: null,
      mountPoint: null,
      process: {
        pid: 1,
        started: read(`/proc/${inside}/stat`).split(") ")[1]?.split(" ")[19],
        boot: read("/proc/sys/kernel/random/boot_id").trim(),
        namespace: readlinkSync(`/proc/${inside}/ns/pid`),
      },
    };
    writeFileSync(journalPath(path), JSON.stringify(journal));
    expect(planRecovery(path)).toMatchObject({ kind: "refusal", reason: { id: "operation.recover.alive" } });
    const { status, stderr } = cli(places[0]?.[1] ?? [], ["image", "complete", path, "--yes"]);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("in another container") });
    process.kill(Number(inside), "SIGKILL");
    await once(holder, "exit");
    expect(planRecovery(path)).toMatchObject({ kind: "recovery" });
  });

  test("an old image that was written to after its successor was made stays", async () => {
    const { old } = scene();
    const [target, image] = [await targetAt(old), await targetAt(old.replace(".before-grow", ""))];
    const plan = planDeleteOld(target, image);
    if (plan.kind !== "plan") throw new Error(render(plan.reason));
    const later = statSync(image.path).birthtimeMs / 1000 + 60;
    utimesSync(old, later, later);
    const again = await targetAt(old);
    const why = await runPlan(plan, again, { step: () => {} });
    expect(why && render(why)).toContain("written to after");
    expect(existsSync(old)).toBe(true);
  });
});

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

async function waitFor<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const seen = look();
    if (seen !== undefined) return seen;
    await delay(20);
  }
}
