import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { file } from "./cpio.ts";
import { type Declaration, letterOf } from "./declaration.ts";
import { type Drive, NoStart, RunningGuest } from "./guest.ts";
import { identity, microvmUser, type ScratchHost } from "./host.ts";
import { guestScript, type Scenario, secondOf } from "./scenario.ts";

/** What the console says of one mount. */
export type MountSeen =
  | {
      readonly is: "mounted";
      readonly type: string;
      readonly writable: boolean;
      readonly grown: boolean /** What the first guest wrote there, or null. */;
      readonly marker: string | null;
    }
  | { readonly is: "failed"; readonly step: string }
  | { readonly is: "skipped" };

/** What came of one start, as the host and the serial console tell it. */
export interface Seen {
  /** The start script or the hypervisor failed; the guest ended in emergency mode; or it is up. */
  readonly end: "no start" | "emergency" | "up";
  /** By image: whether this start made the file. */
  readonly made: ReadonlyMap<string, "create" | "recreate" | "none">;
  /** By image: the start script made the file longer. */
  readonly lengthened: ReadonlySet<string>;
  readonly mounts: ReadonlyMap<string, MountSeen>;
  /** The whole log: of the unit and of the console. */
  readonly log: readonly string[];
}

/** As many as one machine takes at once. */
const drivesPerMachine = 24;
const stage = readFileSync(fileURLToPath(new URL("inside/stage.sh", import.meta.url)), "utf8");

/** Makes the images and lets each first guest do its acts; then what happens between the starts. */
export async function firstStarts(host: ScratchHost, scenarios: readonly Scenario[]): Promise<void> {
  const withFirst = scenarios.flatMap((scenario) =>
    scenario.first === null ? [] : [{ scenario, declaration: scenario.first }],
  );
  for (const { scenario, declaration } of withFirst) {
    host.install(scenario.name, declaration);
    const { ok, words } = host.start(scenario.name, declaration);
    if (!ok) throw new Error(`the first start of ${scenario.name}: ${words}`);
  }
  const living = withFirst.filter(({ scenario }) => scenario.acts !== undefined);
  await eachMachine(
    living,
    async (batch) => {
      const guests = batch.map(({ scenario, declaration }) => ({
        name: scenario.name,
        declaration,
        acts: scenario.acts ?? "",
        keep: scenario.end !== undefined && scenario.end !== "unmounted",
      }));
      const logs = await boot(
        host,
        guests,
        batch.some(({ scenario }) => scenario.end === "powered off") ? "power off" : "kill",
      );
      for (const [name, lines] of logs) {
        if (!lines.includes("@acts 0"))
          throw new Error(`the first guest ${name} did not do its acts:\n${lines.join("\n")}`);
      }
    },
    ({ scenario }) => scenario.end === "powered off",
  );
  for (const { name, between, first } of scenarios) {
    if (first === null) host.install(name, secondOf({ name, first, second: { volumes: [] } }));
    if (between !== undefined) host.act(name, between);
  }
}

/** The next start of every guest: the start script, the hypervisor, the guest. */
export async function secondStarts(
  host: ScratchHost,
  scenarios: readonly Scenario[],
): Promise<ReadonlyMap<string, Seen>> {
  const seen = new Map<string, Seen>();
  const going: {
    scenario: Scenario;
    declaration: Declaration;
    made: Seen["made"];
    lengthened: Seen["lengthened"];
    words: string;
  }[] = [];
  for (const scenario of scenarios) {
    const declaration = secondOf(scenario);
    host.install(scenario.name, declaration);
    const paths = new Map(declaration.volumes.map(({ image }) => [image, join(host.directory(scenario.name), image)]));
    const before = new Map([...paths].map(([image, path]) => [image, identity(path)]));
    // Held open, so that no new file gets the number of one that is removed.
    const held = [...paths.values()].filter((path) => existsSync(path)).map((path) => openSync(path, "r"));
    const { ok, words } = host.start(scenario.name, declaration);
    for (const each of held) closeSync(each);
    const made = new Map<string, "create" | "recreate" | "none">();
    const lengthened = new Set<string>();
    for (const [image, path] of paths) {
      const was = before.get(image) ?? null;
      const is = identity(path);
      made.set(image, is === null || was?.inode === is.inode ? "none" : was === null ? "create" : "recreate");
      if (is !== null && was?.inode === is.inode && is.size > was.size) lengthened.add(image);
    }
    if (ok) going.push({ scenario, declaration, made, lengthened, words });
    else seen.set(scenario.name, { end: "no start", made, lengthened, mounts: new Map(), log: words.split("\n") });
  }
  const together = going.filter(({ scenario }) => !scenario.alone);
  await eachMachine(together, async (batch) => {
    const guests = batch.map(({ scenario, declaration }) => ({
      name: scenario.name,
      declaration,
      acts: "",
      keep: false,
    }));
    const logs = await boot(host, guests, "kill");
    for (const { scenario, made, lengthened } of batch) {
      seen.set(scenario.name, { made, lengthened, ...read(logs.get(scenario.name) ?? []) });
    }
  });
  for (const { scenario, declaration, made, lengthened } of going.filter((each) => each.scenario.alone)) {
    try {
      const guest = { name: scenario.name, declaration, acts: "", keep: false };
      const logs = await boot(host, [guest], "kill", microvmUser);
      seen.set(scenario.name, { made, lengthened, ...read(logs.get(scenario.name) ?? []) });
    } catch (problem) {
      if (!(problem instanceof NoStart)) throw problem;
      seen.set(scenario.name, { end: "no start", made, lengthened, mounts: new Map(), log: problem.words.split("\n") });
    }
  }
  return seen;
}

