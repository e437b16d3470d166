/** One replaced range: `old[start, oldEnd)` became `new[start, newEnd)`; everything around it is the same. */
export interface Difference {
  readonly start: number;
  readonly oldEnd: number;
  readonly newEnd: number;
}

/** The smallest single replacement that makes `after` of `before`; all zero-length at the end when they are equal. */
export function difference(before: string, after: string): Difference {
  const shorter = Math.min(before.length, after.length);
  const start = commonPrefix(before, after, shorter);
  const suffix = commonSuffix(before, after, shorter - start);
  return { start, oldEnd: before.length - suffix, newEnd: after.length - suffix };
}

/** Whole blocks are compared as strings, which is a comparison of memory, and only the last one by character. */
const block = 4096;

function commonPrefix(a: string, b: string, limit: number): number {
  let at = 0;
  while (at + block <= limit && a.slice(at, at + block) === b.slice(at, at + block)) at += block;
  while (at < limit && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

function commonSuffix(a: string, b: string, limit: number): number {
  let at = 0;
  while (
    at + block <= limit &&
    a.slice(a.length - at - block, a.length - at) === b.slice(b.length - at - block, b.length - at)
  ) {
    at += block;
  }
  while (at < limit && a.charCodeAt(a.length - 1 - at) === b.charCodeAt(b.length - 1 - at)) at++;
  return at;
}
