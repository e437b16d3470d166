import { execa } from "execa";
import type { Observed } from "../facts.ts";

/** One run of ssh. */
export interface SshRun {
  /** The program and what comes before the destination. */
  readonly program: string;
  readonly options: readonly string[];
  readonly destination: string;
  /** Standard input of `sh -s` on the host. */
  readonly script: string;
  /** What to send after the lines of one answer; null ends the session. */
  next(lines: readonly string[]): string | null;
  /** Marks the answer within the output. */
  readonly token: string;
  readonly limitMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

const maxErrorBytes = 16 * 1024;

/**
 * Runs a script on a host that answers in rounds, each between two marks. Whatever a login prints around them is ignored.
 * ssh gets a process group of its own, which is ended when the time or the amount of output is over.
 */
export async function runOverSsh(run: SshRun): Promise<Observed<true>> {
  if (run.signal?.aborted) return stopped;
  const child = execa(run.program, [...run.options, "--", run.destination, "sh -s"], {
    stdin: "pipe",
    buffer: false,
    reject: false,
    detached: true,
    stdout: "pipe",
    stderr: "pipe",
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  // An ssh that ends at once does not read what is sent; how it ended says why.
  child.stdin.on("error", () => undefined);
  child.stdin.write(run.script);
  const output = new Collected(run.maxBytes, run.token);
  let errors = "";
  child.stderr.on("data", (data: Buffer) => {
    if (errors.length < maxErrorBytes) errors += data.toString("utf8");
  });
  const ended = new Promise<"complete" | "too-much" | "no-beginning">((finish) => {
    child.stdout.on("data", (data: Buffer) => {
      if (!output.add(data)) return finish("too-much");
      for (let lines = output.take(); lines !== null; lines = output.take()) {
        if (lines === "no-beginning") return finish(lines);
        const next = run.next(lines);
        if (next === null) {
          child.stdin.end();
          return finish("complete");
        }
        child.stdin.write(next);
      }
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
  if (end === "complete") return { state: "seen", value: true, by: "ssh" };
  if (end === "no-beginning") return malformed("its answer has no beginning");
  return failure(end, errors, output, run);
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
  readonly #maxBytes: number;
  readonly #begin: string;
  readonly #end: string;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #tail = "";
  #hasEnd = false;

  constructor(maxBytes: number, token: string) {
    this.#maxBytes = maxBytes;
    this.#begin = `BEGIN ${token}`;
    this.#end = `END ${token}`;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** False: it is too much. */
  add(data: Buffer): boolean {
    this.#bytes += data.length;
    if (this.#bytes > this.#maxBytes) return false;
    this.#chunks.push(data);
    const seen = this.#tail + data.toString("latin1");
    this.#tail = seen.slice(-this.#end.length - 1);
    this.#hasEnd ||= seen.includes(`\n${this.#end}`);
    return true;
  }

  has(mark: string): boolean {
    return Buffer.concat(this.#chunks).includes(`${mark}\n`);
  }

  /** The lines of the next answer that is complete, which is let go of. */
  take(): readonly string[] | "no-beginning" | null {
    if (!this.#hasEnd) return null;
    const text = Buffer.concat(this.#chunks);
    const end = text.indexOf(`\n${this.#end}\n`);
    if (end < 0) return null;
    const lines = text.subarray(0, end).toString("utf8").split("\n");
    const from = lines.findIndex((line) => line.endsWith(this.#begin));
    const rest = text.subarray(end + this.#end.length + 2);
    this.#chunks = [rest];
    this.#tail = "";
    this.#hasEnd = rest.includes(`\n${this.#end}`);
    return from < 0 ? "no-beginning" : lines.slice(from + 1);
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
