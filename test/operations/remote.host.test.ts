import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { journalPath, readJournal } from "../../server/src/operations/journal.ts";
import { lookAtPlace } from "../../server/src/operations/look/look.ts";
import type { Plan, Target } from "../../server/src/operations/operation.ts";
import { planGrow } from "../../server/src/operations/plans/grow.ts";
import { planAdopt, planBackUp, planMoveAside } from "../../server/src/operations/plans/move.ts";
import { rootCommand } from "../../server/src/operations/remote/remote.ts";
import { completeScript } from "../../server/src/operations/remote/remote-script.ts";
import { run } from "../cli/run.ts";
import { type SshServer, startSshServer } from "../host/sshd.ts";
import { needRoot, needTools } from "../host/tools.ts";
import { asPlan, guestFolder, hashInside, makeImage, soundExt, targetAt, tool } from "./images.ts";
import { broken, scriptOf } from "./scripts.ts";

const ready =
  needTools("sshd", "ssh", "ssh-keygen", "mkfs.ext4", "mkfs.xfs", "debugfs", "resize2fs", "qemu-io", "dash") &&
  needRoot();
const MiB = 1024 * 1024;
/** Every step ended in both ways takes two minutes; else each in one of them. */
const everything = process.env["MICROVM_LENS_ALL"] !== undefined;

