import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { journalPath } from "../../server/src/operations/journal.ts";
import { planConvert } from "../../server/src/operations/plans/convert.ts";
import { planGrow } from "../../server/src/operations/plans/grow.ts";
import { planRelabel } from "../../server/src/operations/plans/relabel.ts";
import { planRestore } from "../../server/src/operations/plans/restore.ts";
import { planRecovery } from "../../server/src/operations/recover.ts";
import { runPlan } from "../../server/src/operations/run.ts";
import { isInstalled, needRoot, needTools } from "../host/tools.ts";
import { asPlan, guestFolder, makeImage, succeeds, targetAt, tool } from "./images.ts";
import { buildProgram } from "./kill.ts";

const ready = needTools("mkfs.ext4", "debugfs", "e2fsck", "resize2fs", "qemu-img", "setpriv") && needRoot();
const MiB = 1024 * 1024;
const quiet = { step: () => {} };
const [user, group] = [12_345, 23_456];

describe.skipIf(!ready)("who may read and write an image", () => {
  const operations = {
    grow: async (path: string) => planGrow(await targetAt(path), 32 * MiB),
    relabel: async (path: string) => planRelabel(await targetAt(path), "FRESH"),
    convert: async (path: string) => planConvert(await targetAt(path)),
    restore: async (path: string) => planRestore(await targetAt(path), await targetAt(`${path}.backup`)),
  };

  test.each(Object.entries(operations))("is the same after %s", async (name, planFor) => {
    const path = imageOf(name === "convert");
    // The backup belongs to whoever made it.
    if (name === "restore") tool("cp", "--sparse=always", path, `${path}.backup`);
    // Not every filesystem and not every machine has them.
    const lists =
      ["setfacl", "getfacl", "setfattr", "getfattr"].every(isInstalled) &&
      succeeds("setfacl", "-m", "u:54321:rw", path) &&
      succeeds("setfattr", "-n", "user.note", "-v", "kept", path);
    const before = rights(path, lists);
    const target = await targetAt(path);
    expect(await runPlan(asPlan(await planFor(path)), target, quiet)).toBeNull();
    expect(statSync(path).ino).not.toBe(target.image.inode);
    expect(rights(path, lists)).toEqual(before);
  });

  test("is not changed by a user who cannot: nothing is begun", () => {
    const victim = buildProgram("victim.ts");
    tool("chmod", "-R", "a+rX", dirname(victim));
    for (const [words, why] of [
      [["grow", "32"], "operation.run.otherOwner"],
      [["relabel", "FRESH"], "operation.run.otherOwner"],
      [["move-aside", ""], "operation.run.journal"],
    ] as const) {
      const path = imageOf(false);
      const folder = dirname(path);
      tool("chmod", "a+rx", dirname(folder), folder);
      chmodSync(path, 0o644);
      // A folder where anybody may write, as one of a group is; or nobody else.
      if (why !== "operation.run.journal") chmodSync(folder, 0o777);
      const { ino } = statSync(path);
      const command = [process.execPath, victim, words[0], path, words[1], "-1"];
      const who = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];
      const { status, stderr } = spawnSync("setpriv", [...who, ...command], { encoding: "utf8" });
      expect({ words, status, stderr }).toMatchObject({ words, status: 1, stderr: expect.stringContaining(why) });
      expect(tool("ls", "-A", folder)).toBe("data.img\n");
      expect(statSync(path).ino).toBe(ino);
    }
  });
});

describe.skipIf(!ready)("a journal", () => {
  test("of root's operation is said to be one, and a name without room for a journal has none", () => {
    const cli = buildProgram("../../server/src/cli/program.ts");
    tool("chmod", "-R", "a+rX", dirname(cli));
    const path = imageOf(false);
    const folder = dirname(path);
    chmodSync(path, 0o644);
    tool("chmod", "a+rx", dirname(folder), folder);
    writeFileSync(journalPath(path), "{}", { mode: 0o600 });
    const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--", process.execPath, cli];
    const words = ["image", "grow", path, "--size", "32M"];
    const { status, stderr } = spawnSync("setpriv", [...asNobody, ...words], { encoding: "utf8" });
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("as root") });
    expect(planRecovery(join(folder, "x".repeat(250)))).toBeNull();
  });
});

/** An image of a user, which nobody else may read. */
function imageOf(packed: boolean): string {
  const folder = guestFolder();
  const path = join(folder, "data.img");
  makeImage(path, "ext4", 16);
  if (packed) {
    tool("qemu-img", "convert", "-f", "raw", "-O", "qcow2", path, `${path}.q`);
    tool("mv", `${path}.q`, path);
  }
  chownSync(path, user, group);
  chmodSync(path, 0o640);
  return path;
}

function rights(path: string, lists: boolean): object {
  const { uid, gid, mode } = statSync(path);
  const more = lists ? [tool("getfacl", "-p", "-n", path), tool("getfattr", "-d", "--absolute-names", path)] : [];
  return { uid, gid, mode, more };
}
