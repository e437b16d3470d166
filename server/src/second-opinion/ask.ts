import { execa } from "execa";
import type { AnswerResult, NixAnswer } from "./answer.ts";
import { expression } from "./expression.ts";

export interface AskOptions {
  /** The program; default `nix` of the PATH. */
  readonly nix?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const defaultTimeoutMs = 300_000;
const largestOutputBytes = 64 * 1024 * 1024;
const detailCharacters = 4000;

/**
 * Evaluates a flake's guests with real Nix: one process per flake, ended with all its children at the time limit. Only
 * after an explicit act of the user in a trusted workspace: this runs code of the flake and may fetch its inputs.
 * Never rejects.
 */
export async function askNix(flakeFolder: string, options: AskOptions = {}): Promise<AnswerResult> {
  const started = performance.now();
  // "." is looked up from the working directory, through git where there is a checkout: no path has to be quoted.
  const reference = ".#nixosConfigurations";
  const features = ["--extra-experimental-features", "nix-command flakes"];
  const args = [...features, "eval", "--json", "--no-write-lock-file", reference, "--apply", expression];
  const child = execa(options.nix ?? "nix", args, {
    reject: false,
    stdin: "ignore",
    cwd: flakeFolder,
    maxBuffer: largestOutputBytes,
    detached: true,
    cleanup: true,
    stripFinalNewline: true,
  });
  let ended: "timeout" | "cancelled" | null = null;
  const end = (why: "timeout" | "cancelled") => {
    ended ??= why;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => end("timeout"), options.timeoutMs ?? defaultTimeoutMs);
  const cancel = () => end("cancelled");
  options.signal?.addEventListener("abort", cancel, { once: true });
  if (options.signal?.aborted) cancel();
  const result = await child;
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", cancel);

  const detail = String(result.stderr ?? "").slice(-detailCharacters);
  if (ended) return { ok: false, reason: ended, detail };
  if (result.code === "ENOENT") return { ok: false, reason: "nix-missing", detail: options.nix ?? "nix" };
  if (result.isMaxBuffer) {
    killGroup(child.pid);
    return { ok: false, reason: "too-much-output", detail };
  }
  if (result.failed)
    return { ok: false, reason: "failed", detail: detail || String(result.message).slice(0, detailCharacters) };
  const answer = parse(String(result.stdout));
  if (!answer) return { ok: false, reason: "malformed", detail: String(result.stdout).slice(0, 200) };
  return { ok: true, answer, seconds: (performance.now() - started) / 1000 };
}

/** The process was started as leader of its group: its children end with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function parse(text: string): NixAnswer | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as NixAnswer) : null;
  } catch {
    return null;
  }
}
