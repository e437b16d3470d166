import { dirname } from "node:path";
import { q } from "../nix-text.ts";
import {
  type Command,
  type Condition,
  type Gift,
  imagePath,
  type OwnPart,
  type Setting,
  type Unit,
  type VolumeSpec,
} from "../world.ts";
import { splitExec } from "./exec.ts";
import { type Entry, fstabOf, letterOf } from "./fstab.ts";
import { guestLines } from "./guest.ts";
import { type Course, requiredByOwn } from "./order.ts";
import { playFunctions } from "./prelude.ts";
import { accounts, activationPackages, servicePackages } from "./sandbox.ts";
import { volumeScript } from "./volume-script.ts";

/**
 * The script that plays one course of the guest's next start in a sandbox: the host, then the guest's unit, then the
 * hypervisor, then the guest; what came of each is printed as facts (observe.ts).
 */
export function startScript(setting: Setting, gifts: readonly Gift[], course: Course, root: string): string {
  const { folder, cache, volumes } = setting;
  const place = (text: string) => resolve(text, setting, root);
  const looks = (when: string) =>
    volumes.map((volume, index) => `look ${when}.${index} ${q(clean(imagePath(setting, volume)))}`);
  const own = gifts.flatMap((gift) => gift.own ?? []);
  const entries = fstabOf(
    setting,
    gifts.flatMap(({ mounts }) => mounts ?? []),
  );
  return `${playFunctions}
uid=${accounts.uid} gid=${accounts.gid}
SERVICE=${servicePackages.map((name) => `${root}/pkgs/${name}/bin`).join(":")}
rm -rf ${q(cache)}; mkdir -p ${q(dirname(cache))}
exec 3>${q(`${folder}/facts`)} 4>>${q(`${folder}/noise`)}
${place(gifts.flatMap(({ written }) => written ?? []).join("\n"))}
${looks("before").join("\n")}
${volumes.map((volume) => `hold ${q(clean(imagePath(setting, volume)))}`).join("\n")}
${place(hostLines(setting, gifts, course, root))}
${place(ownLines(setting, gifts, own, entries))}
${looks("after").join("\n")}
if [ -e ${q(`${folder}/reached`)} ]; then
${place(guestLines(setting, entries, (index) => letterOf(setting, index)))}
fi
${looks("end").join("\n")}
exit 0
`;
}

function resolve(text: string, { folder }: Setting, root: string): string {
  return text
    .replaceAll("@PKGS@", `${root}/pkgs`)
    .replaceAll("@BASH@", "/bin/bash")
    .replaceAll("@FLAKE@", `${folder}/flake`);
}

/** `[ -e x/ ]` and `stat x/` differ where x is a file: only the name counts for looking. */
function clean(path: string): string {
  return path.replace(/\/$/, "");
}

function hostLines(setting: Setting, gifts: readonly Gift[], { boots, units }: Course, root: string): string {
  const { folder, guest, stateDir, directory, way } = setting;
  const lines: string[] = [];
  if (boots) {
    const path = activationPackages.map((name) => `${root}/pkgs/${name}/bin`).join(":");
    for (const script of gifts.flatMap(({ activation }) => activation ?? [])) {
      lines.push(`as_root / ${q(path)} /bin/bash -c ${q(script)}`);
    }
    const rules = [
      ...(way === "lone" ? [] : [`d ${stateDir} 0775 microvm kvm -`]),
      ...gifts.flatMap(({ tmpfiles }) => tmpfiles ?? []),
    ];
    lines.push(`printf '%s\\n' ${rules.map(q).join(" ")} > ${q(`${folder}/tmpfiles.conf`)}`);
    lines.push(`systemd-tmpfiles --create --remove --boot ${q(`${folder}/tmpfiles.conf`)} >&4 2>&4; say tmpfiles $?`);
  }
  if (way !== "lone") {
    // install-microvm-NAME of nixos-modules/host/default.nix, run by root.
    lines.push(
      `mkdir -p ${directory} && cd ${directory} && ln -sTf /nix/store/none current && chown -h microvm:kvm . current; cd ${q(folder)}`,
    );
  }
  lines.push("refused=");
  const required = requiredByOwn(
    guest,
    units,
    gifts.flatMap(({ own }) => own ?? []),
  );
  for (const unit of units) {
    lines.push(...unitLines(unit));
    if (required.has(unit.name)) lines.push(`[ $result != failed ] || refused=${q(unit.name)}`);
  }
  return lines.join("\n");
}

function unitLines(unit: Unit): string[] {
  const run = unit.commands.map((command) => {
    const line = commandLine(command, unit.user ?? "root", "/");
    return command.ignored ? `${line} || true` : `{ ${line}; } || result=failed`;
  });
  return [
    "result=done",
    ...conditionLines(unit.conditions ?? []),
    ...run.map((line) => `[ $result != done ] || ${line}`),
    `say unit ${q(unit.name)}" $result"`,
  ];
}

