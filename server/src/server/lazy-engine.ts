import type { Engine, Snapshot } from "../engine/engine.ts";

/** The part of the engine that the server uses: tests bring their own. */
export type EngineLike = Pick<
  Engine,
  | "setDocument"
  | "filesChanged"
  | "setSettings"
  | "setRoots"
  | "snapshot"
  | "meanwhile"
  | "current"
  | "watchDisk"
  | "refreshDisk"
  | "dispose"
>;

/**
 * The engine, and what happened before it was there: it is loaded after the server has answered `initialize`, so that
 * starting an editor never waits for it.
 */
export class LazyEngine {
  readonly #load: () => Promise<EngineLike>;
  #engine: Promise<EngineLike> | null = null;
  #loaded: EngineLike | null = null;
  /** Counts what may change an answer. */
  #revision = 0;
  #waiting: ((engine: EngineLike) => void)[] = [];

  constructor(load: () => Promise<EngineLike>) {
    this.#load = load;
  }

  /** The engine, once it is there. */
  get loaded(): EngineLike | null {
    return this.#loaded;
  }

  /** Begins to load; does nothing when that has begun. */
  start(): Promise<EngineLike> {
    this.#engine ??= this.#load().then((engine) => {
      this.#loaded = engine;
      for (const act of this.#waiting.splice(0)) act(engine);
      return engine;
    });
    return this.#engine;
  }

  /** Does something with the engine: now, or as soon as it is there. */
  tell(act: (engine: EngineLike) => void): void {
    this.#revision++;
    if (this.#loaded) act(this.#loaded);
    else this.#waiting.push(act);
  }

  /**
   * A snapshot of the newest state: a change that arrives while hosts are being asked makes it start again, so that
   * places in an answer always are places in the text that the editor shows.
   */
  async snapshot(signal?: AbortSignal): Promise<Snapshot> {
    const engine = this.#loaded ?? (await this.start());
    for (;;) {
      signal?.throwIfAborted();
      const revision = this.#revision;
      const snapshot = await engine.snapshot(signal);
      if (revision === this.#revision) return snapshot;
    }
  }

  dispose(): void {
    this.#loaded?.dispose();
  }
}
