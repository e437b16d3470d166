import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostFacts, ImageFacts } from "../../server/src/disk/facts.ts";
import { nobody, parseLocks } from "../../server/src/disk/in-use.ts";
import { LocalMachine } from "../../server/src/disk/local/local-machine.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { lookAtImage } from "../../server/src/disk/look.ts";
import { buildImage } from "../harness/disk-builder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lens-local-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function observe(paths: readonly string[] = [], probe = createLocalProbe({ host: "here" })): Promise<HostFacts> {
  return probe.observe({ stateDir: folder, paths, directories: [join(folder, "none"), folder] });
}

function image(facts: HostFacts, path: string): ImageFacts {
  const seen = facts.images.get(path);
  if (seen?.state !== "seen") throw new Error(`${path}: ${JSON.stringify(seen)}`);
  return seen.value;
}

/** A runner in `store`, and a guest's directory whose `current` leads to it. */
function deploy(guest: string, script: string): string {
  const runner = join(folder, ".store", guest);
  mkdirSync(join(runner, "bin"), { recursive: true });
  mkdirSync(join(folder, guest), { recursive: true });
  writeFileSync(join(runner, "bin", "microvm-run"), script);
  symlinkSync(runner, join(folder, guest, "current"));
  return runner;
}

describe("files as they are", () => {
  it("a link tells both, itself and what it leads to", async () => {
    buildImage(join(folder, "web", "real.img"), { sizeMiB: 16, fsType: "ext4", label: "x" });
    symlinkSync("real.img", join(folder, "web", "link.img"));
    const link = image(await observe(), join(folder, "web", "link.img"));
    expect(link).toMatchObject({ linkKind: "symlink", kind: "regular", realPath: join(folder, "web", "real.img") });
    expect(link.filesystem).toMatchObject({ value: { label: "x" } });
  });

  it("hard links share device and inode", async () => {
    buildImage(join(folder, "web", "a.img"), { sizeMiB: 16, fsType: "ext4" });
    linkSync(join(folder, "web", "a.img"), join(folder, "web", "b.img"));
    const facts = await observe();
    const [a, b] = ["a.img", "b.img"].map((name) => image(facts, join(folder, "web", name)));
    expect([a?.inode, a?.device, a?.links]).toEqual([b?.inode, b?.device, 2]);
  });

  it("links that lead nowhere or in a circle, directories and sockets are told apart and never read", async () => {
    mkdirSync(join(folder, "web", "directory.img"), { recursive: true });
    symlinkSync("gone.img", join(folder, "web", "dangling.img"));
    symlinkSync("circle.img", join(folder, "web", "circle.img"));
    const server = createServer().listen(join(folder, "web", "socket.img"));
    const paths = ["directory.img", "dangling.img", "circle.img", "socket.img", "none.img"].map((name) =>
      join(folder, "web", name),
    );
    const facts = await observe(paths);
    server.close();
    const [directory, dangling, circle, socket, none] = paths.map((path) => facts.images.get(path));
    expect(directory).toMatchObject({ value: { kind: "directory", container: { state: "absent" }, blank: null } });
    expect(dangling).toMatchObject({
      value: { linkKind: "symlink", kind: "unknown", realPath: join(folder, "web", "gone.img") },
    });
    expect(circle).toMatchObject({
      state: "unreadable",
      reason: "malformed",
      detail: "symbolic links that lead in a circle",
    });
    expect(socket).toMatchObject({ value: { kind: "socket", filesystem: { state: "absent" } } });
    expect(none).toEqual({ state: "absent" });
  });

  it("the directory that a link leads into is looked at: an image is made there or cannot be", async () => {
    mkdirSync(join(folder, "web", "there"), { recursive: true });
    symlinkSync("there/a.img", join(folder, "web", "a.img"));
    symlinkSync("away/b.img", join(folder, "web", "b.img"));
    const { directories } = await observe(["a.img", "b.img"].map((name) => join(folder, "web", name)));
    expect(directories.get(join(folder, "web", "there"))?.state).toBe("seen");
    expect(directories.get(join(folder, "web", "away"))?.state).toBe("absent");
  });

  it("a listing that is out of date, or wrong, changes nothing of what is said", async () => {
    buildImage(join(folder, "web", "real.img"), { sizeMiB: 16, fsType: "ext4", label: "x" });
    symlinkSync("real.img", join(folder, "web", "link.img"));
    symlinkSync("gone.img", join(folder, "web", "dangling.img"));
    mkdirSync(join(folder, "web", "directory.img"));
    execFileSync("mkfifo", [join(folder, "web", "fifo.img")]);
    writeFileSync(join(folder, "web", "empty.img"), "");
    writeFileSync(join(folder, "web", "short.img"), "QFI");
    const server = createServer().listen(join(folder, "web", "socket.img"));
    const names = ["real", "link", "dangling", "directory", "fifo", "empty", "short", "socket", "none"];
    for (const name of names) {
      const path = join(folder, "web", `${name}.img`);
      const [listed, asked] = (["regular", "unknown"] as const).map((kind) => {
        const machine = new LocalMachine();
        machine.begin();
        return lookAtImage(machine, nobody, path, kind);
      });
      expect(await listed, name).toEqual(await asked);
    }
    server.close();
  });

  it("a sparse image of 15 TiB is blank and costs nothing", async () => {
    buildImage(join(folder, "web", "huge.img"), { sizeMiB: 1 });
    truncateSync(join(folder, "web", "huge.img"), 15 * 2 ** 40);
    expect(image(await observe(), join(folder, "web", "huge.img"))).toMatchObject({
      apparentBytes: 15 * 2 ** 40,
      blank: true,
    });
  });

  it.skipIf(process.getuid?.() === 0)("what may not be read is unreadable, with its size still known", async () => {
    const path = join(folder, "web", "secret.img");
    buildImage(path, { sizeMiB: 16, fsType: "ext4", mode: 0 });
    expect(image(await observe(), path)).toMatchObject({
      apparentBytes: 16 << 20,
      blank: null,
      filesystem: { state: "unreadable", reason: "permission" },
    });
    chmodSync(path, 0o644);
  });

  it("directories that were asked for", async () => {
    const { directories } = await observe();
    expect(directories.get(join(folder, "none"))).toEqual({ state: "absent" });
    expect(directories.get(folder)).toMatchObject({ state: "seen", value: { mode: 0o700 } });
  });

  it("a state directory that does not exist, or is a file", async () => {
    const probe = createLocalProbe({ host: "here" });
    writeFileSync(join(folder, "file"), "");
    const at = (stateDir: string) => probe.observe({ stateDir, paths: [], directories: [] });
    expect((await at(join(folder, "none"))).stateDirectory).toEqual({ state: "absent" });
    expect((await at(join(folder, "file"))).stateDirectory).toMatchObject({ state: "absent" });
    expect((await at("/proc/1/task/none")).stateDirectory.state).not.toBe("seen");
  });
});

