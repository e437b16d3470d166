import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { cliBundle } from "../clients/bundle.ts";
import { makeImage } from "../operations/images.ts";
import { type Asked, type Evaluated, evaluate } from "./evaluate.ts";

interface Volume {
  readonly image: string;
  readonly size: number;
  readonly fsType?: string;
  readonly label?: string;
  readonly autoCreate?: boolean;
}

/** A host on which a configuration is switched to and guests are started, as far as it is about their images. */
export interface Host {
  readonly stateDir: string;
  /** The guest's directory. */
  readonly folder: string;
  /** Real Nix evaluates the configuration, and it becomes the current system. */
  switchTo(asked: Omit<Asked, "stateDir">): Evaluated;
  /** What the guest's unit does: the module's script; where that lets it, microvm.nix's volume script. */
  start(guest: string): { readonly started: boolean; readonly said: readonly string[] };
  /** Any other script of the module, with the files of this host in the place of those below /etc. */
  run(
    script: string,
    ...words: readonly string[]
  ): { readonly code: number | null; readonly out: string; readonly err: string };
}

/** A host with one guest's directory; gone after the test. */
export function aHost(guest: string): Host {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-host-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const stateDir = join(root, "microvms");
  const folder = join(stateDir, guest);
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(root, "lens", "bin"), { recursive: true });
  mkdirSync(join(root, "etc"));
  const program = join(root, "lens", "bin", "microvm-lens");
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${cliBundle()}' "$@"\n`);
  chmodSync(program, 0o755);
  let generation = 0;
  let system: Evaluated | null = null;
  let volumes = new Map<string, readonly Volume[]>();
  const run: Host["run"] = (script, ...words) => {
    const file = join(root, "script");
    writeFileSync(file, script.replaceAll(/(?<!\w)\/etc\/microvm-lens\//g, `${join(root, "etc")}/`), { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync("sh", [file, ...words], {
      encoding: "utf8",
      env: { PATH: `${join(root, "lens", "bin")}:${process.env["PATH"]}`, LC_ALL: "C" },
    });
    return { code: status, out: stdout, err: stderr };
  };
  return {
    stateDir,
    folder,
    run,
    switchTo(asked) {
      system = evaluate({ ...asked, stateDir }, join(root, "lens"));
      for (const [name, text] of Object.entries(system.etc))
        writeFileSync(join(root, "etc", name.replace(/^.*\//, "")), text);
      volumes = new Map(
        Object.entries(asked.guests).map(([name, { microvm }]) => [name, (microvm as { volumes: Volume[] }).volumes]),
      );
      // A system that changed has another runner (install-microvm-NAME of microvm.nix).
      for (const [name, { microvm }] of Object.entries(asked.own ?? {}))
        volumes.set(name, (microvm as { volumes: Volume[] }).volumes);
      for (const [name, all] of volumes) {
        const { scripts = {}, etc = {} } = system.runners[name] ?? {};
        const runner = join(root, `runner-${name}-${++generation}`);
        install(runner, join(stateDir, name), all, scripts);
        for (const [file, text] of Object.entries(etc)) {
          const place = join(runner, "share", "microvm", "system", "etc", file);
          mkdirSync(dirname(place), { recursive: true });
          writeFileSync(place, text);
        }
      }
      return system;
    },
    start(name) {
      const script = system?.etc["microvm-lens/start"];
      const { code, out, err } = script === undefined ? { code: 0, out: "", err: "" } : run(script, name);
      const said = `${out}${err}`.replaceAll(`${stateDir}/${name}`, "…").split("\n").filter(Boolean);
      if (code !== 0) return { started: false, said };
      for (const volume of volumes.get(name) ?? []) create(join(stateDir, name), volume);
      return { started: true, said };
    },
  };
}

/** Installs a runner with these volumes for the guest of this directory, as microvm.nix builds them (lib/runner.nix). */
export function install(
  runner: string,
  directory: string,
  volumes: readonly Volume[],
  scripts: Readonly<Record<string, string>> = {},
): void {
  mkdirSync(join(runner, "bin"), { recursive: true });
  const all = { "microvm-run": `#!/bin/sh\n${runScript(volumes)}`, ...scripts };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(runner, "bin", name), text, { mode: 0o755 });
  mkdirSync(directory, { recursive: true });
  rmSync(join(directory, "current"), { force: true });
  symlinkSync(runner, join(directory, "current"));
}

function runScript(volumes: readonly Volume[]): string {
  const made = volumes
    .filter(({ autoCreate }) => autoCreate ?? true)
    .map(({ image, size, fsType = "ext4", label }) => {
      const named = label === undefined ? "" : `-L '${label}' `;
      return `if [ ! -e '${image}' ]; then\n  touch '${image}'\n  truncate -s ${size}M '${image}'\n  mkfs.${fsType} ${named}'${image}'\nfi\n`;
    });
  const drives = volumes.map(({ image }, at) => `-drive 'id=vd${"abcdefgh"[at]},format=raw,file=${image},if=none'`);
  return `${made.join("")}\nexec /nix/store/q/bin/qemu-system-x86_64 -name x ${drives.join(" ")}\n`;
}

/** lib/volumes.nix: only what is not there. */
function create(folder: string, { image, size, fsType = "ext4", label }: Volume): void {
  const path = join(folder, image);
  if (!existsSync(path)) makeImage(path, fsType, size, label === undefined ? [] : ["-L", label]);
}
