import { rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sizeWords } from "../../server/src/base/words.ts";
import { needLoopDevices, needRoot, needTools } from "../host/tools.ts";
import { aHost, type Host } from "../module/start.ts";
import { makeImage } from "../operations/images.ts";
import { RunningGuest } from "./guest.ts";

const ready =
  needTools(
    "nix-instantiate",
    "qemu-system-x86_64",
    "busybox",
    "depmod",
    "apt-get",
    "mkfs.ext4",
    "mkfs.xfs",
    "mkfs.btrfs",
  ) &&
  needRoot() &&
  needLoopDevices();

const MiB = 1024 * 1024;
const all = process.env["GUESTS"] === "all";

/** The guest boots with its one volume, mounts it and runs these lines; what the last one said. */
async function inGuest(host: Host, fsType: string, ...lines: readonly string[]): Promise<readonly string[]> {
  const guest = await RunningGuest.boot({ drives: [{ path: join(host.folder, "data.img") }] });
  try {
    const mounted = await guest.run(`mkdir -p /data && mount -t ${fsType} /dev/vda /data`);
    expect(mounted).toMatchObject({ status: 0 });
    let said: readonly string[] = [];
    for (const line of lines) {
      const answer = await guest.run(line);
      expect({ line, ...answer }).toMatchObject({ line, status: 0 });
      said = answer.lines;
    }
    expect((await guest.run("umount /data")).status).toBe(0);
    await guest.powerOff();
    return said;
  } finally {
    await guest.kill();
  }
}

const volume = (size: number, fsType: string, more: object = {}) => ({
  app: { microvm: { volumes: [{ image: "data.img", mountPoint: "/data", size, fsType, ...more }] } },
});

/** Real Nix evaluates, the module's script runs, and a real guest says what it got. */
/** In the long run only; else it is not there, so that nothing counts as skipped. */
function inLongRun(name: string, options: { readonly timeout: number }, run: () => unknown): void {
  if (all) test(name, options, async () => void (await run()));
}

describe.skipIf(!ready)("a real guest of a host with services.microvm-lens", () => {
  test.each(all ? ["ext4", "xfs", "btrfs"] : ["ext4", "xfs"])(
    "declared 512 and then 2048 MiB: df in the guest shows it, and the data is there (%s)",
    { timeout: 1_500_000 },
    async (fsType) => {
      const host = aHost("app");
      const lens = { enable: true, guard: { enable: true }, grow: { enable: true, mountOnHost: true } };
      host.switchTo({ lens, guests: volume(512, fsType) });
      expect(host.start("app").started).toBe(true);
      const [sum] = await inGuest(
        host,
        fsType,
        "dd if=/dev/urandom of=/data/precious bs=1M count=40 2>/dev/null && sync",
        "sha256sum /data/precious",
      );
      let before = 512;
      for (const size of all ? [1024, 2048] : [2048]) {
        host.switchTo({ lens, guests: volume(size, fsType) });
        const { started, said } = host.start("app");
        expect([started, said[0]]).toEqual([
          true,
          expect.stringMatching(`is grown from ${sizeWords(before * MiB)} to the declared ${sizeWords(size * MiB)}`),
        ]);
        before = size;
        expect(statSync(join(host.folder, "data.img")).size).toBe(size * MiB);
        const [again, df] = await inGuest(host, fsType, "sha256sum /data/precious; df -m /data | tail -n 1");
        expect(again).toBe(sum);
        // Without what each filesystem needs for itself.
        expect(Number(df?.trim().split(/\s+/)[1])).toBeGreaterThan(size * 0.87);
        // The old image of each growth is a copy of its own; the disk of the test is small.
        rmSync(join(host.folder, "data.img.before-grow"), { force: true });
      }
    },
  );

  const broken: readonly [string, string, (host: Host) => void][] = [
    ["of another type", "xfs", () => {}],
    ["cut off", "ext4", (host) => truncateSync(join(host.folder, "data.img"), 100 * MiB)],
    ["blank", "ext4", (host) => makeImage(join(host.folder, "data.img"), "blank", 512)],
  ];
  test.each(all ? broken : broken.slice(0, 1))(
    "what the guard stops would not have mounted: %s",
    { timeout: 900_000 },
    async (_, fsType, spoil) => {
      const host = aHost("app");
      const lens = { enable: true, guard: { enable: true } };
      host.switchTo({ lens, guests: volume(512, "ext4") });
      expect(host.start("app").started).toBe(true);
      spoil(host);
      host.switchTo({ lens, guests: volume(512, fsType) });
      expect(host.start("app").started).toBe(false);
      const guest = await RunningGuest.boot({ drives: [{ path: join(host.folder, "data.img") }] });
      try {
        expect((await guest.run(`mkdir -p /data && mount -t ${fsType} /dev/vda /data`)).status).not.toBe(0);
      } finally {
        await guest.kill();
      }
    },
  );

  test("a volume that is to be new is new at each start", { timeout: 1_500_000 }, async () => {
    const host = aHost("app");
    const lens = { enable: true, guests: { app: { volumes: { "data.img": { renew: "start" } } } } };
    for (let start = 0; start < (all ? 5 : 2); start++) {
      host.switchTo({ lens, guests: volume(64, "ext4") });
      expect(host.start("app").started).toBe(true);
      const names = await inGuest(host, "ext4", "ls /data | grep -cx used; touch /data/used");
      expect([start, names]).toEqual([start, ["0"]]);
    }
  });

  inLongRun("a volume that is to be new when the system changes is new then only", { timeout: 1_500_000 }, async () => {
    const host = aHost("app");
    const lens = { enable: true, guests: { app: { volumes: { "data.img": { renew: "change" } } } } };
    host.switchTo({ lens, guests: volume(64, "ext4") });
    for (const [start, is] of ["0", "1", "0", "1"].entries()) {
      // Each switch of this host gives the guest another runner.
      if (start === 2) host.switchTo({ lens, guests: volume(64, "ext4") });
      expect(host.start("app").started).toBe(true);
      const names = await inGuest(host, "ext4", "ls /data | grep -cx used; touch /data/used");
      expect([start, names]).toEqual([start, [is]]);
    }
  });
});