describe.skipIf(!ready)("microvm-lens image --host", () => {
  let server: SshServer;
  let programs: string;
  const path = process.env["PATH"];

  beforeAll(async () => {
    server = await startSshServer();
    // The user's own ssh, with the configuration of the test.
    programs = join(server.folder, "programs");
    mkdirSync(programs);
    const real = tool("sh", "-c", "command -v ssh").trim();
    writeFileSync(join(programs, "ssh"), `#!/bin/sh\nexec '${real}' ${server.arguments.join(" ")} "$@"\n`);
    chmodSync(join(programs, "ssh"), 0o755);
    process.env["PATH"] = `${programs}:${path}`;
  });

  afterAll(async () => {
    process.env["PATH"] = path;
    await server?.stop();
  });

  test("grows: the same plan as here, run there; then there is nothing to do", async () => {
    const folder = guestFolder();
    const image = join(folder, `it's "a" $(b) ü -x.img`);
    const hash = makeImage(image, "ext4", 16);
    const here = await run(["image", "grow", image, "--size", "32M"]);
    const plan = await run(["image", "grow", image, "--size", "32M", "--host", "server"]);
    const steps = (out: string) => out.split("\n").filter((line) => line.startsWith("        "));
    expect(steps(plan.out)).toEqual(steps(here.out));
    expect(readdirSync(folder)).toHaveLength(1);
    const done = await run(["image", "grow", image, "--size", "32M", "--host", "server", "--yes"]);
    expect(done).toMatchObject({ code: 0, err: expect.stringContaining("[11/11]") });
    expect({ hash: hashInside(image), size: statSync(image).size }).toEqual({ hash, size: 32 * MiB });
    expect(soundExt(image)).toBe(true);
    expect(hashInside(`${image}.before-grow`)).toBe(hash);
    expect(readdirSync(folder)).toHaveLength(2);
    const again = await run(["image", "grow", image, "--size", "32M", "--host", "server"]);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining("already have 32 MiB") });
  });

  test("lengthens an xfs through a link, backs up and moves aside, under names that are free", async () => {
    const folder = guestFolder();
    const image = join(folder, "data.img");
    makeImage(image, "xfs", 300);
    symlinkSync(image, join(folder, "link.img"));
    const words = ["--host", "server", "--yes"];
    expect((await run(["image", "grow", join(folder, "link.img"), "--size", "400M", ...words])).code).toBe(0);
    expect(statSync(image).size).toBe(400 * MiB);
    expect((await run(["image", "backup", image, ...words])).code).toBe(0);
    mkdirSync(join(folder, "..", "safe"));
    expect((await run(["image", "backup", image, "--to", join(folder, "..", "safe", "b.img"), ...words])).code).toBe(0);
    for (const copy of [`${image}.backup`, join(folder, "..", "safe", "b.img")]) tool("cmp", image, copy);
    expect((await run(["image", "move-aside", image, ...words])).code).toBe(0);
    tool("cp", `${image}.aside`, image);
    expect((await run(["image", "move-aside", image, ...words])).code).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(["data.img.aside", "data.img.aside-2", "data.img.backup", "link.img"]);
    const adopt = (to: string) => run(["image", "adopt", `${image}.aside`, "--to", to, ...words]);
    expect(await adopt(`${image}.backup`)).toMatchObject({ code: 2, err: expect.stringContaining("already exists") });
    expect((await adopt(join(folder, "new.img"))).code).toBe(0);
    tool("cmp", join(folder, "new.img"), `${image}.backup`);
    expect(existsSync(`${image}.aside`)).toBe(false);
  });

  test("deletes the old image, and only where the one in its place is whole and the one that was seen", async () => {
    const folder = guestFolder();
    const image = join(folder, "data.img");
    const hash = makeImage(image, "ext4", 16);
    const words = ["--host", "server", "--yes"];
    expect((await run(["image", "grow", image, "--size", "32M", ...words])).code).toBe(0);
    const old = `${image}.before-grow`;
    const deleting = (...more: string[]) => run(["image", "delete-old", old, "--host", "server", "--unseen", ...more]);
    expect((await deleting()).out).toMatch(/Delete the old image .*before-grow \(/);
    const away = join(folder, "..", "away.img");
    tool("mv", image, away);
    expect(await deleting("--yes")).toMatchObject({ code: 2, err: expect.stringContaining("only copy") });
    makeImage(image, "ext4", 8);
    expect(await deleting("--yes")).toMatchObject({ code: 2, err: expect.stringContaining("shorter") });
    tool("mv", away, image);
    expect(readdirSync(folder).sort()).toEqual(["data.img", "data.img.before-grow"]);
    utimesSync(old, new Date(), new Date(Date.now() + 5_000));
    expect(await deleting("--yes")).toMatchObject({ code: 2, err: expect.stringContaining("written to after") });
    utimesSync(old, new Date(0), new Date(0));
    expect((await deleting("--yes")).code).toBe(0);
    expect(readdirSync(folder)).toEqual(["data.img"]);
    expect(hashInside(image)).toBe(hash);
  });

  test("refuses an image that a process holds, which it names, and whatever it does not do there", async () => {
    const folder = guestFolder();
    const image = join(folder, "data.img");
    const hash = makeImage(image, "ext4", 16);
    const qemu = spawn("qemu-io", ["-f", "raw", image], { stdio: ["pipe", "pipe", "ignore"] });
    onTestFinished(() => void qemu.kill("SIGKILL"));
    qemu.stdin.write("length\n");
    await once(qemu.stdout, "data");
    for (const words of [
      ["grow", image, "--size", "32M"],
      ["backup", image],
      ["move-aside", image],
      ["adopt", image, "--to", `${image}x`],
    ]) {
      const { code, err } = await run(["image", ...words, "--host", "server", "--yes"]);
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringMatching(/in use/) });
    }
    for (const words of [
      ["convert", image],
      ["restore", image, "--from", image],
      ["chown", image],
      ["relabel", image, "--label", "x"],
      ["grow", image, "--size", "32M", "--mount"],
      ["grow", "data.img", "--size", "32M"],
    ]) {
      const { code, err } = await run(["image", ...words, "--host", "server", "--yes"], { cwd: folder });
      expect({ words, code, err }).toMatchObject({ words, code: 2, err: expect.stringMatching(/over ssh|absolute/) });
    }
    const missing = await run(["image", "backup", `${image}x`, "--host", "server"]);
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining("no such file") });
    expect(readdirSync(folder)).toEqual(["data.img"]);
    expect(hashInside(image)).toBe(hash);
  });

  test("puts in order what was interrupted there, or says that nothing was", async () => {
    const image = join(guestFolder(), "data.img");
    const hash = makeImage(image, "ext4", 16);
    const none = await run(["image", "complete", image, "--host", "server"]);
    expect(none).toMatchObject({ code: 0, out: expect.stringContaining("No operation was interrupted") });
    broken(growing(await targetAt(image)), await targetAt(image), 5, "KILL");
    const refused = await run(["image", "grow", image, "--size", "32M", "--host", "server", "--yes"]);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("image complete") });
    const shown = await run(["image", "complete", image, "--host", "server"]);
    expect(shown).toMatchObject({ code: 0, err: expect.stringContaining("+ rm --") });
    expect(existsSync(`${image}.microvm-lens-new`)).toBe(true);
    const done = await run(["image", "complete", image, "--host", "server", "--yes"]);
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining("is undone") });
    expect(readdirSync(dirname(image))).toEqual(["data.img"]);
    expect(hashInside(image)).toBe(hash);
  });
});