function conditionLines(conditions: readonly Condition[]): string[] {
  return conditions.map(
    ({ path, not, assert }) => `[ ${not ? "! " : ""}-e ${q(path)} ] || result=${assert ? "failed" : "skipped"}`,
  );
}

function commandLine(command: Command, user: "root" | "microvm", folder: string): string {
  const as = `as_${user === "root" || command.full ? "root" : "user"} ${q(folder)} "$SERVICE"`;
  switch (command.kind) {
    case "exec": {
      const [program = "", ...words] = splitExec(command.text);
      // A name without a slash is looked up in systemd's own folders, where NixOS has nothing of ours.
      return program.includes("/") ? `${as} ${[program, ...words].map(q).join(" ")}` : "false";
    }
    case "script":
      return `${as} /bin/bash -e -c ${q(command.text)}`;
    default:
      return `${as} /bin/bash -c ${q(command.text)}`;
  }
}

/** microvm@NAME.service: its directories, ExecStartPre=, then the runner (lib/runner.nix) as user microvm. */
function ownLines(setting: Setting, gifts: readonly Gift[], own: readonly OwnPart[], mounts: readonly Entry[]): string {
  const { folder, directory, hypervisor, volumes } = setting;
  const script = volumeScript(volumes);
  const preStart = hypervisor === "vfkit" ? [] : gifts.flatMap((gift) => gift.preStart ?? []);
  const lines = ["own=done result=done", ...conditionLines(own.flatMap(({ conditions }) => conditions ?? []))];
  lines.push("[ $result = done ] || own=condition", '[ -z "$refused" ] || own="dependency $refused"');
  const cannotGrow = mounts.some(
    ({ fsType, resized }) => resized && !["ext3", "ext4", "xfs", "btrfs"].includes(fsType),
  );
  const isTwice = new Set(volumes.map(({ image }) => image)).size < volumes.length;
  // lib/volumes.nix throws; so do asserts.nix and an assertion of nixpkgs' filesystems.nix.
  if (script === null || cannotGrow || isTwice) lines.push(`own="evaluation"`);
  lines.push(`[ "$own" != done ] || [ -d ${q(directory)} ] || own="no directory"`);
  for (const path of own.flatMap(({ directories }) => directories ?? [])) {
    lines.push(`[ "$own" != done ] || { mkdir -p ${q(path)} && chown microvm:kvm ${q(path)}; }`);
  }
  for (const command of own.flatMap(({ pre }) => pre ?? [])) {
    const line = commandLine(command, "microvm", directory);
    lines.push(`[ "$own" != done ] || { ${line}; } || ${command.ignored ? "true" : 'own="ExecStartPre"'}`);
  }
  const runner = `set -eou pipefail
${preStart.join("\n")}
${script ?? ""}

runtime_args=

exec /bin/bash ${q(`${folder}/hypervisor`)} \${runtime_args:-}
`;
  const hypervisorScript = `PATH=/usr/sbin:/usr/bin:/sbin:/bin mark=${q(`${folder}/mark`)}
say() { printf '%s\\t%s\\n' "$1" "$2" >&3; }
echo reached > "$mark/reached"
${volumes.map(opening).join("\n")}
`;
  return [
    ...lines,
    `mkdir -p ${q(`${folder}/mark`)}; chown microvm:kvm ${q(`${folder}/mark`)}; rm -f ${q(`${folder}/mark`)}/* ${q(`${folder}/reached`)}`,
    `printf %s ${q(hypervisorScript)} > ${q(`${folder}/hypervisor`)}; printf %s ${q(runner)} > ${q(`${folder}/runner`)}`,
    `if [ "$own" = done ]; then`,
    `  as_user ${q(directory)} "$SERVICE" /bin/bash ${q(`${folder}/runner`)} || own="runner $?"`,
    `  [ "$own" != done ] || [ -e ${q(`${folder}/mark/reached`)} ] || own="runner ended"`,
    `fi`,
    `say own "$own"; cp ${q(`${folder}/mark`)}/* ${q(`${folder}`)}/ 2>/dev/null`,
  ].join("\n");
}

/** The hypervisor opens an image: what QEMU's raw format and file driver do (block/file-posix.c), by qemu-io. */
function opening({ image, readOnly }: VolumeSpec, index: number): string {
  const path = q(image.startsWith("/") ? image : `./${image}`);
  return `if timeout 10 qemu-io -f raw ${readOnly ? "-r " : ""}-c length ${path} </dev/null >/dev/null 2>&1; then
  say open.${index} yes; readlink -f ${path} > "$mark/path.${index}"
else say open.${index} no; fi`;
}