describe("guests", () => {
  const script = (image: string): string => `#!/bin/sh
if [ ! -e '${image}' ]; then
  truncate -s 64M '${image}'
  mkfs.ext4  '${image}'
fi
runtime_args=
exec /nix/store/x/bin/crosvm run --block '${image},o_direct=false,ro=false'
`;

  it("links, deployed values, and images that lie elsewhere", async () => {
    const elsewhere = join(folder, ".persist", "data.img");
    buildImage(elsewhere, { sizeMiB: 32, fsType: "ext4" });
    const runner = deploy("web", script(elsewhere));
    symlinkSync("/nix/store/old-runner", join(folder, "web", "booted"));
    writeFileSync(join(folder, "web", "flake"), "path:/etc/nixos");
    writeFileSync(join(folder, "web", "notes.txt"), "not an image");
    const facts = await observe();
    expect(facts.guests).toMatchObject([
      {
        name: "web",
        directory: join(folder, "web"),
        current: { state: "seen", value: runner },
        booted: { state: "seen", value: "/nix/store/old-runner" },
        managed: "flake",
        running: { state: "seen", value: true, by: "the link booted" },
        images: [elsewhere],
        deployed: { state: "seen", value: [{ image: elsewhere, sizeMiB: 64, fsType: "ext4", label: null }] },
      },
    ]);
  });

  it("a relative image below the directory, and one that is missing", async () => {
    deploy("web", script("./disks/../disks/data.img"));
    buildImage(join(folder, "web", "disks", "data.img"), { sizeMiB: 16, fsType: "ext4" });
    deploy("db", script("data.img"));
    const facts = await observe();
    expect(facts.guests.map(({ images }) => images)).toEqual([[], [join(folder, "web", "disks", "data.img")]]);
  });

  it("a runner that was collected as garbage, or has another shape, leaves the deployed values unknown", async () => {
    mkdirSync(join(folder, "web"));
    symlinkSync("/nix/store/gone", join(folder, "web", "current"));
    deploy("db", "#!/bin/sh\nexec /nix/store/x/bin/newvisor\n");
    const [db, web] = (await observe()).guests;
    expect(web?.deployed).toMatchObject({ state: "unreadable", reason: "malformed" });
    expect(db?.deployed).toMatchObject({ state: "unreadable", reason: "unsupported" });
  });

  it("folders and files that are no guests are left out", async () => {
    mkdirSync(join(folder, "lost+found"));
    mkdirSync(join(folder, "backup", "deep"), { recursive: true });
    writeFileSync(join(folder, "backup", "list.txt"), "x");
    writeFileSync(join(folder, "README"), "x");
    expect((await observe()).guests).toEqual([]);
  });

  it("current that is a FIFO or a directory holds nothing up", async () => {
    mkdirSync(join(folder, "web", "current", "bin"), { recursive: true });
    writeFileSync(join(folder, "web", "current", "bin", "microvm-run"), script("data.img"));
    expect((await observe()).guests[0]?.current).toMatchObject({ state: "unreadable", reason: "malformed" });
  });
});

