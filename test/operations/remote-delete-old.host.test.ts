import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { journalPath } from "../../server/src/operations/journal.ts";
import { planDeleteOld } from "../../server/src/operations/plans/delete-old.ts";
import { completeScript, operationScript } from "../../server/src/operations/remote/remote-script.ts";
import { needRoot, needTools } from "../host/tools.ts";
import { asPlan, guestFolder, hashInside, makeImage, targetAt, tool } from "./images.ts";
import { broken, scriptOf } from "./scripts.ts";

const ready = needTools("mkfs.ext4", "debugfs", "tune2fs", "unshare", "dash") && needRoot();
const shells = ["sh", "dash", "bash"] as const;

describe.skipIf(!ready)("the script that deletes an old image on another host", () => {
  test("killed before each step, the old image is there or gone, and the new one is never touched", async () => {
    const folder = guestFolder();
    const image = join(folder, "data.img");
    const hash = makeImage(image, "ext4", 16);
    const template = join(folder, "..", "template.img");
    tool("cp", "--sparse=always", image, template);
    const old = `${image}.before-grow`;
    const planned = async () => {
      const target = await targetAt(old);
      return { target, plan: asPlan(planDeleteOld(target, await targetAt(image))) };
    };
    for (const step of [1, 2]) {
      for (const signal of ["KILL", "INT"]) {
        tool("cp", "--sparse=always", template, old);
        utimesSync(old, new Date(0), new Date(0));
        const { plan, target } = await planned();
        expect(plan.steps).toHaveLength(2);
        broken(plan, target, step, signal, shells[step]);
        if (signal === "KILL") {
          const done = spawnSync("sh", ["-c", completeScript(old, "h", true, "en")], { encoding: "utf8" });
          const says = expect.stringContaining(step === 1 ? "undone" : "finished");
          expect({ step, ...done }).toMatchObject({ step, status: 0, stdout: says });
        }
        const names = step === 1 ? ["data.img", "data.img.before-grow"] : ["data.img"];
        expect({ step, signal, names: readdirSync(folder).sort() }).toEqual({ step, signal, names });
        expect(hashInside(image)).toBe(hash);
      }
    }
  });

  test.each([
    ["changes", (image: string) => `tune2fs -L changed '${image}' >/dev/null`],
    ["goes", (image: string) => `mv '${image}' '${image}.x'`],
    ["becomes a link", (image: string) => `mv '${image}' '${image}.x'; ln -s '${image}.x' '${image}'`],
  ])("the old image stays when the one in its place %s in the last moment", async (_, meddle) => {
    const image = join(guestFolder(), "data.img");
    const hash = makeImage(image, "ext4", 16);
    const old = `${image}.before-grow`;
    tool("cp", "--sparse=always", image, old);
    utimesSync(old, new Date(0), new Date(0));
    const target = await targetAt(old);
    const script = scriptOf(asPlan(planDeleteOld(target, await targetAt(image))), target);
    const text = script.replace("\ndeleteold ", () => `\n${meddle(image)}\ndeleteold `);
    const { status, stderr } = spawnSync("sh", ["-c", text], { encoding: "utf8" });
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("no longer the file") });
    expect(hashInside(old)).toBe(hash);
    expect(existsSync(journalPath(old))).toBe(false);
  });

  test("in a container, where not everybody is seen, the old image stays", async () => {
    const image = join(guestFolder(), "data.img");
    makeImage(image, "ext4", 16);
    const old = `${image}.before-grow`;
    tool("cp", "--sparse=always", image, old);
    utimesSync(old, new Date(0), new Date(0));
    const target = await targetAt(old);
    const plan = asPlan(planDeleteOld(target, await targetAt(image), true));
    const script = operationScript({ plan, target, guests: [], host: "h", locale: "en" });
    const inside = ["--pid", "--fork", "--mount-proc", "sh", "-c", script];
    const { status, stderr } = spawnSync("unshare", inside, { encoding: "utf8" });
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("--unseen") });
    expect(readdirSync(dirname(image)).sort()).toEqual(["data.img", "data.img.before-grow"]);
  });
});
