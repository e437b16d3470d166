import type { Observed } from "../facts.ts";

/** Two of the four threads that Node has at most, so that a dead server never stops the rest of the process. */
const atOnce = 2;

/**
 * Runs operations on one file system that may hang. Each gets a time limit; while one is stuck, later ones are
 * answered "timeout" at once instead of holding another thread.
 */
export class SlowFileSystem {
  readonly #point: string;
  readonly #limitMs: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #stuck = 0;

  constructor(point: string, limitMs: number) {
    this.#point = point;
    this.#limitMs = limitMs;
  }

  async run<T>(operation: () => Promise<Observed<T>>): Promise<Observed<T>> {
    while (this.#running >= atOnce && this.#stuck === 0) await new Promise<void>((wake) => this.#waiting.push(wake));
    if (this.#stuck > 0) return this.#timeout();
    this.#running++;
    let stopWaiting = (): void => {};
    let late = false;
    const limit = new Promise<Observed<T>>((finish) => {
      stopWaiting = afterFreeTime(this.#limitMs, () => {
        late = true;
        this.#stuck++;
        noteStuck(1);
        this.#wakeAll();
        finish(this.#timeout());
      });
    });
    const work = operation().finally(() => {
      stopWaiting();
      this.#running--;
      if (late) {
        this.#stuck--;
        noteStuck(-1);
      }
      this.#waiting.shift()?.();
    });
    return Promise.race([work, limit]);
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #timeout(): Observed<never> {
    const detail = `the file system at ${this.#point} did not answer within ${this.#limitMs / 1000} s`;
    return { state: "unreadable", reason: "timeout", detail };
  }
}

/** Into how many parts the limit is cut: what keeps this thread busy takes one of them away, however long it lasts. */
const parts = 8;

/**
 * Calls `done` after so many milliseconds in which this thread was free to hear answers: one that came while it was
 * evaluating something large is heard, not late.
 * @returns what stops the waiting
 */
function afterFreeTime(ms: number, done: () => void): () => void {
  let left = parts;
  let timer = setTimeout(passed, ms / parts);
  let last: NodeJS.Immediate | undefined;
  function passed(): void {
    left--;
    if (left > 0) timer = setTimeout(passed, ms / parts);
    else last = setImmediate(done);
  }
  return () => {
    clearTimeout(timer);
    if (last) clearImmediate(last);
  };
}

/** Newer than the types of the oldest Node that we run on. */
type Become = (file: string, args: readonly string[], env: Readonly<Record<string, string>>) => never;

let stuckThreads = 0;
let isWatchingExit = false;

/**
 * A thread that waits for a dead server keeps the whole process from ending: on the way out, Node waits for all of its
 * threads. When one is stuck then, the process becomes a shell that ends with the same code; everything that it printed
 * is out by then. Node before 22.15 cannot do that: there it kills itself, and the code is lost.
 */
function noteStuck(change: 1 | -1): void {
  stuckThreads += change;
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.on("exit", (code) => {
    if (stuckThreads === 0) return;
    try {
      (process as { execve?: Become }).execve?.("/bin/sh", ["sh", "-c", 'exit "$1"', "sh", String(code)], {});
    } finally {
      process.kill(process.pid, "SIGKILL");
    }
  });
}
