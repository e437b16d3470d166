import { execa } from "execa";
import type { Observed } from "./facts.ts";

/** One run of ssh. */
export interface SshRun {
  /** The program and what comes before the destination. */
  readonly program: string;
  readonly options: readonly string[];
  readonly destination: string;
  /** Standard input of `sh -s` on the host. */
  readonly script: string;
  /** Marks the answer within the output. */
  readonly token: string;
  readonly limitMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

const maxErrorBytes = 16 * 1024;

/**
 * Runs a script on a host and returns the lines between its two marks. Whatever a login prints around them is ignored.
 * ssh gets a process group of its own, which is ended when the time or the amount of output is over.
 */
export async function runOverSsh(run: SshRun): Promise<Observed<readonly string[]>> {
  if (run.signal?.aborted) return stopped;
  const child = execa(run.program, [...run.options, "--", run.destination, "sh -s"], {
    input: run.script,
    buffer: false,
    reject: false,
    detached: true,
    stdout: "pipe",
    stderr: "pipe",
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  const output = new Collected(run.maxBytes, `END ${run.token}`);
  let errors = "";
  child.stderr.on("data", (data: Buffer) => {
    if (errors.length < maxErrorBytes) errors += data.toString("utf8");
  });
  const ended = new Promise<"complete" | "too-much">((finish) => {
    child.stdout.on("data", (data: Buffer) => {
      const state = output.add(data);
      if (state !== "more") finish(state);
    });
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((finish) => {
    timer = setTimeout(() => finish("late"), run.limitMs);
  });
  const aborted = new Promise<"aborted">((finish) => {
    run.signal?.addEventListener("abort", () => finish("aborted"), { once: true });
  });
  const exit = child.then((result) => ({ code: result.exitCode ?? null, error: result.code ?? null }));
  const end = await Promise.race([ended, late, aborted, exit]);
  clearTimeout(timer);
  if (typeof end === "string") endGroup(pid, end === "complete" ? graceMs : 0, exit);
  else if (pid !== undefined) running.delete(pid);
  if (end === "late") return timeout(run.limitMs);
  if (end === "aborted") return stopped;
  if (end === "too-much") return malformed(`it sent more than ${run.maxBytes >> 20} MiB`);
  const lines = output.between(`BEGIN ${run.token}`, `END ${run.token}`);
  if (lines !== null) return { state: "seen", value: lines, by: "ssh" };
  return typeof end === "string" ? malformed("its answer has no beginning") : failure(end, errors, output, run);
}

/** An ssh whose answer is complete gets this long to end by itself, so that a shared connection stays in good order. */
const graceMs = 2000;

/** Process groups that must not outlive this process. */
const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) killGroup(pid);
});

function endGroup(pid: number | undefined, afterMs: number, exit: Promise<unknown>): void {
  if (pid === undefined) return;
  const timer = setTimeout(() => killGroup(pid), afterMs).unref();
  void exit.finally(() => {
    clearTimeout(timer);
    running.delete(pid);
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Output of a program, up to a limit. */
class Collected {
  readonly #chunks: Buffer[] = [];
  readonly #maxBytes: number;
  readonly #endMark: string;
  #bytes = 0;
  #tail = "";

  constructor(maxBytes: number, endMark: string) {
    this.#maxBytes = maxBytes;
    this.#endMark = endMark;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  add(data: Buffer): "more" | "complete" | "too-much" {
    this.#bytes += data.length;
    if (this.#bytes > this.#maxBytes) return "too-much";
    this.#chunks.push(data);
    const seen = this.#tail + data.toString("latin1");
    this.#tail = seen.slice(-this.#endMark.length - 1);
    return seen.includes(`\n${this.#endMark}`) ? "complete" : "more";
  }

  has(mark: string): boolean {
    return Buffer.concat(this.#chunks).includes(`${mark}\n`);
  }

  between(begin: string, end: string): readonly string[] | null {
    const lines = Buffer.concat(this.#chunks).toString("utf8").split("\n");
    const from = lines.findIndex((line) => line.endsWith(begin));
    const to = lines.lastIndexOf(end);
    return from >= 0 && to > from ? lines.slice(from + 1, to) : null;
  }
}

interface Exit {
  readonly code: number | null;
  readonly error: string | null;
}

/** What ssh's own words mean. It ends with 255 for its own failures, otherwise with the status of the command. */
function failure(exit: Exit, errors: string, output: Collected, run: SshRun): Observed<never> {
  if (exit.error === "ENOENT")
    return { state: "unreadable", reason: "tool-missing", detail: "ssh is not installed here" };
  const words = lastWords(errors);
  for (const [pattern, reason, detail] of sshFailures) {
    if (pattern.test(errors))
      return { state: "unreadable", reason, detail: words === "" ? detail : `${detail} (${words})` };
  }
  if (exit.code === 127) {
    return { state: "unreadable", reason: "tool-missing", detail: "there is no POSIX shell on the host" };
  }
  if (exit.code === 255 || exit.code === null) {
    return {
      state: "unreadable",
      reason: "unsupported",
      detail: words === "" ? "ssh failed without a word" : `ssh failed: ${words}`,
    };
  }
  if (output.isEmpty)
    return malformed(`the login gave no output and status ${exit.code}${words === "" ? "" : ` (${words})`}`);
  return malformed(
    output.has(`BEGIN ${run.token}`) ? "its answer was cut off" : "the login ran something else than the script",
  );
}

const sshFailures: readonly [RegExp, "permission" | "timeout" | "unsupported", string][] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED/, "permission", "its host key is not the one that is known"],
  [/Host key verification failed/, "permission", "its host key is not known"],
  [/Permission denied|Too many authentication failures/, "permission", "it does not let this user in"],
  [/Could not resolve hostname/, "unsupported", "its name cannot be resolved"],
  [/Connection refused/, "timeout", "it refuses connections"],
  [/timed out|No route to host|Network is unreachable|Host is down/, "timeout", "it cannot be reached"],
  [/Connection closed|Connection reset|kex_exchange_identification/, "timeout", "it closed the connection"],
  [
    /Bad configuration option|Bad owner or permissions|no argument after keyword/,
    "unsupported",
    "the ssh configuration has an error",
  ],
];

/** The last line that ssh printed, without its escape sequences' effect: it is shown escaped. */
function lastWords(errors: string): string {
  const lines = errors.split("\n").map((line) => line.trim());
  return lines.findLast((line) => line !== "")?.slice(0, 200) ?? "";
}

function timeout(limitMs: number): Observed<never> {
  return { state: "unreadable", reason: "timeout", detail: `it did not answer within ${limitMs / 1000} s` };
}

function malformed(detail: string): Observed<never> {
  return { state: "unreadable", reason: "malformed", detail };
}

const stopped: Observed<never> = { state: "unreadable", reason: "timeout", detail: "the scan was stopped" };
