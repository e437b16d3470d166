import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../cli/run.ts";
import { schemaErrors } from "../cli/schemas.ts";
import { needTools } from "../host/tools.ts";
import { makeImage } from "../operations/images.ts";
import { volume } from "./file.ts";
import { scene } from "./scene.ts";

const ready = needTools("mkfs.ext4", "mkfs.xfs");

describe.skipIf(!ready)("start-check", () => {
  test("lets a guest start whose image is there, and one whose image is to be made", async () => {
    const made = scene([volume()]);
    expect((await made.check()).code).toBe(0);
    makeImage(made.image, "ext4", 64);
    expect(await made.check()).toEqual({ code: 0, out: "guest: nothing keeps it from starting\n", err: "" });
  });

  test("stops what would be blank, not mount or be cut off, in one sentence with the path", async () => {
    const blank = scene([volume()]);
    makeImage(blank.image, "blank", 64);
    expect((await blank.check()).code).toBe(1);
    expect((await blank.check()).err).toMatch(/^microvm-lens: guest is not started: \S+data\.img is blank: .+\n$/);

    const label = scene([volume({ label: "data" })]);
    makeImage(label.image, "ext4", 64, ["-L", "other"]);
    const told = await label.check();
    expect(told.code).toBe(1);
    expect(told.err).toContain('would not mount: the filesystem is labelled "other"');

    const type = scene([volume({ fsType: "xfs", sizeMiB: 400 })]);
    makeImage(type.image, "ext4", 64);
    expect((await type.check()).code).toBe(1);

    const cut = scene([volume()]);
    makeImage(cut.image, "ext4", 64);
    truncateSync(cut.image, 32 << 20);
    expect((await cut.check()).code).toBe(1);
  });

  test("stops nothing that the guest does without, and nothing that is not known", async () => {
    const mount = { mountPoint: "/data", device: "/dev/vdb", fsType: "ext4", options: ["nofail"] };
    const optional = scene([volume()], { fileSystems: [mount] });
    makeImage(optional.image, "blank", 64);
    expect((await optional.check()).code).toBe(0);
    const cleaned = scene([volume()], { preStart: "rm -f data.img" });
    makeImage(cleaned.image, "blank", 64);
    expect((await cleaned.check()).code).toBe(0);
    const host = scene([volume()], { hostCommands: ["+/run/current-system/sw/bin/rm -f %S/x"] });
    makeImage(host.image, "ext4", 64);
    expect((await host.check()).code).toBe(0);
  });

  test("says when it could not find out", async () => {
    const { file, folder } = scene([volume()]);
    expect((await run(["start-check", "--declared", file, "other"])).code).toBe(2);
    expect((await run(["start-check", "guest"])).code).toBe(2);
    writeFileSync(join(folder, "broken"), "{");
    const told = await run(["start-check", "--declared", join(folder, "broken"), "guest"]);
    expect(told).toMatchObject({ code: 2 });
    expect(told.err).toContain("it is not JSON");
  });

  test("prints JSON of the described shape", async () => {
    const { file, image } = scene([volume()]);
    makeImage(image, "blank", 64);
    const { out, code } = await run(["start-check", "--declared", file, "guest", "--json"]);
    expect(code).toBe(1);
    expect(schemaErrors("start-check", JSON.parse(out))).toEqual([]);
    expect(JSON.parse(out)).toMatchObject({ start: false, volume: { path: image, outcome: "blank" } });
  });
});

describe.skipIf(!ready)("plan --declared", () => {
  test("tells what growing and renewing will do, and stops on what is broken where asked to", async () => {
    const grow = { how: "copy", mount: false, onFailure: "start" };
    const { file, image } = scene([volume({ sizeMiB: 128, grow })]);
    makeImage(image, "ext4", 64);
    const { out, code } = await run(["plan", "--declared", file, "--json"]);
    expect(code).toBe(0);
    const plan = JSON.parse(out) as { guests: { volumes: { outcome: string; reason: string }[] }[] };
    expect(schemaErrors("plan", plan)).toEqual([]);
    expect(plan.guests[0]?.volumes[0]).toMatchObject({ outcome: "grow" });
    expect(plan.guests[0]?.volumes[0]?.reason).toMatch(/lengthened to 128 MiB by services\.microvm-lens/);

    const renewed = scene([volume({ renew: "start" })]);
    makeImage(renewed.image, "blank", 64);
    const again = await run(["plan", "--declared", renewed.file, "--json"]);
    expect(JSON.parse(again.out)).toMatchObject({ guests: [{ volumes: [{ outcome: "recreate" }] }] });

    const broken = scene([volume()]);
    makeImage(broken.image, "blank", 64);
    expect((await run(["plan", "--declared", broken.file])).code).toBe(0);
    expect((await run(["plan", "--declared", broken.file, "--fail-on-broken"])).code).toBe(1);
  });

  test("knows what units of the host do before a start; a start that has come this far has them behind it", async () => {
    const at = scene([volume()]);
    makeImage(at.image, "ext4", 64);
    const wipe = {
      name: "wipe.service",
      relations: { before: ["microvm@guest.service"], requiredBy: ["microvm@guest.service"] },
      settings: { Type: ["oneshot"], ExecStart: [`/run/current-system/sw/bin/rm -f ${at.image}`] },
    };
    const plan = async () => {
      const { out } = await run(["plan", "--declared", at.file, "--json"]);
      return (JSON.parse(out) as { guests: { volumes: { outcome: string }[] }[] }).guests[0]?.volumes[0]?.outcome;
    };
    expect(await plan()).toBe("reuse");
    writeFileSync(at.file, JSON.stringify({ ...JSON.parse(readFileSync(at.file, "utf8")), units: [wipe] }));
    expect(await plan()).toBe("recreate");
    // What the image is now is what the guest gets.
    makeImage(at.image, "blank", 64);
    expect((await at.check()).code).toBe(1);
  });

  test("says of an image that cannot be grown both numbers, and refuses where that is the policy", async () => {
    const grow = { how: "copy", mount: false, onFailure: "refuse" };
    const { file, image } = scene([volume({ sizeMiB: 128, fsType: "vfat", grow })]);
    makeImage(image, "vfat", 64);
    const { out } = await run(["plan", "--declared", file, "--json"]);
    const plan = JSON.parse(out) as { guests: { outcome: string; volumes: { reason: string }[] }[] };
    expect(plan.guests[0]?.outcome).toBe("does-not-start");
    expect(plan.guests[0]?.volumes[0]?.reason).toContain("128 MiB are declared and the image has 64 MiB");
  });
});
