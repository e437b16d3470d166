import type { DiskWatch, HostFacts, Probe, ProbeRequest } from "../disk/facts.ts";

/** How often facts are asked for anew when what is asked changes, where asking is not cheap (ssh). */
const remoteIntervalMs = 30_000;

/**
 * Keeps what was last seen on one host. Local facts are asked for whenever the question changes or the disk did; remote
 * ones keep their answer while the user types and are refreshed at most every {@link remoteIntervalMs}, or on request.
 */
export class Observer {
  readonly #probe: Probe;
  readonly #remote: boolean;
  readonly #now: () => number;
  #facts: HostFacts | null = null;
  #key = "";
  #asked: ProbeRequest | undefined;
  #stale = true;
  #askedAtMs = 0;
  #pending: { readonly key: string; readonly answer: Promise<HostFacts> } | null = null;
  #watch: DiskWatch | null = null;
  #watchedKey = "";
  #generation = 0;

  constructor(probe: Probe, remote: boolean, now: () => number = Date.now) {
    this.#probe = probe;
    this.#remote = remote;
    this.#now = now;
  }

  /**
   * The facts if they answer this question already. While this machine is being looked at again, what was seen before is no
   * answer: whoever asked may give up, and nobody would look again. Another host's answer is waited for by one only.
   */
  current(request: ProbeRequest): HostFacts | null {
    if (this.#pending !== null && !this.#remote) return null;
    return !this.#stale && this.#facts && this.#answers(keyOf(request)) ? this.#facts : null;
  }

  /** The facts, asked for if need be. Questions that are the same while one is under way share its answer. */
  async observe(request: ProbeRequest, signal?: AbortSignal): Promise<HostFacts> {
    const there = this.current(request);
    if (there) return there;
    this.#asked = request;
    const key = keyOf(request);
    if (this.#pending?.key === key && !this.#stale) {
      const shared = await this.#pending.answer;
      // Whoever asked first may have given up: then the answer is half an answer, and it was not kept.
      return this.current(request) ?? (signal?.aborted ? shared : this.observe(request, signal));
    }
    const generation = ++this.#generation;
    this.#stale = false;
    this.#askedAtMs = this.#now();
    const answer = this.#probe.observe(request, signal);
    this.#pending = { key, answer };
    const facts = await answer;
    // A later question has been asked meanwhile: its answer counts, not this one.
    if (generation === this.#generation) {
      this.#pending = null;
      if (signal?.aborted) this.#stale = true;
      else {
        this.#facts = facts;
        this.#key = key;
      }
    }
    return facts;
  }

  /** Next time, ask again. */
  expire(): void {
    this.#stale = true;
  }

  /** Calls back when the disk may have changed. */
  watch(request: ProbeRequest, changed: () => void): void {
    const key = keyOf(request);
    if (this.#watchedKey === key) return;
    this.#watchedKey = key;
    if (this.#watch) this.#watch.follow(request);
    else
      this.#watch =
        this.#probe.watch?.(request, () => {
          this.expire();
          changed();
        }) ?? null;
  }

  /** The question that was asked last. */
  get asked(): ProbeRequest | undefined {
    return this.#asked;
  }

  dispose(): void {
    this.#watch?.stop();
    this.#watch = null;
  }

  #answers(key: string): boolean {
    if (key === this.#key) return true;
    return this.#remote && this.#now() - this.#askedAtMs < remoteIntervalMs;
  }
}

const keys = new WeakMap<ProbeRequest, string>();

function keyOf(request: ProbeRequest): string {
  const before = keys.get(request);
  if (before !== undefined) return before;
  const key = `${request.stateDir}\0${request.paths.join("\0")}`;
  keys.set(request, key);
  return key;
}