interface Part {
  readonly name: string;
  readonly declaration: Declaration;
  readonly acts: string;
  readonly keep: boolean;
}

/** One machine that is several guests, one after the other, each with its own disks and mounts. */
async function boot(
  host: ScratchHost,
  parts: readonly Part[],
  end: "kill" | "power off",
  as?: { readonly uid: number; readonly gid: number },
): Promise<ReadonlyMap<string, readonly string[]>> {
  const drives: Drive[] = [];
  const scripts = parts.map(({ name, declaration, acts, keep }) => {
    const nodes = declaration.volumes.map(({ image, readOnly }, position) => {
      drives.push({ path: join(host.directory(name), image), readOnly: readOnly === true });
      return `${letterOf(declaration, position)}=${diskName(drives.length - 1)}`;
    });
    const told = `{ ${acts === "" ? ":" : acts}\n}; echo "@acts $?"`;
    return file(`scenarios/${name}`, guestScript(declaration, nodes.join(" "), told, keep));
  });
  const folders = ["scenarios"].map((path) => ({ path, mode: 0o040755, content: Buffer.alloc(0) }));
  const files = [...folders, ...scripts, file("stage.sh", stage)];
  const guest = await RunningGuest.boot({ drives, files, ...(as ? { as } : {}) });
  const logs = new Map<string, readonly string[]>();
  try {
    for (const { name } of parts) logs.set(name, (await guest.run(`unshare -m sh /scenarios/${name}`)).lines);
    if (end === "power off") await guest.powerOff();
  } finally {
    await guest.kill();
  }
  return logs;
}

/** The kernel's names: vda to vdz, then vdaa. */
function diskName(index: number): string {
  const letter = (at: number) => String.fromCharCode(97 + at);
  return index < 26 ? `vd${letter(index)}` : `vd${letter(Math.floor(index / 26) - 1)}${letter(index % 26)}`;
}

function read(lines: readonly string[]): Pick<Seen, "end" | "mounts" | "log"> {
  const mounts = new Map<string, MountSeen>();
  let end: Seen["end"] | null = null;
  for (const line of lines) {
    const [word, ...rest] = line.split(" ");
    const [first = "", second = "", third = "", fourth, fifth] = rest;
    if (word === "@boot") end = first === "up" ? "up" : "emergency";
    else if (word === "@failed") mounts.set(second, { is: "failed", step: first });
    else if (word === "@skipped") mounts.set(first, { is: "skipped" });
    else if (word === "@mounted") {
      const writable = third === "rw";
      mounts.set(first, {
        is: "mounted",
        type: second,
        writable,
        grown: fourth === "yes",
        marker: fifth === undefined || fifth === "none" ? null : fifth,
      });
    }
  }
  if (end === null) throw new Error(`a guest said neither that it is up nor that it failed:\n${lines.join("\n")}`);
  return { end, mounts, log: lines.filter((line) => !line.startsWith("@")) };
}

/** Machines with as many guests as their drives allow, two at a time; what `apart` tells from others gets other machines. */
async function eachMachine<T extends { readonly declaration: Declaration }>(
  guests: readonly T[],
  act: (batch: readonly T[]) => Promise<void>,
  apart: (guest: T) => boolean = () => false,
): Promise<void> {
  const waiting = [...batches(guests.filter((each) => !apart(each))), ...batches(guests.filter(apart))];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await act(next);
  };
  await Promise.all([work(), work()]);
}

function batches<T extends { readonly declaration: Declaration }>(guests: readonly T[]): T[][] {
  const made: T[][] = [];
  let drives = drivesPerMachine;
  for (const guest of guests) {
    const own = guest.declaration.volumes.length;
    if (drives + own > drivesPerMachine) {
      made.push([]);
      drives = 0;
    }
    drives += own;
    made.at(-1)?.push(guest);
  }
  return made;
}
