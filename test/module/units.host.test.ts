import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { complaintsAbout } from "../harness/units.ts";
import { needRoot, needTools } from "../host/tools.ts";
import { hashInside, makeImage, soundExt, tool } from "../operations/images.ts";
import { type Evaluated, evaluate } from "./evaluate.ts";
import { aHost, type Host } from "./start.ts";

const tools = needTools("nix-instantiate", "mkfs.ext4", "mkfs.vfat", "resize2fs", "debugfs", "flock") && needRoot();
const MiB = 1024 * 1024;
const data = (size: number, more: object = {}) => ({ image: "data.img", mountPoint: "/data", size, ...more });
const lens = { enable: true, grow: { enable: true }, guard: { enable: true } };

describe.skipIf(!(tools && needTools("systemd-analyze")))("units", () => {
  test("pass systemd-analyze verify, on top of microvm.nix's own", () => {
    const { services } = evaluate({
      lens: {
        ...lens,
        watch: { enable: true, textfile: "/var/lib/node/microvm.prom", onAlert: "notify.service" },
        prune: { enable: true, unusedDays: 9 },
      },
      guests: { web: { microvm: { volumes: [data(64)] } } },
    });
    const folder = mkdtempSync(join(tmpdir(), "microvm-lens-units-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const program = join(folder, "program");
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
    for (const target of ["basic", "sysinit", "shutdown", "default"])
      writeFileSync(join(folder, `${target}.target`), `[Unit]\nDescription=${target}\n`);
    const names = Object.entries(services).map(([name, service]) => {
      const file = name.replace(/@$/, "@web");
      const own = name === "microvm@" ? "ExecStart=/bin/true\nRestart=always\nTimeoutSec=150\n" : "";
      writeFileSync(
        join(folder, `${file}.service`),
        `[Unit]\nDescription=x\n[Service]\n${own}${sectionOf(service, program)}`,
      );
      return file;
    });
    expect(names.sort()).toEqual(["microvm-lens-prune", "microvm-lens-watch", "microvm@web"]);
    for (const name of names) expect([name, complaintsAbout(name, folder)]).toEqual([name, []]);
  });
});

/** A [Service] section as NixOS writes it; programs that are not on this machine are replaced by one that is. */
function sectionOf({ serviceConfig }: Evaluated["services"][string], program: string): string {
  const lines = Object.entries(serviceConfig).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => `${key}=${String(each)}`),
  );
  return `${lines.join("\n")}\n`
    .replaceAll("/etc/microvm-lens/start", program)
    .replace(/^(ExecStart=)'?\S+microvm-lens\S*'?/m, `$1${program}`);
}

/** One guest that was started before with an image of 32 MiB, and now declares more. */
function scene(more: object = {}, fsType = "ext4"): { host: Host; image: string; hash: string } {
  const host = aHost("web");
  const image = join(host.folder, "data.img");
  const hash = makeImage(image, fsType, 32);
  host.switchTo({ lens: { ...lens, ...more }, guests: { web: { microvm: { volumes: [data(128, { fsType })] } } } });
  return { host, image, hash };
}

