/**
 * How deep evaluation stands in the JavaScript stack. The stack is one per thread and evaluation is synchronous, so this
 * count is one too, shared by all evaluators: what matters is that the real stack never overflows.
 *
 * `exploring` counts the undecided conditions whose two branches are being evaluated at this moment: without a bound,
 * a recursion under an unknown condition would take two to the power of its depth.
 */
export const stack = { depth: 0, limit: 2400, exploring: 0, exploringLimit: 10 };

/** Lengths beyond which a list (elements) or a string (UTF-16 units) is not built: the value is unknown(budget). */
export const sizeLimits = { elements: 1_000_000, characters: 16_000_000 };

/** The steps that one evaluation may take: a step is an evaluated expression or an element that a builtin visits. */
export class Budget {
  #left: number;
  readonly steps: number;

  constructor(steps = 20_000_000) {
    this.steps = steps;
    this.#left = steps;
  }

  /** False when the budget is used up; it stays so. */
  spend(steps = 1): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }

  get spent(): number {
    return this.steps - this.#left;
  }

  /** Grants the whole budget anew: each question that a user asks has its own. */
  refill(): void {
    this.#left = this.steps;
  }
}

/** True for the exception that V8 throws when its stack is full. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message);
}
