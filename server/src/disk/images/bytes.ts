/**
 * Readers of images are generators: they ask for a few bytes at a time and never do the reading themselves. The same
 * reader is thus driven by a synchronous pread (local disks), by promises (slow ones) and by bytes that ssh brought.
 */

/**
 * One question to an image: its bytes at a place, or whether a range holds only zeros. `soon` asks for nothing: it says
 * what will probably be asked for, so that a source far away can bring it together with something else.
 */
export interface ReadRequest {
  readonly want: "bytes" | "zero" | "soon";
  readonly offset: number;
  readonly length: number;
  /**
   * The reader can do without: bytes that cannot be had are then answered by none. `decides`: they say what is asked for
   * next, so that whoever is still bringing bytes should bring these before it goes on.
   */
  readonly optional?: boolean | "decides";
}

/**
 * The answer to `bytes` is what lies there, shorter at the end of the image. The answer to `zero` is empty when every
 * byte is zero, and one byte long otherwise.
 */
export type Reading<T> = Generator<ReadRequest, T, Uint8Array>;

/** Where the bytes come from. Both functions may throw the errors of node:fs; the caller classifies them. */
export interface ByteSource {
  /** `null`: these bytes cannot be had (ssh did not bring them). */
  read(offset: number, length: number): Uint8Array | null;
  isZero(offset: number, length: number): boolean | null;
  /** These bytes will probably be asked for. */
  foresee?(offset: number, length: number): void;
  /** What cannot be had now is being brought. */
  readonly isBringing?: boolean;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: "unavailable" | "too-much"; readonly detail: string };

/** No single request is larger, whatever a header says. */
export const maxRequestBytes = 1 << 20;
/** No image is asked more often; a hostile header could otherwise lead round in circles. */
const maxRequests = 4096;
/** No more is read of one image. */
const maxTotalBytes = 16 << 20;

const none = new Uint8Array(0);
const one = new Uint8Array([1]);

/** No image is looked through for something else than zeros any further. */
const maxZeroBytes = 66 << 20;

/** Counts what a reader asks for, and ends it when that is too much. */
class Budget {
  #requests = 0;
  #bytes = 0;
  #zeros = 0;

  allows({ want, length }: ReadRequest): boolean {
    if (want === "bytes") this.#bytes += length;
    else this.#zeros += length;
    return ++this.#requests <= maxRequests && this.#bytes <= maxTotalBytes && this.#zeros <= maxZeroBytes;
  }
}

/** Drives a reader to its end. Requests are clipped to {@link maxRequestBytes}; too many of them end it. */
export function runReading<T>(reading: Reading<T>, source: ByteSource): Outcome<T> {
  const outcome = new Run(reading, source).go(() => true);
  if (outcome === null) throw new Error("a reader that is not to pause paused");
  return outcome;
}

/** A reader that can pause between its questions, so that whoever else waits gets a turn. */
export class Run<T> {
  readonly #reading: Reading<T>;
  readonly #source: ByteSource;
  readonly #budget = new Budget();
  #step: IteratorResult<ReadRequest, T>;

  constructor(reading: Reading<T>, source: ByteSource) {
    this.#reading = reading;
    this.#source = source;
    this.#step = reading.next();
  }

  /** Goes on as long as it may; null: it paused. */
  go(mayGoOn: () => boolean): Outcome<T> | null {
    for (;;) {
      const step = this.#step;
      if (step.done) return { ok: true, value: step.value };
      const request = clip(step.value);
      if (request.want === "soon") {
        this.#source.foresee?.(request.offset, request.length);
        this.#step = this.#reading.next(none);
        continue;
      }
      if (!mayGoOn()) return null;
      if (!this.#budget.allows(request)) return tooMuch;
      const answer = ask(this.#source, request);
      const isNeeded = !request.optional || (request.optional === "decides" && this.#source.isBringing);
      if (answer === null && isNeeded) return unavailable(request);
      this.#step = this.#reading.next(answer ?? none);
    }
  }
}

/** As {@link runReading}, with a source that answers later. */
export async function runReadingAsync<T>(
  reading: Reading<T>,
  answerOf: (request: ReadRequest) => Promise<Uint8Array>,
): Promise<Outcome<T>> {
  const budget = new Budget();
  let step = reading.next();
  while (!step.done) {
    const request = clip(step.value);
    if (request.want !== "soon" && !budget.allows(request)) return tooMuch;
    step = reading.next(request.want === "soon" ? none : await answerOf(request));
  }
  return { ok: true, value: step.value };
}

/** Asks for bytes; the answer is shorter than `length` where the image ends. */
export function* bytesAt(offset: number, length: number): Reading<Uint8Array> {
  if (!(offset >= 0) || length <= 0 || !Number.isSafeInteger(offset)) return none;
  return yield { want: "bytes", offset, length };
}

/** As {@link bytesAt}, where the reader has a way on without them. */
export function* optionalBytesAt(offset: number, length: number): Reading<Uint8Array> {
  if (!(offset >= 0) || length <= 0 || !Number.isSafeInteger(offset)) return none;
  return yield { want: "bytes", offset, length, optional: true };
}

/** As {@link optionalBytesAt}, where the answer says what is asked for next. */
export function* decidingBytesAt(offset: number, length: number): Reading<Uint8Array> {
  if (!(offset >= 0) || length <= 0 || !Number.isSafeInteger(offset)) return none;
  return yield { want: "bytes", offset, length, optional: "decides" };
}

/** Says what will probably be asked for next. */
export function* soon(offset: number, length: number): Reading<void> {
  if (offset >= 0 && length > 0 && Number.isSafeInteger(offset)) yield { want: "soon", offset, length };
}

/** Asks whether a range is zero; a range past the end is. */
export function* isZeroAt(offset: number, length: number): Reading<boolean> {
  if (!(offset >= 0) || length <= 0 || !Number.isSafeInteger(offset)) return true;
  return (yield { want: "zero", offset, length }).length === 0;
}

/** The answer to a `zero` request. */
export function zeroAnswer(isZero: boolean): Uint8Array {
  return isZero ? none : one;
}

/** True when every byte is zero; compares with a page of zeros, which is a memcmp. */
export function allZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const length = Math.min(zeros.length, bytes.length - at);
    const part = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
    if (part.compare(zeros, 0, length) !== 0) return false;
  }
  return true;
}

const zeros = Buffer.alloc(1 << 16);
const tooMuch: Outcome<never> = { ok: false, why: "too-much", detail: "its headers lead through too many places" };

function clip(request: ReadRequest): ReadRequest {
  return request.length <= maxRequestBytes ? request : { ...request, length: maxRequestBytes };
}

function ask(source: ByteSource, request: ReadRequest): Uint8Array | null {
  if (request.want === "bytes") return source.read(request.offset, request.length);
  const zero = source.isZero(request.offset, request.length);
  return zero === null ? null : zeroAnswer(zero);
}

function unavailable(request: ReadRequest): Outcome<never> {
  return {
    ok: false,
    why: "unavailable",
    detail: `bytes ${request.offset} to ${request.offset + request.length} were not brought`,
  };
}
