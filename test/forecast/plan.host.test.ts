import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { render } from "../../server/src/base/text.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { Engine } from "../../server/src/engine/engine.ts";
import { leftBehind, planGuests, whyOf } from "../../server/src/forecast/plan.ts";
import type { VolumeForecast } from "../../server/src/forecast/volume-forecast.ts";
import { testParser } from "../harness/memory-files.ts";
import { needLoopDevices, needTools } from "../host/tools.ts";
import { shellParser } from "../shell/parser.ts";
import { type PlanCase, planCases } from "./plan-cases.ts";

const user = { uid: 64990, gid: 64302 };
const ready =
  needLoopDevices() &&
  needTools("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "losetup", "blkid", "setpriv", "unshare", "mount");

/**
 * Does what microvm.nix's start script does (domain.md §1: touch, chattr, truncate, mkfs, as the user microvm), opens the
 * result as the hypervisor would, and mounts it by the device rule: what comes of it must be the plan's word, each time.
 */
describe.skipIf(!ready)("the plan comes true", () => {
  const folder = mkdtempSync(join(tmpdir(), "lens-plan-"));
  const cases = planCases(Number(process.env["PLAN_CASES"] ?? 540), 20260922);
  let plans = new Map<string, VolumeForecast>();
  let outcomes = new Map<string, string>();

  beforeAll(async () => {
    const stateDir = join(folder, "state");
    mkdirSync(stateDir);
    // mkdtemp keeps everybody else out, also the user microvm.
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, "flake"));
    writeFileSync(join(folder, "flake/flake.nix"), flakeOf(cases));
    inMountSpace(cases.map((each) => prepared(each, stateDir)).join("\n"));
    plans = await predicted(join(folder, "flake"), stateDir);
    const lines = inMountSpace(
      `mkdir -p ${folder}/mnt\n${cases.map((each) => acted(each, stateDir, `${folder}/mnt`)).join("\n")}`,
    );
    outcomes = new Map(
      lines
        .trim()
        .split("\n")
        .map((line) => line.split("\t") as [string, string]),
    );
  }, 1_200_000);

  afterAll(() => {
    const counts: Record<string, number> = {};
    for (const outcome of outcomes.values()) counts[outcome] = (counts[outcome] ?? 0) + 1;
    console.log(`${outcomes.size} pairs, outcomes: ${JSON.stringify(counts)}`);
    execFileSync("chmod", ["-R", "u+rwx", folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("for every pair of declaration and disk", () => {
    const wrong = cases.flatMap((each) => {
      const plan = plans.get(each.name);
      const word = plan ? wordOf(plan) : "no plan";
      const outcome = outcomes.get(each.name);
      return isAs(word, outcome)
        ? []
        : [`${JSON.stringify(each)}\n  planned ${word} (${plan ? render(whyOf(plan)) : ""}), came ${outcome}`];
    });
    expect(outcomes.size).toBe(cases.length);
    expect(wrong.join("\n")).toBe("");
  });

  it("every word of the plan that a single volume can come to is among them", () => {
    const words = new Set([...outcomes.values()].map((word) => word.split(" ")[0]));
    expect([...words].sort()).toEqual(["blank", "create", "no-start", "not-mount", "recreate", "reuse"]);
  });
});

/**
 * What this player cannot tell apart: it sees only that nothing is mounted where the hypervisor may not open the file, what
 * an `rm` of nothing was, and a blank disk before it sees that no label leads to it. test/worlds does.
 */
const alike: readonly (readonly [planned: string, came: string])[] = [
  ["no-start null", "not-mount"],
  ["create", "recreate"],
  ["not-mount", "blank"],
];

function isAs(word: string, outcome: string | undefined): boolean {
  return word === outcome || alike.some(([planned, came]) => word === planned && outcome === came);
}

function wordOf(plan: VolumeForecast): string {
  return plan.outcome === "no-start" ? `${plan.outcome} ${leftBehind(plan)}` : plan.outcome;
}

async function predicted(flake: string, stateDir: string): Promise<Map<string, VolumeForecast>> {
  const engine = new Engine({
    parser: await testParser(),
    loadShell: shellParser,
    roots: [flake],
    stateDir,
    settings: { hosts: [], rules: {} },
    createProbe: ({ name }) => {
      const probe = createLocalProbe({ host: name });
      return {
        host: name,
        // This machine has no user microvm: the accounts are the only thing that is made up.
        observe: async (request, signal) => ({
          ...(await probe.observe(request, signal)),
          microvmUser: { state: "seen", value: user, by: "test" },
        }),
      };
    },
  });
  try {
    const { context } = await engine.snapshot();
    return new Map(
      planGuests(context).flatMap(({ guest, volumes }) => (volumes[0] ? [[guest.name, volumes[0]] as const] : [])),
    );
  } finally {
    engine.dispose();
  }
}

function flakeOf(cases: readonly PlanCase[]): string {
  const guests = cases.map((each) => {
    const args = each.mkfsExtraArgs.map((argument) => JSON.stringify(argument)).join(" ");
    const preStart = each.transient ? `microvm.preStart = "rm -f '${each.image}'"; ` : "";
    return `    nixosConfigurations.${each.name} = guest { ${preStart}microvm.volumes = [ {
      image = ${JSON.stringify(each.image)}; mountPoint = ${each.mounted ? '"/data"' : "null"}; size = ${each.size};
      fsType = "${each.fsType}"; label = ${each.label === null ? "null" : JSON.stringify(each.label)};
      autoCreate = ${each.autoCreate}; readOnly = ${each.readOnly}; mkfsExtraArgs = [ ${args} ];
    } ]; };`;
  });
  return `{
  outputs = { nixpkgs, microvm, ... }: let
    guest = module: nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm module ]; };
  in {
${guests.join("\n")}
  };
}
`;
}

/** Shell lines that bring the disk into the state of a case. */
function prepared({ name, image, disk }: PlanCase, stateDir: string): string {
  const directory = `${stateDir}/${name}`;
  const path = q(`${directory}/${image}`);
  const own = `chown ${user.uid}:${user.gid}`;
  // As install-microvm-<guest> leaves it: of a guest that was never deployed less can be said.
  const lines = [`mkdir -p ${directory}`, `${own} ${directory}`, `ln -s /nix/store/none ${directory}/current`];
  switch (disk.kind) {
    case "absent":
    case "no-parent":
      break;
    case "read-only-parent":
      lines.push(`mkdir ${directory}/sub`, `chmod 0755 ${directory}/sub`);
      break;
    case "directory":
      lines.push(`mkdir ${path}`, `${own} ${path}`);
      break;
    case "blank":
      lines.push(`truncate -s ${disk.sizeMiB}M ${path}`, `${own} ${path}`);
      break;
    case "noise":
      lines.push(`head -c ${disk.sizeMiB}M /dev/zero | tr '\\0' 'x' > ${path}`, `${own} ${path}`);
      break;
    case "filesystem":
      lines.push(
        `truncate -s ${disk.sizeMiB}M ${path}`,
        `${mkfs(disk.fsType, disk.label, [])} ${path} >/dev/null 2>&1`,
      );
      if (disk.cutMiB !== undefined) lines.push(`truncate -s ${disk.cutMiB}M ${path}`);
      if (disk.longerMiB !== undefined) lines.push(`truncate -s ${disk.longerMiB}M ${path}`);
      lines.push(disk.owner === "root" ? `chmod 0600 ${path}` : `${own} ${path}`);
  }
  return lines.join("\n");
}

/** Shell lines that start the guest and print what comes of it. */
function acted(each: PlanCase, stateDir: string, mountPoint: string): string {
  const directory = `${stateDir}/${each.name}`;
  const path = q(`${directory}/${each.image}`);
  const say = (outcome: string) => `printf '%s\\t%s\\n' ${each.name} ${q(outcome)}`;
  // lib/volumes.nix throws while evaluating: no start script comes into being.
  if (each.fsType === "f2fs" && each.autoCreate) return say("no-start nothing");
  const asUser = `setpriv --reuid=${user.uid} --regid=${user.gid} --clear-groups`;
  return `
cd ${directory}
existed=no; [ -e ${path} ] && existed=yes
${each.transient ? `[ $existed = yes ] && existed=removed` : ":"}
if ! ${asUser} bash -eou pipefail -c ${q(startScript(each))} >/dev/null 2>&1; then
  if [ -f ${path} ] && [ $existed != yes ]; then ${say("no-start blank image")}; else ${say("no-start nothing")}; fi
elif [ ! -e ${path} ]; then ${say("no-start nothing")}
elif [ ! -f ${path} ] || ! ${asUser} test -r ${path} || { [ ${each.readOnly} = false ] && ! ${asUser} test -w ${path}; }; then ${say("not-mount")}
else
  new=${each.transient ? "recreate" : "create"}; [ $existed = yes ] && new=reuse
  device=$(losetup --find --show ${each.readOnly ? "--read-only " : ""}${path})
  if [ $new = reuse ] && ! blkid -p $device >/dev/null && cmp -s -n 1048576 ${path} /dev/zero; then ${say("blank")}
  elif [ ${each.mounted} = false ]; then printf '%s\\t%s\\n' ${each.name} $new
  elif ${byLabel(each)}${mounts(each, mountPoint)}; then printf '%s\\t%s\\n' ${each.name} $new
  else ${say("not-mount")}; fi
  losetup --detach $device
fi
rm -rf ${path}`;
}

/** lib/volumes.nix and lib/runner.nix of microvm.nix, in our words. */
function startScript({ image, size, fsType, label, autoCreate, mkfsExtraArgs, transient }: PlanCase): string {
  const path = q(image);
  const lines = [transient ? `rm -f ${path}` : ":"];
  if (autoCreate) {
    lines.push(
      `if [ ! -e ${path} ]; then`,
      `touch ${path}`,
      `chattr +C ${path} || true`,
      `truncate -s ${size}M ${path}`,
      `${mkfs(fsType, label, mkfsExtraArgs)} ${path}`,
      "fi",
    );
  }
  return lines.join("\n");
}

function mkfs(fsType: string, label: string | null, extra: readonly string[]): string {
  const option = label === null ? "" : `${fsType === "vfat" ? "-n" : "-L"} ${q(label)}`;
  return `mkfs.${fsType} ${option} ${extra.map(q).join(" ")}`;
}

/** The device appears under the name that udev would give it (blkid -o udev prints the encoded label). */
function byLabel({ label }: PlanCase): string {
  if (label === null) return "";
  return `[ "$(blkid -p -o udev $device | sed -n 's/^ID_FS_LABEL_ENC=//p')" = ${q(label)} ] && `;
}

/** This kernel may lack vfat: then the type that blkid sees has to do. */
function mounts({ fsType, readOnly }: PlanCase, mountPoint: string): string {
  if (fsType === "vfat") return `[ "$(blkid -p -s TYPE -o value $device)" = vfat ]`;
  return `mount -t ${fsType} -o ${readOnly ? "ro" : "rw"} $device ${mountPoint} 2>/dev/null && umount ${mountPoint}`;
}

function q(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function inMountSpace(script: string): string {
  return execFileSync("unshare", ["--mount", "--propagation", "private", "bash", "-u"], {
    input: script,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    stdio: ["pipe", "pipe", "inherit"],
  });
}
