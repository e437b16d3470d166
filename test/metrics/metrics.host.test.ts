import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../cli/run.ts";
import { schemaErrors } from "../cli/schemas.ts";
import { volume } from "../declared/file.ts";
import { scene } from "../declared/scene.ts";
import { needTools } from "../host/tools.ts";
import { makeImage } from "../operations/images.ts";

const ready = needTools("mkfs.ext4");

describe.skipIf(!ready)("metrics", () => {
  test("of real images: numbers, a history and a snapshot, each written whole", async () => {
    const at = scene([volume({ sizeMiB: 128 }), volume({ image: "new.img", mountPoint: "/new" })]);
    makeImage(at.image, "ext4", 64);
    const [output, history, scan] = ["microvm.prom", "history", "snapshot.json"].map((name) => join(at.stateDir, name));
    mkdirSync(history as string);
    const words = [
      "metrics",
      "--declared",
      at.file,
      "--output",
      output,
      "--history",
      history,
      "--scan",
      scan,
    ] as string[];
    expect(await run(words)).toEqual({ code: 0, out: "", err: "" });
    const text = readFileSync(output as string, "utf8");
    expect(text).toContain(
      `microvm_volume_declared_bytes{guest="guest",image="data.img",mountpoint="/data"} ${128 << 20}`,
    );
    expect(text).toContain(
      `microvm_volume_virtual_bytes{guest="guest",image="data.img",mountpoint="/data"} ${64 << 20}`,
    );
    expect(text).toContain('image="new.img",mountpoint="/new",outcome="create"} 1');
    for (const name of ["hours.jsonl", "days.jsonl"]) {
      expect(readFileSync(join(history as string, name), "utf8").split("\n")).toHaveLength(3);
    }
    await run(words);
    expect(readFileSync(join(history as string, "hours.jsonl"), "utf8").split("\n")).toHaveLength(3);
    // What an editor takes for a look at the host.
    expect(schemaErrors("scan", JSON.parse(readFileSync(scan as string, "utf8")))).toEqual([]);
    expect((await run(["plan", "--snapshot", scan as string, at.stateDir])).code).toBe(0);
  });

  test("exits with 1 where a condition holds, and says it", async () => {
    const at = scene([volume({ sizeMiB: 128 })]);
    makeImage(at.image, "blank", 64);
    const told = await run(["metrics", "--declared", at.file, "--alert", "broken", "--alert", "mismatch", "--json"]);
    expect(told.code).toBe(1);
    expect(told.err.split("\n").filter(Boolean)).toHaveLength(2);
    expect(schemaErrors("metrics", JSON.parse(told.out))).toEqual([]);
    expect((await run(["metrics", "--declared", at.file, "--alert", "full=101"])).code).toBe(2);
    at.declare([]);
    expect(await run(["metrics", "--declared", at.file, "--alert", "broken", "--json"])).toMatchObject({
      code: 0,
      err: "",
    });
  });

  test("says where it cannot write, and leaves nothing", async () => {
    const at = scene([volume()]);
    const told = await run(["metrics", "--declared", at.file, "--output", join(at.stateDir, "missing", "x.prom")]);
    expect([told.code, existsSync(join(at.stateDir, "missing"))]).toEqual([2, false]);
  });
});
