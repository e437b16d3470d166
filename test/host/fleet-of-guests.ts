import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildImage, type ImageSpec } from "../harness/disk-builder.ts";

/** What the guests' images are in turn: every filesystem and format, and every other thing that may lie there. */
const specs: readonly ImageSpec[] = [
  { sizeMiB: 512, fsType: "ext4", label: "data", lastMounted: "/sysroot/nix/.rw-store" },
  { sizeMiB: 64, fsType: "ext4", mkfs: ["-q", "-F"], label: "two words" },
  { sizeMiB: 320, fsType: "xfs", mkfs: ["-q"], label: "中文" },
  { sizeMiB: 128, fsType: "btrfs", mkfs: ["-q"], label: "a 'quoted' \"label\"" },
  { sizeMiB: 16, fsType: "vfat", mkfs: [], label: "FATTY" },
  { sizeMiB: 64, fsType: "vfat", mkfs: ["-F", "32"] },
  { sizeMiB: 8, fsType: "vfat", mkfs: ["-F", "12"], label: "TWELVE" },
  { sizeMiB: 256, format: "qcow2", fsType: "ext4", label: "inner" },
  { sizeMiB: 256, format: "qcow2", fsType: "btrfs", label: "inner" },
  { sizeMiB: 256, format: "qcow2", fsType: "xfs", label: "inner" },
  { sizeMiB: 256, format: "qcow2" },
  { sizeMiB: 300, format: "vhd", fsType: "ext4" },
  { sizeMiB: 300, format: "vhdx" },
  { sizeMiB: 64 },
  { sizeMiB: 0, empty: true },
  { sizeMiB: 4, noise: true },
  { sizeMiB: 32, fsType: "luks" },
  { sizeMiB: 32, fsType: "gpt" },
  { sizeMiB: 32, fsType: "mbr" },
  { sizeMiB: 32, fsType: "swap" },
  { sizeMiB: 32, fsType: "zfs" },
  { sizeMiB: 32, fsType: "lvm" },
  { sizeMiB: 32, fsType: "iso9660" },
  { sizeMiB: 32, fsType: "squashfs" },
  { sizeMiB: 512, fsType: "xfs", state: "needs-recovery" },
  { sizeMiB: 512, fsType: "ext4", state: "errors", filesystemMiB: 1024 },
];

/** Names that a careless script would trip over. */
const strangeNames = [
  "two words",
  "quote'd",
  'double"d',
  "$(touch pwned)",
  "`id`",
  "semi;colon",
  "*",
  "-n",
  "中文",
  "back\\slash",
];

/** Makes a state directory with so many guests below `folder`, some of them with images elsewhere. */
export function buildGuests(folder: string, count: number): { stateDir: string; elsewhere: string } {
  const stateDir = join(folder, "microvms");
  const elsewhere = join(folder, "persist");
  mkdirSync(elsewhere, { recursive: true });
  for (let i = 0; i < count; i++) {
    const directory = join(stateDir, strangeNames[i] ?? `guest-${i}`);
    mkdirSync(directory, { recursive: true });
    buildImage(join(directory, "data.img"), specs[i % specs.length] as ImageSpec);
    if (i % 3 === 0) deploy(folder, directory, i, join(elsewhere, `${i}.img`));
    if (i % 5 === 0) buildImage(join(elsewhere, `${i}.img`), specs[(i * 7) % specs.length] as ImageSpec);
    if (i % 4 === 1) writeFileSync(join(directory, "flake"), "git+https://example.org/flake");
  }
  addOddities(stateDir);
  return { stateDir, elsewhere };
}

/** A runner as microvm.nix writes it, deployed and in every second case running. */
function deploy(folder: string, directory: string, number: number, absolute: string): void {
  const runner = join(folder, "store", `runner-${number}`);
  mkdirSync(join(runner, "bin"), { recursive: true });
  const create = (image: string): string => `if [ ! -e '${image}' ]; then
  touch '${image}'
  # Mark NOCOW
  chattr +C '${image}' || true
  truncate -s 512M '${image}'
  mkfs.ext4 -L 'data'  '${image}'
fi
`;
  const script = `#!/bin/sh
set -eou pipefail

PATH=$PATH:/nix/store/coreutils/bin
${create("data.img")}
${create(absolute)}
runtime_args=

exec /nix/store/qemu/bin/qemu-system-x86_64 -name web -drive 'id=vda,format=raw,file=data.img,if=none' \\
-drive 'id=vdb,format=raw,file=${absolute},if=none' \${runtime_args:-}
`;
  writeFileSync(join(runner, "bin", "microvm-run"), script);
  symlinkSync(runner, join(directory, "current"));
  symlinkSync(runner, join(directory, "toplevel"));
  if (number % 2 === 0) symlinkSync(runner, join(directory, "booted"));
}

/** Everything that is not a plain image in a plain directory. */
function addOddities(stateDir: string): void {
  const odd = join(stateDir, "odd");
  mkdirSync(join(odd, "share"), { recursive: true });
  buildImage(join(odd, "real.img"), { sizeMiB: 32, fsType: "ext4" });
  symlinkSync("real.img", join(odd, "link.img"));
  symlinkSync("../nowhere/gone.img", join(odd, "dangling.img"));
  symlinkSync("loop.img", join(odd, "loop.img"));
  linkSync(join(odd, "real.img"), join(odd, "hard.img"));
  mkdirSync(join(odd, "directory.img"));
  execFileSync("mkfifo", [join(odd, "pipe.img")]);
  writeFileSync(join(odd, "console.log"), "a line of a log\n".repeat(5000));
  writeFileSync(join(odd, "small.img"), "x");
  const huge = join(odd, "huge.img");
  writeFileSync(huge, "");
  truncateSync(huge, 15 * 2 ** 40);
  mkdirSync(join(stateDir, "lost+found"));
  mkdirSync(join(stateDir, "empty"));
  writeFileSync(join(stateDir, "a file"), "");
  symlinkSync("odd", join(stateDir, "same-as-odd"));
}
