/**
 * How deep evaluation stands in the JavaScript stack. The stack is one per thread and evaluation is synchronous, so this
 * count is one too, shared by all evaluators: what matters is that the real stack never overflows. The limit follows the
 * stack that the thread really has; with Node's own default it is about 1200.
 *
 * `exploring` counts the undecided conditions whose two branches are being evaluated at this moment: without a bound,
 * a recursion under an unknown condition would take two to the power of its depth.
 */
export const stack = { depth: 0, limit: depthLimit(), exploring: 0, exploringLimit: 10 };

/** Lengths beyond which a list (elements) or a string (UTF-16 units) is not built: the value is unknown(budget). */
export const sizeLimits = { elements: 1_000_000, characters: 16_000_000 };

/** All the shares of one evaluation together may take so many times the steps of one. */
const mostShares = 8;
/** What a share gets at least, however much the others have taken: a fraction of the steps of one. */
const leastShare = 20;

/**
 * The steps that an evaluation may take: a step is an evaluated expression or an element that a builtin visits. Each flake,
 * host and guest has a share of its own ({@link Budget.apart}), so that one that is too expensive costs itself alone.
 */
export class Budget {
  #left: number;
  /** What shares may still take together. */
  #common: number;
  readonly steps: number;

  constructor(steps = 5_000_000) {
    this.steps = steps;
    this.#left = steps;
    this.#common = steps * mostShares;
  }

  /** False when the budget is used up; it stays so. */
  spend(steps = 1): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }

  get spent(): number {
    return this.steps - this.#left;
  }

  /** Does work with a share of its own: what it takes is not taken from whoever asks for it. */
  apart<T>(work: () => T): T {
    const outer = this.#left;
    const share = Math.max(Math.ceil(this.steps / leastShare), Math.min(this.steps, this.#common));
    this.#left = share;
    try {
      return work();
    } finally {
      this.#common -= share - Math.max(0, this.#left);
      this.#left = outer;
    }
  }
}

/** True for the exception that V8 throws when its stack is full. */
export function isStackOverflow(error: unknown): boolean {
  // No regular expression: compiling it needs stack, too.
  return error instanceof RangeError && error.message.includes("call stack");
}

/**
 * One unit of depth takes up to 700 bytes of stack (test/nix/eval/depth.test.ts), a call of `probe` 245 before it is
 * compiled.
 */
function depthLimit(): number {
  return Math.max(200, Math.min(Math.floor(probe(0, 1, 2, 3, 4, 5, 6, 7, 8, 9) / 3.4), 10_000));
}

/** How often a function with ten arguments can call itself: what the stack holds. */
function probe(
  n: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
  i: number,
): number {
  try {
    return probe(n + 1, a, b, c, d, e, f, g, h, i);
  } catch {
    return n;
  }
}
