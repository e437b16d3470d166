/** The event loop is given back after this long; the goal is never to hold it for more than 5 ms. */
const sliceMs = 1;
/** Asking the clock costs as much as a tenth of a stat: it is not asked every time. */
const callsPerClock = 8;

/** Divides long work into slices, so that whoever else waits gets a turn. */
export class Turns {
  #since = performance.now();
  #calls = 0;

  begin(): void {
    this.#since = performance.now();
  }

  /** To be called between pieces of work, with a weight that says how many small ones it was; a promise must be awaited. */
  breathe(weight = 1): Promise<void> | null {
    this.#calls += weight;
    if (this.#calls < callsPerClock) return null;
    this.#calls = 0;
    if (performance.now() - this.#since < sliceMs) return null;
    return new Promise((go) => {
      setImmediate(() => {
        this.#since = performance.now();
        go();
      });
    });
  }
}
