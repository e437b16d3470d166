import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostFacts } from "../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { createSshProbe } from "../../server/src/disk/remote/probe-ssh.ts";
import { factsToJson } from "../../server/src/disk/snapshot/serialize.ts";
import { buildImage } from "../harness/disk-builder.ts";
import { startLongWay } from "./delay.ts";
import { run } from "./matrix/run.ts";
import { MountSpace } from "./mount-space.ts";
import { type SshServer, startSshServer } from "./sshd.ts";
import { needLoopDevices, needTools } from "./tools.ts";

const ready =
  needLoopDevices() &&
  needTools("sshd", "ssh", "ssh-keygen", "mount", "unshare", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs");
/** `FAR_GUESTS=100` for the figure. */
const guests = Number(process.env["FAR_GUESTS"] ?? 12);
/** As the ping says it. */
const delayMs = 50;

const kinds = [
  { sizeMiB: 256, fsType: "ext4", mkfs: ["-q", "-F"] },
  { sizeMiB: 128, fsType: "ext4", mkfs: ["-q", "-F", "-b", "1024"] },
  { sizeMiB: 320, fsType: "xfs", mkfs: ["-q"] },
  { sizeMiB: 256, fsType: "btrfs", mkfs: ["-q"] },
] as const;

/** Writes, deletes and confirms for a while, so that logs and trees have grown. */
const busy = `i=0; while [ $i -lt 120 ]; do
  dd if=/dev/zero of="$0/$((i % 30))" bs=64k count=$((i % 20 + 1)) conv=fsync status=none
  [ $((i % 3)) = 0 ] && rm -f "$0/$(((i + 15) % 30))"; i=$((i + 1)); done`;

describe.runIf(ready)("a host far away", () => {
  let folder: string;
  let server: SshServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lens-long-way-"));
    server = await startSshServer();
    const space = await MountSpace.open();
    const images: string[] = [];
    for (const [index, kind] of kinds.entries()) {
      const path = join(folder, `${index}.img`);
      const point = join(folder, `${index}`);
      mkdirSync(point);
      buildImage(path, kind);
      await space.must("mount", "-o", "loop", path, point);
      await space.must("sh", "-c", busy, point);
      images.push(`${path}.mounted`);
      await space.must("cp", "--sparse=always", path, `${path}.mounted`);
      await space.must("umount", point);
    }
    await space.close();
    for (let guest = 0; guest < guests; guest++) {
      mkdirSync(join(folder, "microvms", `guest-${guest}`), { recursive: true });
      const to = join(folder, "microvms", `guest-${guest}`, "data.img");
      await run("cp", ["--sparse=always", images[guest % images.length] as string, to]);
    }
    await run("sync", ["-f", folder]);
  }, 300_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`${guests} guests that run: equal to the local scan byte for byte, in a few round trips`, async () => {
    const way = await startLongWay(server.port, delayMs);
    try {
      server.configure(`Host *\n  HostName 127.0.0.1\n  Port ${way.port}`);
      const stateDir = join(folder, "microvms");
      const request = { stateDir, paths: [], directories: [] };
      const probe = createSshProbe({ host: "here", destination: "server", sshArguments: server.arguments });
      const fromMs = performance.now();
      const far = await probe.observe(request);
      const tookMs = performance.now() - fromMs;
      if (guests > 12) process.stderr.write(`${Math.round(tookMs)} ms, ${way.answered()} bytes\n`);
      const here = await createLocalProbe({ host: "here" }).observe(request);
      expect(comparable(far)).toBe(comparable(here));
      const asOf = [...here.images.values()].map(
        (image) =>
          image.state === "seen" && image.value.filesystem.state === "seen" && image.value.filesystem.value.space.state,
      );
      expect(asOf).toEqual(Array.from({ length: guests }, () => "seen"));
    } finally {
      way.stop();
    }
  });
});

/** Everything but the clock and the free space of this machine, which others change meanwhile. */
function comparable(facts: HostFacts): string {
  const { takenAt: _, free: __, space: ___, ...rest } = factsToJson(facts) as Record<string, unknown>;
  return JSON.stringify(rest, null, 1);
}
