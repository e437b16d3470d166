import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file as it is before a script runs. */
export interface Entry {
  readonly path: string;
  readonly kind: "file" | "directory" | "link";
  readonly bytes?: number;
  readonly text?: string;
  readonly target?: string;
  readonly mode?: number;
  readonly uid?: number;
}

export interface Case {
  readonly script: string;
  readonly entries: readonly Entry[];
  readonly directory: string;
  readonly options: readonly string[];
  readonly args: readonly string[];
  readonly uid: number;
}

export interface Seen {
  readonly path: string;
  readonly kind: string;
  readonly bytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly target?: string;
  readonly head?: string;
  readonly zeros?: boolean;
  readonly type?: string;
  readonly label?: string;
}

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly files: readonly Seen[];
}

/** Whether this machine lets us: namespaces and read-only mounts want root. In CI it has to. */
export function canSandbox(): boolean {
  if (process.env["CI"] === "true") return true;
  return process.getuid?.() === 0 && process.platform === "linux";
}

/** A scratch directory that scripts may write to, and nothing else; gone after `use`. */
export function withScratch<T>(use: (scratch: string) => T): T {
  const scratch = mkdtempSync(join(tmpdir(), "lens-shell-"));
  try {
    return use(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs all cases, one after the other, in one sandbox. */
export function runCases(scratch: string, cases: readonly Case[]): readonly Result[] {
  const driver = fileURLToPath(new URL("./sandbox-driver.mjs", import.meta.url));
  // Every mount becomes read-only, then a tmpfs is put over the scratch directory.
  const setUp = [
    "mount --make-rprivate /",
    "cut -d' ' -f5 /proc/self/mountinfo | while read -r at; do mount -o remount,bind,ro \"$at\" 2>/dev/null || true; done",
    'mount -t tmpfs -o size=256m,mode=0755 scratch "$1"',
    'touch /etc/lens-test 2>/dev/null && { echo "the root is writable" >&2; exit 1; }',
    'exec "$2" "$3"',
  ].join("\n");
  const output = execFileSync(
    "unshare",
    ["--mount", "--pid", "--fork", "--kill-child", "bash", "-c", setUp, "sandbox", scratch, process.execPath, driver],
    { input: JSON.stringify({ scratch, cases }), encoding: "utf8", maxBuffer: 1 << 30 },
  );
  return output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
}
