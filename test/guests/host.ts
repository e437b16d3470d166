import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Declaration, letterOf, nixOf, startScript } from "./declaration.ts";

/** The user microvm of the host module, and the group kvm; numbers that no real machine gives away. */
export const microvmUser = { uid: 64990, gid: 64302 };

/** A host in a scratch folder: its state directory, the runners that are installed there, and the flake that declares the guests. */
export class ScratchHost {
  readonly folder = mkdtempSync(join(tmpdir(), "lens-guests-"));
  readonly stateDir = join(this.folder, "state");
  readonly flake = join(this.folder, "flake");

  constructor() {
    // mkdtemp keeps everybody else out, also the user microvm.
    chmodSync(this.folder, 0o755);
    mkdirSync(this.stateDir);
    chmodSync(this.stateDir, 0o775);
    chownSync(this.stateDir, microvmUser.uid, microvmUser.gid);
    mkdirSync(this.flake);
    mkdirSync(join(this.folder, "runners"));
  }

  directory(guest: string): string {
    return join(this.stateDir, guest);
  }

  /** What the deployment of a guest leaves: its directory, and the runner that `current` leads to. */
  install(guest: string, declaration: Declaration): void {
    const directory = this.directory(guest);
    mkdirSync(directory, { recursive: true });
    chownSync(directory, microvmUser.uid, microvmUser.gid);
    const runner = join(this.folder, "runners", guest);
    mkdirSync(join(runner, "bin"), { recursive: true });
    const drives = declaration.volumes.map(({ image, readOnly }, position) => {
      const id = `vd${letterOf(declaration, position)}`;
      return `-drive 'id=${id},format=raw,file=${image},if=none,aio=io_uring,discard=unmap,read-only=${readOnly ? "on" : "off"}' -device virtio-blk-pci,drive=${id}`;
    });
    const command = `exec -a "microvm@${guest}" /nix/store/qemu/bin/qemu-system-x86_64 -name ${guest} ${drives.join(" ")} \${runtime_args:-}`;
    writeFileSync(
      join(runner, "bin/microvm-run"),
      `#! /bin/sh -e\n${startScript(declaration)}\nruntime_args=\n\n${command}\n`,
    );
    rmSync(join(directory, "current"), { force: true });
    symlinkSync(runner, join(directory, "current"));
  }

  /** Does what microvm-run does before the hypervisor, as the user microvm. */
  start(guest: string, declaration: Declaration): { readonly ok: boolean; readonly words: string } {
    const { uid, gid } = microvmUser;
    const argv = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "bash", "-c", startScript(declaration)];
    const { status, stdout, stderr } = spawnSync("setpriv", argv, { cwd: this.directory(guest), encoding: "utf8" });
    return { ok: status === 0, words: `${stdout}${stderr}` };
  }

  /** Runs shell as root in the guest's directory. */
  act(guest: string, script: string): void {
    const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
    execFileSync("bash", ["-euc", script], { cwd: this.directory(guest), env, stdio: ["ignore", "ignore", "pipe"] });
  }

  declare(guests: ReadonlyMap<string, Declaration>): void {
    const each = [...guests].map(
      ([name, declaration]) => `    nixosConfigurations.${name} = guest ({ lib, ... }: ${nixOf(declaration)});`,
    );
    const text = `{
  outputs = { nixpkgs, microvm, ... }: let
    guest = module: nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm module ]; };
  in {
${each.join("\n")}
  };
}
`;
    writeFileSync(join(this.flake, "flake.nix"), text);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Which file it is, or null. */
export function identity(path: string): { readonly inode: number; readonly size: number } | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : { inode: stats.ino, size: stats.size };
}
