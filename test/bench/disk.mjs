// How much looking at 10,000 images costs over the same system calls in C, and how long the event loop is held.
//   node test/bench/disk.mjs [--images 10000] [--rounds 15] [--folder DIR] [--wall] [--mounted]
// Needs cc. Prints ratios of processor time: the machine is noisy, so the rounds of all take turns. That counts the
// collector's threads, for which nobody waits; on a quiet machine `--wall` gives the ratios of the time that passes.
//
// disk-floor.c does what rawio.c of the shared benchmarks does, on the same files: stat; then stat, open, pread of the
// first 4 KiB, close. "Node alone" is a loop of these very calls of node:fs with nothing else: no JavaScript gets below.
// `--mounted` (as root) looks at the same number of images once more, of which a tenth are copies of filesystems that were
// mounted and written to: ext4, xfs and btrfs.
//
// Ours also keeps off file systems that may hang, compares or reads, and ends with facts.
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PerformanceObserver, constants as perfConstants } from "node:perf_hooks";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { textFiles } from "../../scripts/lib/text-files.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    images: { type: "string" },
    rounds: { type: "string" },
    folder: { type: "string" },
    wall: { type: "boolean" },
    mounted: { type: "boolean" },
  },
});
const count = Number(values.images ?? 10_000);
const rounds = Number(values.rounds ?? 15);
const page = Buffer.allocUnsafeSlow(4096);
/** When V8 ended full collections, on the clock of `performance.now()`. */
const fullCollections = [];
const scratch = mkdtempSync(join(values.folder ?? tmpdir(), "lens-bench-"));
try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function main() {
  const { buildImage, LocalMachine, lookAtImage, nobody, observeMachine } = await bundle();
  const stateDir = join(scratch, "microvms");
  const paths = Array.from({ length: count }, (_, i) =>
    join(stateDir, `guest-${i >> 1}`, i % 2 ? "store.img" : "data.img"),
  );
  for (const path of paths) buildImage(path, { sizeMiB: 512, fsType: "ext4", label: "data" });
  const partlyMounted = values.mounted ? withMounted(paths, buildImage) : [];
  const list = join(scratch, "list");
  writeFileSync(list, paths.map((path) => `${path}\n`).join(""));
  const floor = join(scratch, "floor");
  execFileSync("cc", ["-O2", "-o", floor, join(here, "disk-floor.c")]);

  const observer = new PerformanceObserver((list) => {
    for (const { startTime, detail } of list.getEntries()) {
      if (detail.kind === perfConstants.NODE_PERFORMANCE_GC_MAJOR) fullCollections.push(startTime);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  const times = {
    cStat: [],
    cRead: [],
    nodeStat: [],
    nodeRead: [],
    again: [],
    read: [],
    mounted: [],
    observe: [],
    observeAgain: [],
  };
  const slices = [];
  for (let round = -2; round < rounds; round++) {
    const c = JSON.parse(execFileSync(floor, [list, "1", ...(values.wall ? ["wall"] : [])], { encoding: "utf8" }));
    const nodeStat = await timed(() => bareStat(paths));
    const nodeRead = await timed(() => bareRead(paths));
    const machine = new LocalMachine();
    const holds = watchHolds(machine);
    const images = [];
    const slicesOf = [];
    const lookAt = async (machine, paths) => {
      images.length = 0;
      machine.begin();
      for (const path of paths) {
        const facts = lookAtImage(machine, nobody, path, "regular");
        images.push(facts instanceof Promise ? await facts : facts);
        const pause = machine.breathe();
        if (pause !== null) await pause;
      }
    };
    const look = () => lookAt(machine, paths);
    const lookFirst = async (paths) => {
      const fresh = new LocalMachine();
      slicesOf.push(watchHolds(fresh));
      fresh.begin();
      await fresh.list(stateDir);
      const tookMs = await timed(() => lookAt(fresh, paths));
      const lost = paths.findIndex((_, i) => images[i].value.filesystem.value?.space.state !== "seen");
      if (lost >= 0) throw new Error(JSON.stringify(images[lost]));
      return tookMs;
    };
    // C is given its paths. Every scan finds them by listing directories, which also shows that they are regular files
    // and no links into file systems that may hang: that was done before. The figures of the whole host hold it, too.
    machine.begin();
    await machine.list(stateDir);
    const read = await timed(look);
    const all = [...images];
    // The first time again still pays for the garbage of the reading.
    await look();
    const again = await timed(look);
    const wrong = paths.find((path, i) => !isRead(images[i], path) || images[i] !== all[i]);
    if (wrong !== undefined) throw new Error(wrong);
    const mountedMs = values.mounted ? await lookFirst(partlyMounted) : 0;
    const observing = new LocalMachine();
    const otherHolds = watchHolds(observing);
    const observe = () => {
      observing.begin();
      return observeMachine(observing, { stateDir, paths, directories: [] }, { host: "here", nowMs: 0 });
    };
    const first = await timed(observe);
    await observe();
    const second = await timed(observe);
    if (round < 0) continue;
    times.cStat.push(c.stat[0]);
    times.cRead.push(c.read[0]);
    times.nodeStat.push(nodeStat);
    times.nodeRead.push(nodeRead);
    times.read.push(read);
    times.mounted.push(mountedMs);
    times.again.push(again);
    times.observe.push(first);
    times.observeAgain.push(second);
    slices.push(...holds(), ...otherHolds(), ...slicesOf.flatMap((found) => found()));
  }
  // What was collected is told a turn later.
  await new Promise((go) => setTimeout(go, 10));
  observer.disconnect();
  report(times, slices);
}

function isRead(image, path) {
  return image.state === "seen" && image.value.path === path && image.value.filesystem.value?.label === "data";
}

/** The same paths, of which every tenth is another name of one of some images that were copied while they were mounted. */
function withMounted(paths, buildImage) {
  const kinds = [
    { sizeMiB: 64, fsType: "ext4", mkfs: ["-q", "-F"] },
    { sizeMiB: 64, fsType: "ext4", mkfs: ["-q", "-F", "-b", "1024"] },
    { sizeMiB: 300, fsType: "xfs", mkfs: ["-q"] },
    { sizeMiB: 128, fsType: "btrfs", mkfs: ["-q"] },
  ];
  const busy = `i=0; while [ $i -lt 60 ]; do
    dd if=/dev/zero of="$1/$((i % 20))" bs=16k count=$((i % 20 + 1)) conv=fsync status=none
    [ $((i % 3)) = 0 ] && rm -f "$1/$(((i + 10) % 20))"; i=$((i + 1)); done`;
  const copies = kinds.flatMap((kind, index) => {
    const image = join(scratch, `mounted-${index}`);
    buildImage(image, kind);
    const script = `mkdir "$1.at" && mount -o loop "$1" "$1.at" && { set -- "$1.at" "$1"; ${busy}
      for n in 0 1 2 3 4; do cp --sparse=always "$2" "$2.$n"; done; umount "$1"; }`;
    execFileSync("unshare", ["--mount", "sh", "-euc", script, "sh", image]);
    return [0, 1, 2, 3, 4].map((n) => `${image}.${n}`);
  });
  return paths.map((path, i) => {
    if (i % 10 !== 0) return path;
    const link = `${path}.mounted`;
    linkSync(copies[(i / 10) % copies.length], link);
    return link;
  });
}

function bareStat(paths) {
  let sum = 0;
  for (const path of paths) sum += lstatSync(path).size;
  return sum;
}

function bareRead(paths) {
  let sum = 0;
  for (const path of paths) {
    sum += lstatSync(path).size;
    const fd = openSync(path, constants.O_RDONLY);
    sum += readSync(fd, page, 0, 4096, 0);
    closeSync(fd);
  }
  return sum;
}

/** Our sources as one module: Node 20 does not read TypeScript. */
async function bundle() {
  const outfile = join(scratch, "disk.mjs");
  const sources = {
    buildImage: "test/harness/disk-builder.ts",
    LocalMachine: "server/src/disk/local/local-machine.ts",
    lookAtImage: "server/src/disk/look.ts",
    nobody: "server/src/disk/in-use.ts",
    observeMachine: "server/src/disk/observe.ts",
  };
  const root = join(here, "..", "..");
  const contents = Object.entries(sources).map(
    ([name, file]) => `export { ${name} } from ${JSON.stringify(join(root, file))};`,
  );
  mkdirSync(scratch, { recursive: true });
  await build({
    stdin: { contents: contents.join("\n"), resolveDir: root, loader: "ts" },
    ...{ bundle: true, loader: textFiles, platform: "node", format: "esm", outfile, logLevel: "error" },
  });
  return import(pathToFileURL(outfile).href);
}

/** Milliseconds of processor time, as others on the same machine do not count; or those that pass. */
async function timed(work) {
  if (values.wall) {
    const startMs = performance.now();
    await work();
    return performance.now() - startMs;
  }
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/**
 * How long the event loop was held between two moments at which the machine gave it back: the smaller one of the time
 * that passed (which counts other processes) and of the processor time (which counts this one's other threads).
 */
function watchHolds(machine) {
  const found = [];
  const breathe = machine.breathe.bind(machine);
  const begin = machine.begin.bind(machine);
  let since = process.cpuUsage();
  let sinceMs = performance.now();
  const start = () => {
    since = process.cpuUsage();
    sinceMs = performance.now();
  };
  machine.begin = () => {
    begin();
    start();
  };
  machine.breathe = (weight) => {
    const pause = breathe(weight);
    if (pause === null) return null;
    const { user, system } = process.cpuUsage(since);
    const untilMs = performance.now();
    found.push({ heldMs: Math.min((user + system) / 1000, untilMs - sinceMs), sinceMs, untilMs });
    return pause.then(start);
  };
  return () => found;
}

function report(times, slices) {
  const ratio = (ours, theirs) => {
    const pairs = ours.map((value, i) => value / theirs[i]).sort((a, b) => a - b);
    return `${(Math.min(...ours) / Math.min(...theirs)).toFixed(2)} × at best, ${pairs[pairs.length >> 1].toFixed(2)} × in the middle`;
  };
  console.log(
    `${count} images, ${rounds} rounds; C: stat ${Math.min(...times.cStat).toFixed(1)} ms, with superblock ${Math.min(...times.cRead).toFixed(1)} ms`,
  );
  const line = (title, ours, theirs) => console.log(`${title.padEnd(42)}${ratio(ours, theirs)}`);
  console.log("against C's stat:");
  line("  node alone: lstatSync", times.nodeStat, times.cStat);
  line("  facts of unchanged images", times.again, times.cStat);
  line("  the whole host, nothing changed", times.observeAgain, times.cStat);
  console.log("against C's stat + open + pread + close:");
  line("  node alone: the same four calls", times.nodeRead, times.cRead);
  line("  facts with the superblock read", times.read, times.cRead);
  line("  the whole host, first time", times.observe, times.cRead);
  if (values.mounted) {
    console.log("against our own look at images that nobody has mounted:");
    line("  a tenth of them mounted", times.mounted, times.read);
  }
  slices.sort((a, b) => a.heldMs - b.heldMs);
  const over = slices.filter(({ heldMs }) => heldMs > 5);
  // V8 ends a full collection in one piece, as long as the heap is large: the rounds before fill it here.
  const collected = over.filter(({ sinceMs, untilMs }) =>
    fullCollections.some((atMs) => atMs >= sinceMs && atMs <= untilMs),
  );
  const at = (part) => slices[Math.min(slices.length - 1, Math.floor(slices.length * part))].heldMs.toFixed(2);
  console.log(`event loop held: ${at(0.5)} ms in the middle, ${at(0.99)} ms at 99 %, ${at(1)} ms at most`);
  console.log(
    `over 5 ms: ${over.length} of ${slices.length}, ${collected.length} of these in a full collection of the heap`,
  );
}
