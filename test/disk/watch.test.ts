import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { DiskWatch, Probe } from "../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { buildImage } from "../harness/disk-builder.ts";

let folder: string;
let watch: DiskWatch | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lens-watch-"));
});
afterEach(() => {
  watch?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Counts the reports, and waits for the next one. */
class Watched {
  count = 0;
  #wake: (() => void) | undefined;

  constructor(probe: Probe, stateDir: string, paths: readonly string[] = []) {
    watch = probe.watch?.({ stateDir, paths, directories: [] }, () => {
      this.count++;
      this.#wake?.();
    });
  }

  /** Does something and waits until it is reported. */
  async after(change: () => void): Promise<void> {
    const reported = new Promise<void>((wake) => {
      this.#wake = wake;
    });
    change();
    await reported;
    this.#wake = undefined;
  }
}

async function start(stateDir = folder, paths: readonly string[] = []): Promise<Watched> {
  const probe = createLocalProbe({ host: "here" });
  await probe.observe({ stateDir, paths, directories: [] });
  const watched = new Watched(probe, stateDir, paths);
  // The first report says that the watches stand.
  await watched.after(() => undefined);
  watched.count = 0;
  return watched;
}

it("an image that is grown from outside is reported", async () => {
  const path = join(folder, "web", "data.img");
  buildImage(path, { sizeMiB: 16, fsType: "ext4" });
  const watched = await start();
  await watched.after(() => truncateSync(path, 32 << 20));
  await watched.after(() => buildImage(path, { sizeMiB: 32, fsType: "xfs" }));
});

it("guests and images that come and go, links that change", async () => {
  buildImage(join(folder, "web", "data.img"), { sizeMiB: 16, fsType: "ext4" });
  const watched = await start();
  await watched.after(() => mkdirSync(join(folder, "db")));
  await watched.after(() => buildImage(join(folder, "db", "data.img"), { sizeMiB: 16, fsType: "ext4" }));
  await watched.after(() => symlinkSync("/nix/store/runner", join(folder, "db", "booted")));
  await watched.after(() => rmSync(join(folder, "db"), { recursive: true }));
  // The same name again is another directory.
  await watched.after(() => mkdirSync(join(folder, "db")));
  await watched.after(() => buildImage(join(folder, "db", "data.img"), { sizeMiB: 16, fsType: "ext4" }));
});

it("an image elsewhere that was asked for", async () => {
  const path = join(folder, "elsewhere", "data.img");
  mkdirSync(join(folder, "elsewhere"));
  mkdirSync(join(folder, "state"));
  const watched = await start(join(folder, "state"), [path]);
  await watched.after(() => buildImage(path, { sizeMiB: 16, fsType: "ext4" }));
});

it("an image elsewhere that a link leads to", async () => {
  const path = join(folder, "elsewhere", "data.img");
  buildImage(path, { sizeMiB: 16, fsType: "ext4" });
  mkdirSync(join(folder, "state", "web"), { recursive: true });
  symlinkSync(path, join(folder, "state", "web", "data.img"));
  const watched = await start(join(folder, "state"));
  await watched.after(() => truncateSync(path, 32 << 20));
});

it("a state directory that does not exist yet", async () => {
  const watched = await start(join(folder, "microvms"));
  await watched.after(() => mkdirSync(join(folder, "microvms")));
  await watched.after(() => buildImage(join(folder, "microvms", "web", "data.img"), { sizeMiB: 16, fsType: "ext4" }));
});

it("a guest that writes all the time, and a log that grows, are no reason to report anything", async () => {
  const path = join(folder, "web", "data.img");
  buildImage(path, { sizeMiB: 16, fsType: "ext4" });
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.alloc(1 << 20, 7), 0, 1 << 20, 8 << 20);
  const watched = await start();
  // Overwriting in place changes the time of modification and nothing that is shown.
  for (let round = 0; round < 150; round++) {
    writeSync(fd, Buffer.alloc(4096, round), 0, 4096, 8 << 20);
    appendFileSync(join(folder, "web", "console.log"), "another line\n");
    await new Promise((later) => setTimeout(later, 10));
  }
  closeSync(fd);
  const during = watched.count;
  await watched.after(() => truncateSync(path, 64 << 20));
  expect(during).toBe(0);
});

it("what changes before the watches stand is reported", async () => {
  const path = join(folder, "web", "data.img");
  buildImage(path, { sizeMiB: 16, fsType: "ext4" });
  const probe = createLocalProbe({ host: "here" });
  const watched = new Watched(probe, folder);
  await watched.after(() => truncateSync(path, 32 << 20));
});

it("another question is followed without a gap, and what it adds is watched", async () => {
  const here = join(folder, "state", "web", "data.img");
  const elsewhere = join(folder, "elsewhere", "data.img");
  buildImage(here, { sizeMiB: 16, fsType: "ext4" });
  mkdirSync(join(folder, "elsewhere"));
  const stateDir = join(folder, "state");
  const watched = await start(stateDir);
  // The first report is about what was there before anybody looked at it.
  await watched.after(() => watch?.follow({ stateDir, paths: [elsewhere], directories: [] }));
  await watched.after(() => buildImage(elsewhere, { sizeMiB: 16, fsType: "ext4" }));
  watch?.follow({ stateDir, paths: [], directories: [] });
  await watched.after(() => truncateSync(here, 32 << 20));
});

it("a state directory that is moved, and another one in its place", async () => {
  const state = join(folder, "state");
  const image = join(state, "web", "data.img");
  buildImage(image, { sizeMiB: 16, fsType: "ext4" });
  const watched = await start(state, [image]);
  await watched.after(() => {
    renameSync(state, join(folder, "keep"));
    // The same names again, but no image.
    mkdirSync(join(state, "web"), { recursive: true });
  });
  await watched.after(() => buildImage(image, { sizeMiB: 32, fsType: "ext4" }));
  await watched.after(() => truncateSync(image, 64 << 20));
});

it("a state directory that goes and comes back, again and again", async () => {
  const [state, away] = [join(folder, "state"), join(folder, "away")];
  const image = join(state, "web", "data.img");
  buildImage(image, { sizeMiB: 16, fsType: "ext4" });
  const watched = await start(state, [image]);
  for (let round = 0; round < 3; round++) {
    await watched.after(() => renameSync(state, away));
    await watched.after(() => renameSync(away, state));
    await watched.after(() => truncateSync(image, (17 + round) << 20));
  }
});

it("nothing is reported after the end", async () => {
  const path = join(folder, "web", "data.img");
  buildImage(path, { sizeMiB: 16, fsType: "ext4" });
  const watched = await start();
  watch?.stop();
  truncateSync(path, 64 << 20);
  const second = await start();
  await second.after(() => truncateSync(path, 65 << 20));
  expect(watched.count).toBe(0);
});