describe.skipIf(!ready)("the way to the host", () => {
  test.each([
    ["-tt", "the host undoes what was begun", ["data.img"]],
    ["-T", "without a terminal the operation goes on to its end", ["data.img", "data.img.before-grow"]],
  ])("a connection with %s that is lost in the middle of a step: %s", async (terminal, _, names) => {
    const server = await startSshServer();
    try {
      const image = join(guestFolder(), "data.img");
      const hash = makeImage(image, "ext4", 16);
      const target = await targetAt(image);
      const gate = join(image, "..", "..", "gate");
      writeFileSync(gate, "");
      const wait = `while [ -e '${gate}' ]; do sleep 0.1; done`;
      const script = scriptOf(growing(target), target).replace("\nstep 5/", () => `\nsay waiting\n${wait}\nstep 5/`);
      // -tt: a terminal there, as `ssh -t` has it where a person sits.
      const ssh = spawn("ssh", [terminal, ...server.arguments, "server", rootCommand(script)], { stdio: "pipe" });
      let words = "";
      await new Promise<void>((go) => {
        for (const stream of [ssh.stdout, ssh.stderr]) {
          stream.on("data", (data: Buffer) => {
            words += data.toString();
            if (words.includes("waiting")) go();
          });
        }
      });
      expect(existsSync(`${image}.microvm-lens-new`)).toBe(true);
      const ended = once(ssh, "exit");
      ssh.kill("SIGKILL");
      await ended;
      if (terminal === "-T") rmSync(gate);
      await expect.poll(() => existsSync(journalPath(image)), { timeout: 60_000 }).toBe(false);
      expect(readdirSync(dirname(image)).sort()).toEqual(names);
      for (const name of names) expect(hashInside(join(dirname(image), name))).toBe(hash);
      expect(soundExt(image)).toBe(true);
    } finally {
      await server.stop();
    }
  });

  test("whoever is not root there asks sudo, with the script as one word", () => {
    const folder = guestFolder();
    tool("chmod", "-R", "a+rx", join(folder, ".."));
    writeFileSync(join(folder, "sudo"), '#!/bin/sh\necho "sudo $# $1 $2 $3"\nshift\nexec "$@"\n');
    chmodSync(join(folder, "sudo"), 0o755);
    const command = rootCommand("echo \"it's $((1 + 1)) 'words' \\\\ done!\"\n");
    const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "env", `PATH=${folder}:/usr/bin:/bin`];
    expect(tool("setpriv", ...asNobody, "sh", "-c", command)).toBe("sudo 4 -- sh -c\nit's 2 'words' \\ done!\n");
    expect(tool("sh", "-c", command)).toBe("it's 2 'words' \\ done!\n");
  });
});

