import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The accounts that a world's host has, wherever the test runs. */
export const accounts = { uid: 64990, gid: 64302 } as const;

/** Programs by the package of nixpkgs that has them: what `${pkgs.coreutils}/bin/rm` leads to. */
const packages: Readonly<Record<string, readonly string[]>> = {
  coreutils:
    "rm mv cp ln mkdir chmod chown chgrp touch truncate stat dd cat ls echo true false test [ basename dirname readlink realpath head tail tr cut sort uniq wc date sleep printf unlink tee seq env id install sync mktemp rmdir".split(
      " ",
    ),
  findutils: ["find", "xargs"],
  gnugrep: ["grep"],
  gnused: ["sed"],
  "util-linux": ["fallocate", "mkswap", "blkid", "mount", "umount", "losetup", "findmnt", "logger"],
  e2fsprogs: ["e2fsck", "resize2fs", "mkfs.ext4", "mkfs.ext2", "mkfs.ext3", "tune2fs", "e2label", "chattr"],
  xfsprogs: ["mkfs.xfs", "xfs_growfs", "xfs_repair"],
  "btrfs-progs": ["mkfs.btrfs", "btrfs"],
  dosfstools: ["mkfs.vfat"],
  "qemu-utils": ["qemu-img"],
  bash: ["bash", "sh"],
};

/** PATH of a service of NixOS (nixos/lib/systemd-lib.nix): bare names of other packages are not found there. */
export const servicePackages = ["coreutils", "findutils", "gnugrep", "gnused"] as const;
/** PATH of activation scripts, as far as we have it (nixos/modules/system/activation/activation-script.nix). */
export const activationPackages = ["coreutils", "gnugrep", "findutils", "util-linux"] as const;

/** Lays out what all worlds share below the folder: accounts and packages. */
function layOut(folder: string): void {
  chmodSync(folder, 0o755);
  const { uid, gid } = accounts;
  writeFileSync(
    join(folder, "passwd"),
    `root:x:0:0:root:/root:/bin/bash\nmicrovm:x:${uid}:${gid}::/var/empty:/bin/sh\n`,
  );
  writeFileSync(join(folder, "group"), `root:x:0:\nkvm:x:${gid}:\ndisk:x:6:\n`);
  for (const [name, programs] of Object.entries(packages)) {
    const bin = join(folder, "pkgs", name, "bin");
    mkdirSync(bin, { recursive: true });
    for (const program of programs) {
      const real = where(program);
      if (real !== null) symlinkSync(real, join(bin, program));
    }
  }
}

function where(program: string): string | null {
  const folder = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].find((each) => existsSync(join(each, program)));
  return folder === undefined ? null : `${folder}/${program}`;
}

/**
 * What the sandbox begins with: nothing can be written but the scratch folder and a few empty places in RAM, so that a
 * generated `rm` or `find -delete`, which root runs, reaches nothing else. The users are the test's own.
 */
function walls(folder: string): string {
  return `set -u
mount --make-rprivate /
mount --bind "${folder}" "${folder}"
findmnt -rno TARGET | while read -r target; do
  case "$target" in "${folder}") ;; *) mount -o remount,bind,ro "$target" 2>/dev/null ;; esac
done
for place in /run /var/lib /var/cache /var/log /mnt; do [ ! -d $place ] || mount -t tmpfs -o mode=0755 tmpfs $place; done
for file in passwd group; do
  mount --bind "${folder}/$file" /etc/$file
  mount -o remount,bind,ro /etc/$file
done
if touch /usr/.lens-wall /etc/.lens-wall 2>/dev/null; then echo leaks; else echo ready; fi
exec cat
`;
}

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A mount namespace behind walls; what is run in it gets mount and PID namespaces of its own below that. */
export class Sandbox {
  readonly root: string;
  readonly #keeper: ChildProcess;

  private constructor(root: string, keeper: ChildProcess) {
    this.root = root;
    this.#keeper = keeper;
  }

  /** Lays out the folder, which must be empty, and raises the walls around it. */
  static async open(root: string): Promise<Sandbox> {
    layOut(root);
    const keeper = spawn("unshare", ["--mount", "--propagation", "private", "bash", "-c", walls(root)], {
      stdio: ["pipe", "pipe", "inherit"],
      env: environment,
    });
    const said = await new Promise<string>((tell) =>
      keeper.stdout?.once("data", (chunk: Buffer) => tell(chunk.toString())),
    );
    if (said.trim() !== "ready") throw new Error(`the sandbox has no walls: ${said}`);
    return new Sandbox(root, keeper);
  }

  /** Runs bash; never rejects. */
  async run(script: string, seconds = 240): Promise<Ran> {
    const inside = `set -u; [ ! -w /usr ] && [ ! -w /etc ] || exit 99; cd "${this.root}"\n${script}`;
    const target = String(this.#keeper.pid);
    const own = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"];
    return new Promise((finish) => {
      const child = spawn("nsenter", ["--target", target, "--mount", "--", ...own, "bash", "-c", inside], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...environment, TMPDIR: this.root },
      });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      const limit = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      child.on("close", (code) => {
        clearTimeout(limit);
        finish({ status: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
      });
    });
  }

  async close(): Promise<void> {
    const ended = new Promise((finish) => this.#keeper.once("exit", finish));
    this.#keeper.stdin?.end();
    await ended;
  }
}

const environment = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", HOME: "/root" };
