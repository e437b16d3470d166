import { runReading } from "../images/bytes.ts";
import { readImage } from "../images/image.ts";
import { type Missing, SparseBytes } from "../images/sparse-bytes.ts";
import { questionsFor } from "./remote-script.ts";
import type { TranscriptReader } from "./transcript.ts";

/** Whatever the images of a host hold, it is asked no more often, */
const maxRounds = 80;
/** and for no more in all. */
const maxBytes = 48 << 20;
/** Small pieces are brought with what lies around them: the next question is often about that. */
const pieceBytes = 2048;

/**
 * Asks a host for bytes until our readers have all that they want of its images. Each round lets every reader run as far
 * as it comes, and asks for what all of them miss, at once.
 */
export class Gathering {
  readonly #transcript: TranscriptReader;
  #rounds = 0;
  #bytes = 0;
  #isOver = false;

  constructor(transcript: TranscriptReader) {
    this.#transcript = transcript;
  }

  /** Takes one answer; the next questions, or null once nothing is to be asked any more. */
  next(lines: readonly string[]): string | null {
    this.#transcript.add(lines);
    if (this.#isOver || this.#transcript.missingTool !== null) return null;
    const wanted = this.#rounds++ < maxRounds ? this.#wanted() : new Map<string, readonly Missing[]>();
    if (wanted.size > 0) return questionsFor(wanted);
    this.#isOver = true;
    return null;
  }

  #wanted(): ReadonlyMap<string, readonly Missing[]> {
    const wanted = new Map<string, readonly Missing[]>();
    for (const [path, bytes] of this.#transcript.contents) {
      if (!(bytes instanceof SparseBytes)) continue;
      const missing = this.#missingOf(path, bytes);
      if (missing.length === 0) continue;
      this.#bytes += missing.reduce((sum, { want, length }) => sum + (want === "bytes" ? length : 16), 0);
      if (this.#bytes > maxBytes) break;
      wanted.set(path, missing);
    }
    return wanted;
  }

  #missingOf(path: string, bytes: SparseBytes): readonly Missing[] {
    const stat = this.#transcript.statOf(path);
    if (stat === undefined) return [];
    bytes.setFileBytes(stat.apparentBytes);
    bytes.takeMissing();
    bytes.isBringing = true;
    const outcome = runReading(readImage(stat), bytes);
    bytes.isBringing = false;
    const missing = bytes.takeMissing();
    // A reader that came to its end may have done without something: whether it gets it is not known yet.
    if (outcome.ok && missing.length === 0) return [];
    return joined(missing.map((one) => (one.want === "bytes" ? widened(one, stat.apparentBytes) : one))).filter(
      (one) => !bytes.wasAsked(one),
    );
  }
}

function widened(one: Missing, fileBytes: number): Missing {
  const offset = one.offset - (one.offset % pieceBytes);
  const end = Math.min(fileBytes, Math.ceil((one.offset + one.length) / pieceBytes) * pieceBytes);
  return { want: "bytes", offset, length: end - offset };
}

/** Ranges that touch are asked for at once: each question costs the host a process. */
function joined(missing: readonly Missing[]): readonly Missing[] {
  const result: Missing[] = [];
  const sorted = [...missing].sort((a, b) => (a.want === b.want ? a.offset - b.offset : a.want < b.want ? -1 : 1));
  for (const one of sorted) {
    const last = result.at(-1);
    const touches = last !== undefined && last.want === one.want && one.offset <= last.offset + last.length;
    if (!touches || one.want === "zero") result.push(one);
    else {
      const end = Math.max(last.offset + last.length, one.offset + one.length);
      if (end - last.offset > maxPieceBytes) result.push(one);
      else result[result.length - 1] = { ...last, length: end - last.offset };
    }
  }
  return result;
}

/** As much as one answer may hold (transcript.ts). */
const maxPieceBytes = 1 << 20;
