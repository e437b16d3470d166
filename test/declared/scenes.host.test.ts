import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  linkSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../cli/run.ts";
import { needRoot, needTools } from "../host/tools.ts";
import { hashInside, makeImage, soundExt, tool } from "../operations/images.ts";
import { buildVictim, runVictim, seeded } from "../operations/kill.ts";
import { volume } from "./file.ts";
import { type Scene, scene } from "./scene.ts";
import { canBeDone, comesUp, type State, sceneTable, type TableScene } from "./scene-table.ts";

const ready =
  needTools("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "debugfs", "resize2fs", "qemu-img", "flock") &&
  needRoot();
const MiB = 1024 * 1024;
const seed = Number(process.env["SEED"] ?? 20261201);
const wanted = process.env["SCENES"] ?? "14";

const sizes: Partial<Record<State, number>> = { xfs: 300, btrfs: 128 };
const typeOf = (state: State) => (state === "xfs" || state === "btrfs" || state === "ext3" ? state : "ext4");
const sizeOf = (state: State) => sizes[state] ?? 16;
const declaredOf = (state: State) => (state === "longer" ? 8 : sizeOf(state) + 16);

/** The image as it is before the start, where microvm.nix would have it or behind a link. */
function prepare(at: Scene, state: State): void {
  const path = state === "link" ? join(at.stateDir, "elsewhere.img") : at.image;
  const make = (type: string, ...more: readonly string[]) => void makeImage(path, type, sizeOf(state), more);
  if (state === "absent") return;
  if (state === "qcow2") tool("qemu-img", "create", "-q", "-f", "qcow2", path, `${sizeOf(state)}M`);
  else if (state === "garbage") writeFileSync(path, Buffer.alloc(sizeOf(state) * MiB, 7));
  else if (state === "blank" || state === "vfat") make(state);
  else make(typeOf(state), ...(state === "other label" ? ["-L", "other"] : []));
  if (state === "dirty") tool("debugfs", "-w", "-R", "feature needs_recovery", path);
  if (state === "full") {
    writeFileSync(`${path}.more`, Buffer.alloc(9 * MiB, 3));
    tool("debugfs", "-w", "-R", `write ${path}.more more`, path);
    unlinkSync(`${path}.more`);
  }
  if (state === "cut off") truncateSync(path, (sizeOf(state) / 2) * MiB);
  if (state === "link") symlinkSync(path, at.image);
  if (state === "two names") linkSync(path, join(at.stateDir, "second.img"));
}

/** Of ext filesystems what the guest wrote; of every other image its first bytes, which no growth changes. */
function content(path: string, state: State): string {
  if (["ext4", "ext3", "dirty", "full", "other label", "link", "two names", "longer"].includes(state))
    return hashInside(path);
  return tool("sh", "-c", `head -c ${sizeOf(state) * MiB} "$1" | sha256sum`, "sh", path);
}

const whole = (path: string) => tool("sha256sum", path).slice(0, 64);

/** What the module's script does before a start, in its order. */
async function start(at: Scene) {
  const said: string[] = [];
  for (const words of [
    ["image", "renew", "--starting", "--yes"],
    ["image", "grow", "--starting", "--yes"],
    ["start-check"],
  ]) {
    const { code, out, err } = await run([...words, "--declared", at.file, "guest"]);
    said.push(out, err);
    if (code === 1) return { started: false, said: said.join("") };
  }
  return { started: true, said: said.join("") };
}

async function play({ operation, state, policy, fault }: TableScene, victim: string): Promise<readonly string[]> {
  const grow = { how: operation === "grow-in-place" ? "in-place" : "copy", mount: false, onFailure: policy };
  const renew = { renew: "start", "renew-keep": "start", "renew-change": "change" }[operation as "renew"] ?? "never";
  const isRenewal = renew !== "never";
  const declared = volume({
    fsType: typeOf(state),
    label: state === "other label" ? "data" : null,
    sizeMiB: declaredOf(state),
    renew,
    renewKeepDays: operation === "renew" ? 0 : 3,
    grow: operation.startsWith("grow") ? grow : null,
  });
  const at = scene([declared]);
  if (fault === "no room") {
    tool("mount", "-t", "tmpfs", "-o", `size=${sizeOf(state) + 4}M`, "none", at.folder);
    onTestFinished(() => void tool("umount", at.folder));
  }
  prepare(at, state);
  if (fault === "no room")
    tool("sh", "-c", 'head -c 100M /dev/urandom > "$1" 2>/dev/null || true', "sh", join(at.folder, "full"));
  if (operation === "renew-change") {
    // It was started before with another system.
    if (state !== "absent") await run(["image", "renew", "--starting", "--yes", "--declared", at.file, "guest"]);
    unlinkSync(join(at.folder, "current"));
    symlinkSync("/nix/store/second-runner", join(at.folder, "current"));
  }
  const had = existsSync(at.image);
  const before = had
    ? { whole: whole(at.image), content: content(at.image, state), bytes: statSync(at.image).size }
    : null;

  let swapped: string | null = null;
  let played = { started: true, said: "" };
  if (fault === "holder") {
    const holder = spawn("flock", [at.image, "sh", "-c", "echo locked; exec cat"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    onTestFinished(() => void holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    played = await start(at);
    holder.kill("SIGKILL");
    await once(holder, "exit");
  } else if (fault === "two at once") {
    const both = await Promise.all([start(at), start(at)]);
    played = { started: both.every(({ started }) => started), said: both.map(({ said }) => said).join("") };
  } else if (fault === "swapped") {
    const other = join(at.stateDir, "other.img");
    makeImage(other, "ext4", 16);
    swapped = hashInside(other);
    const running = start(at);
    await delay(60);
    renameSync(other, at.image);
    played = await running;
  } else {
    const step = /^killed (\d+)$/.exec(fault)?.[1];
    const words = isRenewal ? ["move-aside", at.image, ""] : ["grow", at.image, String(declaredOf(state) * MiB)];
    if (step !== undefined) await runVictim(victim, [...words, step]);
    played = await start(at);
  }

  const wrong: string[] = [];
  const must = (holds: boolean, what: string) => void (holds || wrong.push(what));
  const now = readdirSync(at.folder);
  // Of an image that was taken away meanwhile the journal stays, for somebody to look at.
  if (fault !== "swapped")
    must(!now.some((name) => /microvm-lens-new|\.microvm-lens\.json/.test(name)), `left: ${now.join(" ")}`);
  if (swapped !== null) {
    const all = now.filter((name) => name.startsWith("data.img")).map((name) => hashInside(join(at.folder, name)));
    must(all.includes(swapped), "what was put there meanwhile is lost");
    return wrong.map((each) => `${each} — ${played.said.trim()}`);
  }
  if (before === null) {
    must(!existsSync(at.image) && played.started, "an image that is not there is made by the start");
    return wrong;
  }
  const isStopped = fault === "holder" || fault === "no room";
  const done = canBeDone({ operation, state, policy, fault }) && !isStopped;
  const guards = operation !== "guard" && isRenewal && done ? true : comesUp(state);
  const refuses = operation.startsWith("grow") && !done && policy === "refuse" && state !== "longer";
  must(played.started === (guards && !refuses), `started: ${played.started}`);
  if (isRenewal && done) {
    const kept = now.filter((name) => name.startsWith("data.img.aside"));
    must(!existsSync(at.image), "it is not new");
    must(/is recreated by this start/.test(played.said), "nothing says that it is new");
    if (operation === "renew") must(kept.length === 0 || fault !== "none", "the old one stays");
    else
      must(
        kept.some((name) => content(join(at.folder, name), state) === before.content),
        "the old one is lost",
      );
    return wrong.map((each) => `${each} — ${played.said.trim()}`);
  }
  must(content(at.image, state) === before.content, "its content is another one");
  const { size } = statSync(at.image);
  if (operation.startsWith("grow") && done) {
    must(size === declaredOf(state) * MiB, `size ${size}`);
    must(/is grown from/.test(played.said) || fault.startsWith("killed"), "nothing says that it is grown");
    if (typeOf(state).startsWith("ext") && operation === "grow-copy") {
      must(soundExt(at.image), "its filesystem is damaged");
      const kept = state === "link" ? join(at.stateDir, "elsewhere.img.before-grow") : `${at.image}.before-grow`;
      must(existsSync(kept) && content(kept, state) === before.content, "the old one is lost");
    }
  } else {
    must(whole(at.image) === before.whole && size === before.bytes, "it is changed");
    if (operation.startsWith("grow") && state !== "longer")
      must(/ has .+ and .+ are declared.+not grown: /.test(played.said), "nothing says why it is not grown");
    if (isRenewal) must(/should be recreated and stays as it is: /.test(played.said), "nothing says why it stays");
  }
  return wrong.map((each) => `${each} — ${played.said.trim()}`);
}

/** All scenes with SCENES=all (`npm run soak -- scenes`); otherwise a few, of which each has another fault or operation. */
function chosen(): readonly TableScene[] {
  const all = sceneTable();
  if (wanted === "all") return all;
  const random = seeded(seed);
  const mixed = all.map((each) => ({ each, order: random() })).sort((a, b) => a.order - b.order);
  const groups = new Map(mixed.map(({ each }) => [each.fault.replace(/\d+/, "") + each.operation, each]));
  return [...groups.values()].slice(0, Number(wanted));
}

describe.skipIf(!ready)(`starts by what is declared, really run (seed ${seed})`, () => {
  const victim = ready ? buildVictim() : "";
  const scenes = chosen();
  test("the table has at least 200 scenes", () => {
    expect(sceneTable().length).toBeGreaterThanOrEqual(200);
  });
  test.each(scenes)("$operation, $state, $policy, fault: $fault", async (each) => {
    expect(await play(each, victim)).toEqual([]);
  });
});
