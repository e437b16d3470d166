/**
 * Readers of images are generators: they ask for a few bytes at a time and never do the reading themselves. The same
 * reader is thus driven by a synchronous pread (local disks), by promises (slow ones) and by bytes that ssh brought.
 */

/** One question to an image: its bytes at a place, or whether a range holds only zeros. */
export interface ReadRequest {
  readonly want: "bytes" | "zero";
  readonly offset: number;
  readonly length: number;
  /** The reader can do without: bytes that cannot be had are then answered by none. */
  readonly optional?: boolean;
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
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: "unavailable" | "too-much"; readonly detail: string };

/** No single request is larger, whatever a header says. */
export const maxRequestBytes = 1 << 20;
/** No image is asked more often; a hostile header could otherwise lead round in circles. */
const maxRequests = 4096;
/** No image is read further in total. */
const maxTotalBytes = 8 << 20;

const none = new Uint8Array(0);
const one = new Uint8Array([1]);

/** Drives a reader to its end. Requests are clipped to {@link maxRequestBytes}; too many of them end it. */
export function runReading<T>(reading: Reading<T>, source: ByteSource): Outcome<T> {
  let total = 0;
  let step = reading.next();
  for (let requests = 0; !step.done; requests++) {
    const request = clip(step.value);
    total += request.length;
    if (requests >= maxRequests || total > maxTotalBytes) return tooMuch;
    const answer = ask(source, request);
    if (answer === null && !request.optional) return unavailable(request);
    step = reading.next(answer ?? none);
  }
  return { ok: true, value: step.value };
}

/** As {@link runReading}, with a source that answers later. */
export async function runReadingAsync<T>(
  reading: Reading<T>,
  answerOf: (request: ReadRequest) => Promise<Uint8Array>,
): Promise<Outcome<T>> {
  let total = 0;
  let step = reading.next();
  for (let requests = 0; !step.done; requests++) {
    const request = clip(step.value);
    total += request.length;
    if (requests >= maxRequests || total > maxTotalBytes) return tooMuch;
    step = reading.next(await answerOf(request));
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
