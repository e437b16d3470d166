import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { needRoot, needTools } from "../host/tools.ts";
import { hashInside, targetAt, tool } from "../operations/images.ts";
import { aHost } from "./start.ts";

const ready = needTools("nix-instantiate", "mkfs.ext4", "resize2fs", "debugfs") && needRoot();
const MiB = 1024 * 1024;

/** docs/story.md. */
test.skipIf(!ready)("one line added: what is declared is what the guest has", { timeout: 180_000 }, async () => {
  const host = aHost("app");
  const app = (size: number, label = "app") => ({
    app: {
      microvm: {
        writableStoreOverlay: "/nix/.rw-store",
        volumes: [
          { image: "nix-store-overlay.img", mountPoint: "/nix/.rw-store", size },
          { image: "data.img", mountPoint: "/var/lib/app", size, label },
        ],
      },
    },
  });
  const data = join(host.folder, "data.img");
  const overlay = join(host.folder, "nix-store-overlay.img");

  // A flake declares 512 MiB, and the first start makes the images.
  host.switchTo({ lens: {}, guests: app(64) });
  expect(host.start("app")).toEqual({ started: true, said: [] });
  expect([statSync(data).size, statSync(overlay).size]).toEqual([64 * MiB, 64 * MiB]);
  const precious = write(data);

  // The size is changed, and nothing happens: microvm.nix reads it when it makes an image, and never again.
  host.switchTo({ lens: {}, guests: app(256) });
  expect(host.start("app")).toEqual({ started: true, said: [] });
  expect(statSync(data).size).toBe(64 * MiB);

  // One line is added.
  const lens = { enable: true, grow: { enable: true }, guard: { enable: true }, ephemeral: { storeOverlay: "start" } };
  host.switchTo({ lens, guests: app(256) });
  const filesystem = async () => (await targetAt(overlay)).image.filesystem;
  const first = await filesystem();
  expect(host.start("app")).toEqual({
    started: true,
    said: [
      "app: …/nix-store-overlay.img is recreated by this start; the old one is removed",
      "app: …/data.img is grown from 64 MiB to the declared 256 MiB; the old image stays as …/data.img.before-grow",
      "app: nothing keeps it from starting",
    ],
  });
  expect((await targetAt(data)).image.filesystem).toMatchObject({ value: { sizeBytes: 256 * MiB, label: "app" } });
  expect([hashInside(data), hashInside(`${data}.before-grow`)]).toEqual([precious, precious]);
  expect(statSync(overlay).size).toBe(256 * MiB);
  // The number of its inode may be given again; a new filesystem has another UUID.
  expect(await filesystem()).not.toEqual(first);

  // Started again, there is nothing to grow.
  expect(host.start("app").said).toEqual([
    "app: …/nix-store-overlay.img is recreated by this start; the old one is removed",
    "app: nothing keeps it from starting",
  ]);

  // A mistake: the label is another one. The start is stopped, with the sentence, and the data stays.
  host.switchTo({ lens, guests: app(256, "application") });
  const stopped = host.start("app");
  expect(stopped.started).toBe(false);
  expect(stopped.said.at(-1)).toBe(
    'microvm-lens: app is not started: …/data.img would not mount: the filesystem is labelled "app" and the guest waits for /dev/disk/by-label/application',
  );
  expect(hashInside(data)).toBe(precious);

  // No room for a copy: the guest starts as it is.
  host.switchTo({ lens, guests: app(512) });
  const disk = `${host.stateDir}/small`;
  tool("mkdir", disk);
  tool("mount", "-t", "tmpfs", "-o", "size=80M", "none", disk);
  onTestFinished(() => void spawnSync("umount", ["-l", host.folder]));
  tool("cp", "-a", "--sparse=always", `${host.folder}/.`, disk);
  tool("mount", "--move", disk, host.folder);
  tool("rm", "-f", `${data}.before-grow`);
  tool("dd", "if=/dev/urandom", `of=${join(host.folder, "full")}`, "bs=1M", "count=40", "status=none");
  const crowded = host.start("app");
  expect(crowded.started).toBe(true);
  expect(crowded.said.find((line) => line.includes("data.img"))).toMatch(
    /^microvm-lens: app: …\/data\.img has 256 MiB and 512 MiB are declared, but it is not grown: .+ are needed for a copy, and .+ are free; the guest starts as it is$/,
  );
  expect(hashInside(data)).toBe(precious);
  expect(existsSync(`${data}.before-grow`)).toBe(false);
});

/** Something in an ext filesystem; its hash. */
function write(image: string): string {
  const { status } = spawnSync(
    "sh",
    ["-c", `head -c 3000000 /dev/urandom > "$1.d" && debugfs -w -R "write $1.d data" "$1" && rm "$1.d"`, "sh", image],
    {
      env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    },
  );
  expect(status).toBe(0);
  return hashInside(image);
}