describe.skipIf(!tools)("the script before a start, really run", () => {
  test("grows, and lets the guest start", () => {
    const { host, image, hash } = scene();
    expect(host.start("web").started).toBe(true);
    expect([statSync(image).size, hashInside(image), soundExt(image)]).toEqual([128 * MiB, hash, true]);
  });

  test("with a holder: starts as it is, or not at all, by policy", async () => {
    for (const onFailure of ["start", "refuse"]) {
      const { host, image, hash } = scene({ grow: { enable: true, onFailure } });
      const holder = spawn("flock", [image, "sh", "-c", "echo locked; exec cat"], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      onTestFinished(() => void holder.kill("SIGKILL"));
      await once(holder.stdout, "data");
      const { started, said } = host.start("web");
      expect([onFailure, started]).toEqual([onFailure, onFailure === "start"]);
      expect(said.join("\n")).toMatch(/has 32 MiB and 128 MiB are declared.+: .+ is in use: process/);
      expect([statSync(image).size, hashInside(image)]).toEqual([32 * MiB, hash]);
    }
  });

  test("damaged, cut off, blank, of another type: nothing is made worse, and what would not come up does not start", () => {
    const damage: readonly [string, (image: string) => void, boolean][] = [
      ["cut off", (image) => truncateSync(image, 16 * MiB), false],
      ["blank", (image) => makeImage(image, "blank", 32), false],
      ["vfat", (image) => void makeImage(image, "vfat", 32), false],
      ["gone", (image) => rmSync(image), true],
    ];
    for (const [what, damaging, starts] of damage) {
      const { host, image } = scene();
      damaging(image);
      const before = existsSync(image) ? tool("sha256sum", image) : null;
      const { started, said } = host.start("web");
      expect([what, started, said.length > 0]).toEqual([what, starts, true]);
      if (before !== null) expect([what, tool("sha256sum", image)]).toEqual([what, before]);
      expect([what, existsSync(`${image}.before-grow`)]).toEqual([what, false]);
    }
  });

  test("two starts at once: one grows it, nothing is lost", async () => {
    const { host, image, hash } = scene();
    const file = join(host.stateDir, "both");
    const script =
      host.switchTo({ lens, guests: { web: { microvm: { volumes: [data(256)] } } } }).etc["microvm-lens/start"] ?? "";
    writeFileSync(file, script.replaceAll("/etc/microvm-lens/", `${join(host.stateDir, "..", "etc")}/`));
    const both = [1, 2].map(() => spawn("sh", [file, "web"], { stdio: "ignore" }));
    await Promise.all(both.map((each) => once(each, "exit")));
    expect([statSync(image).size, hashInside(image), soundExt(image)]).toEqual([256 * MiB, hash, true]);
  });

  test("killed in the middle at eight moments: the next start puts it in order and goes on", {
    timeout: 170_000,
  }, async () => {
    for (let wait = 0; wait < 8; wait++) {
      const { host, image, hash } = scene();
      const child = spawn("sh", [join(host.stateDir, "..", "etc", "start"), "web"], {
        stdio: "ignore",
        detached: true,
      });
      const ended = once(child, "exit");
      setTimeout(() => {
        try {
          process.kill(-(child.pid as number), "SIGKILL");
        } catch {
          // It was done already.
        }
      }, 90 * wait);
      await ended;
      expect(hashInside(image)).toBe(hash);
      const { started, said } = host.start("web");
      expect([said, wait, started, statSync(image).size, hashInside(image), soundExt(image)]).toEqual([
        said,
        wait,
        true,
        128 * MiB,
        hash,
        true,
      ]);
    }
  });

  test("a file of declarations that is gone or broken stops nobody", () => {
    const { host } = scene();
    writeFileSync(join(host.stateDir, "..", "etc", "declared.json"), "{");
    expect(host.start("web")).toMatchObject({ started: true });
    expect(host.start("other")).toEqual({ started: true, said: [] });
  });

  test("the gate stops a switch that would break a volume, and no other one", () => {
    const { host, image } = scene();
    const gate = (type: string) => {
      const guests = { web: { microvm: { volumes: [data(128, { fsType: type })] } } };
      const { checks, etc } = host.switchTo({ lens: { ...lens, gate: { enable: true } }, guests });
      const script = (checks["microvm-lens"] ?? "").replace(
        /--declared \S+/,
        "--declared /etc/microvm-lens/declared.json",
      );
      expect(etc["microvm-lens/declared.json"]).toContain(type);
      return host.run(`set -eu\n${script}`);
    };
    expect(gate("ext4").code).toBe(0);
    const stopped = gate("xfs");
    expect([stopped.code, stopped.err]).toEqual([1, expect.stringContaining("NIXOS_NO_CHECK=1")]);
    expect(stopped.out).toContain(image.replace(/^.*\//, ""));
  });

  test("the watch writes numbers, and starts a unit of one's own when a condition holds", () => {
    const { host } = scene();
    const textfile = join(host.stateDir, "microvm.prom");
    const watch = { enable: true, textfile, alerts: ["mismatch"], onAlert: "notify.service" };
    const { scripts } = host.switchTo({
      lens: { enable: true, watch },
      guests: { web: { microvm: { volumes: [data(128)] } } },
    });
    const told = join(host.stateDir, "told");
    const script = (scripts["microvm-lens-watch"] ?? "")
      .replaceAll("/var/lib/microvm-lens", host.stateDir)
      .replace("/usr/bin/systemctl", `echo > '${told}'`);
    expect(host.run(script)).toMatchObject({
      code: 0,
      err: expect.stringContaining("data.img differs from what is declared"),
    });
    expect(readFileSync(textfile, "utf8")).toContain(
      'microvm_volume_mismatch{guest="web",image="data.img",mountpoint="/data",what="size"} 1',
    );
    expect([
      existsSync(told),
      existsSync(join(host.stateDir, "snapshot.json")),
      existsSync(join(host.stateDir, "hours.jsonl")),
    ]).toEqual([true, true, true]);
  });
});
