import { giveWay } from "../../base/giving-way.ts";

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
export const sizeLimits = { elements: 200_000, characters: 4_000_000 };

/** All the shares of one evaluation that were used up together may take so many times the steps of one. */
const mostShares = 3;
/** What a share gets at least, however much the others have taken: a fraction of the steps of one. */
const leastShare = 20;

/** Units of work to a step: a step takes about as long, and about as much memory, as so many of them. */
const unitsOfStep = 16;
/** So many units are done, about a tenth of a millisecond, until evaluation looks at the clock whether to give way. */
const unitsOfSlice = 5000;
const unlimited = 2 ** 30;

/**
 * The work that may still be done without evaluating an expression: a unit is a value that is looked at again, an element
 * that is copied, some characters that are read or written. One for the thread, like {@link stack}: operations on values
 * belong to no evaluator. Outside of shares nothing is refused. `left` is the slice that is under way, `reserve` what the
 * share has besides.
 */
export const work = { left: unlimited, reserve: 0, limited: false };

/**
 * Takes note of work, in units of about 20 ns or 50 bytes. Throws {@link OutOfWork} when the share that is under way has
 * none left: whatever is being computed is given up, up to the outermost thunk, which then is unknown(budget).
 */
export function charge(units: number): void {
  work.left -= units;
  if (work.left < 0) outOfWork();
}

/** As {@link charge}, for text that is read or written as a whole. */
export function chargeText(characters: number): void {
  charge(characters >> 4);
}

/** The slice is used up: gives way and begins the next one, if there is one. */
export function outOfWork(): void {
  if (!work.limited) {
    work.left = unlimited;
    return;
  }
  const all = work.left + work.reserve;
  if (all < 0) {
    work.left = -1;
    work.reserve = 0;
    throw new OutOfWork("out of work");
  }
  giveWayBeside();
  slice(all);
}

function slice(units: number): void {
  work.left = Math.min(units, unitsOfSlice);
  work.reserve = units - work.left;
}

/** What is done for others is not taken from the share. */
function giveWayBeside(): void {
  const { left, reserve, limited } = work;
  work.left = unlimited;
  work.limited = false;
  try {
    giveWay();
  } finally {
    work.left = left;
    work.reserve = reserve;
    work.limited = limited;
  }
}

export class OutOfWork extends Error {}

/**
 * The steps that an evaluation may take: a step is an evaluated expression or an element that a builtin visits. Each flake,
 * host and guest has a share of its own ({@link Budget.apart}), so that one that is too expensive costs itself alone.
 */
export class Budget {
  #left: number;
  /** What shares that are used up may still take together. */
  #common: number;
  /** The same in units of {@link work}. */
  #commonWork: number;
  readonly steps: number;

  constructor(steps = 120_000) {
    this.steps = steps;
    this.#left = steps;
    this.#common = steps * mostShares;
    this.#commonWork = this.#common * unitsOfStep;
  }

  /** False when the budget is used up; it stays so. */
  spend(steps = 1): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }

  get spent(): number {
    return this.steps - this.#left;
  }

  /**
   * Does something with a share of its own: what it takes is not taken from whoever asks for it. Throws {@link OutOfWork}
   * when that ran out where no thunk was being computed.
   */
  apart<T>(run: () => T): T {
    // Guests that take less than a slice would never give way.
    giveWayBeside();
    const outer = { steps: this.#left, left: work.left, reserve: work.reserve, limited: work.limited };
    const least = Math.ceil(this.steps / leastShare);
    const share = Math.max(least, Math.min(this.steps, this.#common));
    const units = Math.max(least * unitsOfStep, Math.min(this.steps * unitsOfStep, this.#commonWork));
    let isSpent = true;
    this.#left = share;
    slice(units);
    work.limited = true;
    try {
      const result = run();
      isSpent = this.#left < 0 || work.left < 0;
      return result;
    } finally {
      // Those that come to an end cost the others nothing, however many they are.
      if (isSpent) {
        this.#common -= share;
        this.#commonWork -= units;
      }
      this.#left = outer.steps;
      work.left = outer.left;
      work.reserve = outer.reserve;
      work.limited = outer.limited;
    }
  }
}

/** True for what gives up whatever is being computed: no work is left, or the stack is full. */
export function isExhaustion(error: unknown): boolean {
  return error instanceof OutOfWork || isStackOverflow(error);
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
