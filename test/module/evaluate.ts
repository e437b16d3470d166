import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

const root = dirname(dirname(import.meta.dirname));

interface AskedGuest {
  readonly microvm: object;
  readonly fileSystems?: object;
  readonly grows?: boolean;
}

/** What a host asks for. */
export interface Asked {
  /** Below `services.microvm-lens`. */
  readonly lens: object;
  readonly guests: Readonly<Record<string, AskedGuest>>;
  /** Guests that are deployed on their own, with nix/guest.nix; `old`: by a microvm.nix without `binScripts`. */
  readonly own?: Readonly<Record<string, AskedGuest & { readonly old?: boolean }>>;
  /** Of other modules: `systemd.services`. */
  readonly services?: object;
  readonly stateDir?: string;
  /** Where the host mounts something. */
  readonly mounts?: readonly string[];
}

/** What its configuration becomes. */
export interface Evaluated {
  /** Texts of files below /etc. */
  readonly etc: Readonly<Record<string, string>>;
  readonly services: Readonly<
    Record<
      string,
      {
        readonly description?: string;
        readonly startAt?: string;
        readonly serviceConfig: Readonly<Record<string, unknown>>;
      }
    >
  >;
  /** Texts of scripts that ExecStart leads to. */
  readonly scripts: Readonly<Record<string, string | null>>;
  /** Of guests that are deployed on their own: scripts of their runners, and texts below /etc of their systems. */
  readonly runners: Readonly<
    Record<
      string,
      { readonly scripts: Readonly<Record<string, string>>; readonly etc: Readonly<Record<string, string>> }
    >
  >;
  readonly checks: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly failed: readonly string[];
}

let scratch = "";

/**
 * Evaluates nix/nixos.nix with real Nix: with the stand-in of lib.nix, or with the real lib and microvm.nix's real modules
 * where NIXPKGS_LIB (a checkout of nix-community/nixpkgs.lib) and MICROVM_NIX name them. `lens`: the package's folder.
 */
export function evaluate(asked: Asked, lens = "/usr"): Evaluated {
  if (scratch === "") {
    scratch = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-module-")));
    mkdirSync(join(scratch, "home"));
    afterAll(() => {
      spawnSync("chmod", ["-R", "u+w", scratch]);
      rmSync(scratch, { recursive: true, force: true });
    });
  }
  const { NIXPKGS_LIB: nixpkgs, MICROVM_NIX: microvm } = process.env;
  const real = nixpkgs && microvm ? ["--argstr", "nixpkgs", nixpkgs, "--argstr", "microvm", microvm] : [];
  const words = ["--read-write-mode", "--eval", "--strict", "--json", join(import.meta.dirname, "host.nix")];
  const given = ["--argstr", "repository", root, "--argstr", "lens", lens, "--argstr", "asked", JSON.stringify(asked)];
  const { status, stdout, stderr } = spawnSync("nix-instantiate", [...words, ...given, ...real], {
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: join(scratch, "home"),
      NIX_STORE_DIR: join(scratch, "store"),
      NIX_STATE_DIR: join(scratch, "state"),
      NIX_LOG_DIR: join(scratch, "log"),
      NIX_LOCALSTATE_DIR: join(scratch, "local"),
      NIX_CONFIG: "sandbox = false\nbuild-users-group =\nsubstituters =",
    },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Evaluated;
}

/** The declarations that the host would have in /etc. */
export function declaredIn({ etc }: Evaluated): unknown {
  return JSON.parse(etc["microvm-lens/declared.json"] ?? "null");
}
