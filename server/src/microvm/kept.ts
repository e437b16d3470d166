import type { Evaluation } from "../nix/modules/evaluate.ts";

/**
 * Evaluations that were read, the newest last. An evaluated system takes megabytes, and what was read of it a few hundred
 * bytes: beyond some number of modules the oldest are released. Where configurations look at each other (`self`), one
 * that was released is evaluated again, once: it then stays, and room is made for one more like it.
 */
export class KeptEvaluations {
  readonly #kept = new Map<Evaluation, number>();
  #modules = 0;
  #mostModules: number;

  constructor(mostModules = 1000) {
    this.#mostModules = mostModules;
  }

  add(evaluation: Evaluation): void {
    if (this.#kept.has(evaluation)) return;
    const modules = evaluation.modules().length + overhead;
    this.#kept.set(evaluation, modules);
    this.#modules += modules;
    for (const [oldest, weight] of this.#kept) {
      if (this.#modules <= this.#mostModules || oldest === evaluation) break;
      this.#kept.delete(oldest);
      this.#modules -= weight;
      oldest.release(() => {
        this.#mostModules += weight;
      });
    }
  }
}

/** What a system takes beside its modules, in modules. */
const overhead = 20;