describe.skipIf(!ready)("the script that runs there", () => {
  const shells = ["sh", "dash", "bash"] as const;

  test.each([
    ["grow", growing, "before-grow"],
    ["backup", (target: Target) => asPlan(planBackUp(target, null)), "backup"],
    ["move-aside", (target: Target) => asPlan(planMoveAside(target)), "aside"],
    ["adopt", (target: Target) => asPlan(planAdopt(target, lookAtPlace(`${target.path}.new`))), "new"],
  ] as const)("%s: killed or hung up before each step, nothing is lost", async (_, planFor, suffix) => {
    const folder = guestFolder();
    const image = join(folder, "data.img");
    const hash = makeImage(image, "ext4", 16);
    const template = join(folder, "..", "template.img");
    tool("cp", "--sparse=always", image, template);
    const kept = `${image}.${suffix}`;
    const steps = planFor(await targetAt(image)).steps.length;
    for (let step = 1; step <= steps; step++) {
      const [killed, ended] = ["KILL", step % 4 < 2 ? "HUP" : "INT"] as const;
      for (const signal of everything ? [killed, ended] : step % 2 === 0 ? [killed] : [ended]) {
        rmSync(kept, { force: true });
        rmSync(image, { force: true });
        tool("cp", "--sparse=always", template, image);
        const target = await targetAt(image);
        broken(planFor(target), target, step, signal, shells[step % 3] as string);
        const at = { step, signal };
        if (signal === "KILL") {
          expect({ ...at, journal: readJournal(image) }).toMatchObject({ journal: { version: 1 } });
          const { status, stderr } = spawnSync("sh", ["-c", completeScript(image, "h", true, "en")], {
            encoding: "utf8",
          });
          expect({ ...at, status, stderr }).toMatchObject({ ...at, status: 0 });
        } else if (existsSync(journalPath(image))) {
          // It had done its work: what is left is for the next run.
          const { status } = spawnSync("sh", ["-c", completeScript(image, "h", true, "en")]);
          expect({ ...at, status }).toEqual({ ...at, status: 0 });
        }
        const left = readdirSync(folder).filter((name) => name !== "data.img" && name !== `data.img.${suffix}`);
        expect({ ...at, left }).toEqual({ ...at, left: [] });
        const place = existsSync(image) ? image : kept;
        expect({ ...at, hash: hashInside(place), links: statSync(place).nlink }).toEqual({ ...at, hash, links: 1 });
        if (existsSync(kept)) expect({ ...at, hash: hashInside(kept) }).toEqual({ ...at, hash });
      }
    }
  });

  test("an image that changed since the plan was made, or changes while it is copied, is not replaced", async () => {
    const image = join(guestFolder(), "data.img");
    makeImage(image, "ext4", 16);
    const target = await targetAt(image);
    const script = scriptOf(growing(target), target);
    const meddled = script.replace("\nstep 4/", `\ntune2fs -L changed '${image}' >/dev/null\nready\nstep 4/`);
    for (const text of [meddled, script]) {
      const { status, stderr } = spawnSync("sh", ["-c", text], { encoding: "utf8" });
      expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("no longer the file") });
      expect(readdirSync(dirname(image))).toEqual(["data.img"]);
    }
    expect(tool("e2label", image).trim()).toBe("changed");
  });

  test("an image that is taken while the new one takes its place gets its place back", async () => {
    const image = join(guestFolder(), "data.img");
    const hash = makeImage(image, "ext4", 16);
    const target = await targetAt(image);
    const script = scriptOf(growing(target), target);
    const taken = script.replace("\nswap ", `\nsleep 600 <'${image}' >/dev/null 2>&1 &\nholder=$!\nswap `);
    const { status, stderr } = spawnSync("sh", ["-c", taken.replace("exit 2\n}", 'kill "${holder:-}"\n  exit 2\n}')], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringMatching(/sleep \(\d+\)/) });
    expect(statSync(image)).toMatchObject({ ino: target.image.inode, size: 16 * MiB });
    expect(hashInside(image)).toBe(hash);
    expect(readdirSync(dirname(image))).toEqual(["data.img"]);
  });

  test("an image that is taken in the very moment in which it is moved gets its old name back", async () => {
    const image = join(guestFolder(), "data.img");
    const hash = makeImage(image, "ext4", 16);
    const target = await targetAt(image);
    const script = scriptOf(asPlan(planMoveAside(target)), target);
    const hold = `sleep 600 <'${image}' >/dev/null 2>&1 &\nholder=$!\nunlinkone `;
    const taken = script
      .replace("\nunlinkone '", () => `\n${hold}'`)
      .replace("exit 2\n}", 'kill "${holder:-}"\n  exit 2\n}');
    const { status, stderr } = spawnSync("sh", ["-c", taken], { encoding: "utf8" });
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringMatching(/moved.*sleep \(\d+\)/) });
    expect({ inode: statSync(image).ino, hash: hashInside(image) }).toEqual({ inode: target.image.inode, hash });
    expect(readdirSync(dirname(image))).toEqual(["data.img"]);
  });

  test("another file that gets the image's name in the very moment of the change stays", async () => {
    const image = join(guestFolder(), "data.img");
    const hash = makeImage(image, "ext4", 16);
    const other = join(image, "..", "..", "other.img");
    const precious = makeImage(other, "ext4", 16);
    const target = await targetAt(image);
    const script = scriptOf(growing(target), target).replace("\nswap '", () => `\nmv '${other}' '${image}'\nswap '`);
    expect(spawnSync("sh", ["-c", script], { encoding: "utf8" }).status).toBe(2);
    const completing = spawnSync("sh", ["-c", completeScript(image, "h", true, "en")], { encoding: "utf8" });
    expect(completing).toMatchObject({ status: 0, stdout: expect.stringContaining("another file") });
    expect(readdirSync(dirname(image)).sort()).toEqual(["data.img", "data.img.before-grow"]);
    expect({ there: hashInside(image), kept: hashInside(`${image}.before-grow`) }).toEqual({
      there: precious,
      kept: hash,
    });
  });

  test("a step that fails undoes what was begun", async () => {
    const image = join(guestFolder(), "data.img");
    const hash = makeImage(image, "ext4", 16);
    const target = await targetAt(image);
    const script = scriptOf(growing(target), target).replace(/^run '0' 'resize2fs'.*$/m, "run '0' 'false'");
    const { status, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("as it was before") });
    expect(readdirSync(dirname(image))).toEqual(["data.img"]);
    expect(hashInside(image)).toBe(hash);
  });
});

function growing(target: Target): Plan {
  return asPlan(planGrow(target, 32 * MiB));
}
