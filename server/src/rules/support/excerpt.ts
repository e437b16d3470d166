/** So many lines around what matters are enough to know where it stands. */
const around = 2;
/** What is longer is cut in the middle. */
const longest = 12;

/**
 * The lines of a text that matter beside another text: those that differ, with their surroundings and without common
 * indentation. Where both are the same (the difference is on the disk), the lines of the first volume.
 */
export function excerpt(text: string, other: string): string {
  const lines = text.trimEnd().split("\n");
  const others = other.trimEnd().split("\n");
  const { start, end } = differing(lines, others) ?? volume(lines);
  const depth = Math.min(...lines.slice(start, end).map(indentation));
  // What stands further out only opens or closes something.
  const shown = lines.slice(Math.max(0, start - around), end + around).filter((line) => indentation(line) >= depth);
  const whole = shown.length > longest ? [...shown.slice(0, longest - 2), "…"] : shown;
  return whole.map((line) => (line === "…" ? line : line.slice(depth))).join("\n");
}

/** An empty line belongs to any depth. */
function indentation(line: string): number {
  return /\S/.test(line) ? (/^ */.exec(line)?.[0].length ?? 0) : Number.POSITIVE_INFINITY;
}

interface Range {
  readonly start: number;
  /** One behind the last line. */
  readonly end: number;
}

function differing(lines: readonly string[], others: readonly string[]): Range | null {
  let start = 0;
  while (start < lines.length && lines[start] === others[start]) start++;
  if (start === lines.length && start === others.length) return null;
  let tail = 0;
  while (tail < lines.length - start && tail < others.length - start && lines.at(-1 - tail) === others.at(-1 - tail))
    tail++;
  const end = lines.length - tail;
  // Only the other text has something here: what stands before it shows where.
  return start === end && start > 0 ? { start: start - 1, end } : { start, end };
}

/** From the first `image =` to the end of its set, else the whole text. */
function volume(lines: readonly string[]): Range {
  const image = lines.findIndex((line) => /^\s*(?:microvm\.)?(?:image|volumes) =/.test(line));
  if (image < 0) return { start: 0, end: lines.length };
  const end = lines.findIndex((line, at) => at > image && /^\s*\}/.test(line));
  return { start: image, end: end < 0 ? image + 1 : end };
}
