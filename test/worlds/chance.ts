import { Random } from "../harness/random.ts";

/** Choices of one dimension: the same for the same world, whatever other dimensions asked for. */
export class Chance {
  readonly #random: Random;

  constructor(seed: number, number: number, dimension: string) {
    let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35);
    for (const letter of dimension) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
    this.#random = new Random(state);
    // Neighbouring seeds begin alike; a few rounds part them.
    for (let round = 0; round < 12; round++) this.#random.below(2);
  }

  one<T>(...items: readonly T[]): T {
    return this.#random.one(items);
  }

  /** True so often in a hundred. */
  percent(percent: number): boolean {
    return this.#random.chance(percent);
  }

  below(limit: number): number {
    return this.#random.below(limit);
  }

  /** One of these, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    throw new Error("no choice has a weight");
  }
}