describe("freshness", () => {
  it("an image that has changed is read again, however soon and with whatever times", async () => {
    const probe = createLocalProbe({ host: "here" });
    const path = join(folder, "web", "data.img");
    for (let round = 0; round < 40; round++) {
      // Same size, same allocation, within the same tick of the clock.
      buildImage(path, { sizeMiB: 16, fsType: "ext4", label: `label-${round}` });
      expect(image(await observe([], probe), path).filesystem).toMatchObject({ value: { label: `label-${round}` } });
    }
  });

  it("a guest that was renamed, an image that moved, a runner that changed", async () => {
    const probe = createLocalProbe({ host: "here" });
    buildImage(join(folder, "web", "data.img"), { sizeMiB: 16, fsType: "ext4" });
    expect((await observe([], probe)).guests.map(({ name }) => name)).toEqual(["web"]);
    renameSync(join(folder, "web"), join(folder, "www"));
    expect((await observe([], probe)).guests.map(({ name }) => name)).toEqual(["www"]);
    renameSync(join(folder, "www", "data.img"), join(folder, "www", "var.img"));
    expect((await observe([], probe)).guests[0]?.images).toEqual([join(folder, "www", "var.img")]);
  });

  it("unchanged images give the very same facts", async () => {
    const probe = createLocalProbe({ host: "here" });
    const path = join(folder, "web", "data.img");
    buildImage(path, { sizeMiB: 16, fsType: "ext4" });
    // Facts of a file that was changed just now are not kept: another change might look the same.
    await expect.poll(() => Date.now() - statSync(path).ctimeMs, { interval: 10 }).toBeGreaterThan(60);
    await observe([], probe);
    const first = (await observe([], probe)).images.get(path);
    expect((await observe([], probe)).images.get(path)).toBe(first);
  });

  it("stops when it is told to", async () => {
    buildImage(join(folder, "web", "data.img"), { sizeMiB: 16, fsType: "ext4" });
    const facts = await createLocalProbe({ host: "here" }).observe(
      { stateDir: folder, paths: ["/x/y.img"], directories: [] },
      AbortSignal.abort(),
    );
    expect(facts.images.get("/x/y.img")).toMatchObject({ state: "unreadable", detail: "the scan was stopped" });
  });
});

it("the table of locks, for which the kernel makes readers wait, never holds the event loop", () => {
  const machine = new LocalMachine();
  machine.begin();
  expect(machine.readText("/proc/locks", 1 << 20)).toBeInstanceOf(Promise);
});

it("a table of locks larger than a page is read to its end", async () => {
  const machine = new LocalMachine();
  machine.begin();
  const table = await machine.readText("/proc/kallsyms", 1 << 20);
  expect(table).toMatchObject({ state: "seen", value: readFileSync("/proc/kallsyms", "utf8").slice(0, 1 << 20) });
});

it("/proc/locks: device in hexadecimal, owner when it is known", () => {
  const text =
    "1: OFDLCK ADVISORY  READ  -1 fe:00:1234 100 101\n2: POSIX  ADVISORY  WRITE 77 00:1f:9 0 EOF\n2: -> POSIX ADVISORY WRITE 78 00:1f:9 0 EOF\njunk\n";
  expect([...parseLocks(text)]).toEqual([
    ["254:0:1234", "a lock (/proc/locks)"],
    ["0:31:9", "a lock of process 78 (/proc/locks)"],
  ]);
});
