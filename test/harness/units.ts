import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A systemd service as NixOS's options say it. */
export interface Service {
  readonly description?: string;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  readonly requiredBy?: readonly string[];
  readonly partOf?: readonly string[];
  readonly serviceConfig?: Readonly<Record<string, string>>;
  readonly script?: string;
}

const nobody = 65534;

/**
 * Writes a service that belongs to a guest as NixOS would, beside stand-ins for microvm.nix's own units. Returns the folder
 * of units; the caller removes it.
 */
export function writeUnits(name: string, guest: string, service: Service): string {
  const units = mkdtempSync(join(tmpdir(), "lens-units-"));
  const script = join(units, `${name}.sh`);
  writeFileSync(script, `#!/bin/bash\nset -e\n${service.script ?? ""}`, { mode: 0o755 });
  const write = (unit: string, text: string) => writeFileSync(join(units, unit), `${text}\n`);
  write(`${name}.service`, unitText(service, script));
  // nixos-modules/host/default.nix of microvm.nix.
  write(
    `install-microvm-${guest}.service`,
    `[Unit]\nBefore=microvm@${guest}.service\n[Service]\nType=oneshot\nExecStart=/bin/true`,
  );
  write("microvm@.service", "[Unit]\nDescription=MicroVM\n[Service]\nExecStart=/bin/true\nRestart=always");
  for (const target of ["basic", "sysinit", "shutdown", "default"])
    write(`${target}.target`, `[Unit]\nDescription=${target}`);
  for (const unit of service.requiredBy ?? []) {
    const folder = join(units, `${unit}.requires`);
    mkdirSync(folder);
    symlinkSync(`../${name}.service`, join(folder, `${name}.service`));
  }
  chmodSync(units, 0o755);
  return units;
}

/** What `systemd-analyze verify` complains of about one unit. */
export function complaintsAbout(name: string, units: string): string[] {
  const { stderr } = spawnSync(
    "systemd-analyze",
    ["verify", "--man=no", "--recursive-errors=yes", join(units, `${name}.service`)],
    { encoding: "utf8", env: { ...process.env, SYSTEMD_UNIT_PATH: `${units}:` } },
  );
  return stderr.split("\n").filter((line) => line.includes(name));
}

/** Units by name, each with what its properties name: `After`, `Requires` … */
export type UnitGraph = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/**
 * The units that systemd itself loads to start one, with the dependencies that it sees (`systemd --test`, which starts
 * nothing). Null where there is no systemd.
 */
export function loadedUnits(units: string, start: string): UnitGraph | null {
  const program = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].find((path) => existsSync(path));
  if (!program) return null;
  const runtime = mkdtempSync(join(tmpdir(), "lens-runtime-"));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(runtime, nobody, nobody);
  const words = [program, "--test", "--user", `--unit=${start}`, "--log-target=null"];
  const [command = program, ...rest] = isRoot
    ? ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", ...words]
    : words;
  try {
    const { stdout } = spawnSync(command, rest, {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], SYSTEMD_UNIT_PATH: units, XDG_RUNTIME_DIR: runtime, HOME: runtime },
      maxBuffer: 32 * 1024 * 1024,
    });
    return graphOf(stdout ?? "");
  } finally {
    rmSync(runtime, { recursive: true, force: true });
  }
}

function graphOf(dump: string): UnitGraph {
  const graph = new Map<string, Map<string, string[]>>();
  let unit: Map<string, string[]> | null = null;
  for (const line of dump.split("\n")) {
    const begins = /^\s*-> Unit (\S+):$/.exec(line);
    if (begins) {
      unit = new Map();
      graph.set(begins[1] as string, unit);
    }
    const property = /^\t\t(\w+): (\S+)/.exec(line);
    if (unit && property) {
      const [, name = "", value = ""] = property;
      unit.set(name, [...(unit.get(name) ?? []), value]);
    }
  }
  return graph;
}

function unitText(service: Service, script: string): string {
  return [
    "[Unit]",
    `Description=${service.description ?? ""}`,
    ...(service.before ?? []).map((name) => `Before=${name}`),
    ...(service.after ?? []).map((name) => `After=${name}`),
    ...(service.partOf ?? []).map((name) => `PartOf=${name}`),
    "[Service]",
    ...Object.entries(service.serviceConfig ?? {})
      // These accounts exist on a host of microvm.nix, hardly here.
      .filter(([key]) => key !== "User" && key !== "Group")
      .map(([key, value]) => `${key}=${value}`),
    `ExecStart=${script}`,
  ].join("\n");
}
