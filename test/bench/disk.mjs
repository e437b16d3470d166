// How much looking at 10,000 images costs over the same system calls in C, and how long the event loop is held.
//   node test/bench/disk.mjs [--images 10000] [--rounds 15] [--folder DIR]
// Needs cc. Prints ratios: the milliseconds are those of a noisy machine, the rounds of both take turns.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: { images: { type: "string" }, rounds: { type: "string" }, folder: { type: "string" } },
});
const count = Number(values.images ?? 10_000);
const rounds = Number(values.rounds ?? 15);
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
  const list = join(scratch, "list");
  writeFileSync(list, paths.map((path) => `${path}\n`).join(""));
  const floor = join(scratch, "floor");
  execFileSync("cc", ["-O2", "-o", floor, join(here, "disk-floor.c")]);

  const times = { cStat: [], cRead: [], stat: [], again: [], read: [], observe: [], observeAgain: [] };
  const slices = [];
  for (let round = -2; round < rounds; round++) {
    const c = JSON.parse(execFileSync(floor, [list, "1"], { encoding: "utf8" }));
    const machine = new LocalMachine();
    const holds = watchHolds(machine);
    const look = async () => {
      machine.begin();
      for (const path of paths) {
        const facts = lookAtImage(machine, nobody, path);
        const image = facts instanceof Promise ? await facts : facts;
        if (image.state !== "seen" || image.value.filesystem.state !== "seen") throw new Error(path);
        const pause = machine.breathe();
        if (pause !== null) await pause;
      }
    };
    const stat = await timed(async () => {
      machine.begin();
      for (const path of paths) {
        machine.lstat(path);
        const pause = machine.breathe();
        if (pause !== null) await pause;
      }
    });
    const read = await timed(look);
    const again = await timed(look);
    const observing = new LocalMachine();
    const observe = () => {
      observing.begin();
      return observeMachine(observing, { stateDir, paths, directories: [] }, { host: "here", nowMs: 0 });
    };
    const first = await timed(observe);
    const second = await timed(observe);
    if (round < 0) continue;
    times.cStat.push(c.stat[0]);
    times.cRead.push(c.read[0]);
    times.stat.push(stat);
    times.read.push(read);
    times.again.push(again);
    times.observe.push(first);
    times.observeAgain.push(second);
    slices.push(...holds());
  }
  report(times, slices);
}

/** Our sources as one module: Node 20 does not read TypeScript. */
async function bundle() {
  const outfile = join(scratch, "disk.mjs");
  const sources = {
    buildImage: "test/harness/disk-builder.ts",
    LocalMachine: "server/src/disk/local-machine.ts",
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
    ...{ bundle: true, platform: "node", format: "esm", outfile, logLevel: "error" },
  });
  return import(pathToFileURL(outfile).href);
}

/** Milliseconds of processor time: others on the same machine do not count. */
async function timed(work) {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Processor time between two moments at which the machine gave the event loop back. */
function watchHolds(machine) {
  const found = [];
  const breathe = machine.breathe.bind(machine);
  const begin = machine.begin.bind(machine);
  let since = process.cpuUsage();
  machine.begin = () => {
    begin();
    since = process.cpuUsage();
  };
  machine.breathe = () => {
    const pause = breathe();
    if (pause === null) return null;
    const { user, system } = process.cpuUsage(since);
    found.push((user + system) / 1000);
    return pause.then(() => {
      since = process.cpuUsage();
    });
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
  console.log(`stat alone:                               ${ratio(times.stat, times.cStat)}`);
  console.log(`facts of an unchanged image (stat):       ${ratio(times.again, times.cStat)}`);
  console.log(`facts with the superblock read:           ${ratio(times.read, times.cRead)}`);
  console.log(`the whole host, first time:               ${ratio(times.observe, times.cRead)}`);
  console.log(`the whole host, nothing changed:          ${ratio(times.observeAgain, times.cStat)}`);
  slices.sort((a, b) => a - b);
  const at = (part) => slices[Math.min(slices.length - 1, Math.floor(slices.length * part))].toFixed(2);
  console.log(
    `event loop held: ${at(0.5)} ms in the middle, ${at(0.99)} ms at 99 %, ${at(1)} ms at most, of ${slices.length} slices`,
  );
}
