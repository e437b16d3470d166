import { closeSync, constants, fstatSync, openSync, promises, readSync, type Stats } from "node:fs";
import { allZero, type ByteSource, Run, runReadingAsync, zeroAnswer } from "../images/bytes.ts";
import { endBytes, oldRaidAt } from "../images/filesystems/members.ts";
import {
  contentOfHead,
  contentOfOutcome,
  contentUnreadable,
  type FileStat,
  headBytes,
  type ImageContent,
  readImage,
} from "../images/image.ts";
import type { ReadFile, Soon } from "../machine.ts";
import { unreadableError } from "./errno.ts";

/** Never waits for the other end of a FIFO that has taken the file's place, never becomes a controlling terminal. */
export const readOnlyFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const zeroStep = 1 << 17;

/** Reads an image on the calling thread, in turns where it takes longer. Only for local disks. */
export function readContent(path: string, stat: FileStat): Soon<ImageContent> {
  let fd: number;
  try {
    fd = openSync(path, readOnlyFlags);
  } catch (error) {
    return contentUnreadable(unreadableError(error));
  }
  return readAndClose(fd, stat);
}

/**
 * Stat and content with one walk along the path, on the calling thread: what {@link readContent} costs beside it. Null
 * when the path cannot be opened, or is not a regular file: whoever asks for its stat learns why.
 */
export function readRegular(path: string, statOf: (stats: Stats) => FileStat): ReadFile | null {
  let fd: number;
  try {
    fd = openSync(path, readOnlyFlags | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
  try {
    const stats = fstatSync(fd);
    if (stats.isFile()) {
      const stat = statOf(stats);
      return { stat, content: readAndClose(fd, stat) };
    }
  } catch {
    // Whoever asks for its stat learns why.
  }
  closeSync(fd);
  return null;
}

function readAndClose(fd: number, stat: FileStat): Soon<ImageContent> {
  let isLater = false;
  try {
    const simple = readSimple(fd, stat);
    if (simple !== null) return simple;
    const source = sourceOf(fd);
    try {
      const run = new Run(readImage(stat), source);
      const outcome = run.go(slice());
      if (outcome !== null) return contentOfOutcome(outcome);
      isLater = true;
      return finishLater(fd, source, run);
    } finally {
      if (!isLater) source.done();
    }
  } catch (error) {
    return contentUnreadable(unreadableError(error));
  } finally {
    if (!isLater) closeSync(fd);
  }
}

async function finishLater(fd: number, source: { done(): void }, run: Run<ImageContent>): Promise<ImageContent> {
  try {
    for (;;) {
      await new Promise((go) => setImmediate(go));
      const outcome = run.go(slice());
      if (outcome !== null) return contentOfOutcome(outcome);
    }
  } catch (error) {
    return contentUnreadable(unreadableError(error));
  } finally {
    source.done();
    closeSync(fd);
  }
}

/** The event loop is held for so long, and one more question, which reads a MiB at most. */
const sliceMs = 1;

function slice(): () => boolean {
  const end = performance.now() + sliceMs;
  let calls = 0;
  // Asking the clock costs as much as a small question.
  return () => (++calls & 7) !== 0 || performance.now() < end;
}

/** An image whose beginning says everything, as that of most volumes does, and whose end does not contradict it. */
function readSimple(fd: number, stat: FileStat): ImageContent | null {
  if (stat.apparentBytes < headBytes || readSync(fd, firstPages, 0, headBytes, 0) < headBytes) return null;
  const simple = contentOfHead(stat, firstPages);
  if (simple === null) return null;
  const size = stat.apparentBytes;
  const count = readSync(fd, lastPages, 0, endBytes, Math.max(0, size - endBytes));
  if (!allZero(lastPages.subarray(0, count))) return null;
  if (size < 2 << 16) return simple;
  return readSync(fd, lastPages, 0, 8, oldRaidAt(size)) === 8 && allZero(lastPages.subarray(0, 8)) ? simple : null;
}

/** As {@link readContent}, on node's thread pool. */
export async function readContentLater(path: string, stat: FileStat): Promise<ImageContent> {
  let file: promises.FileHandle | undefined;
  try {
    file = await promises.open(path, readOnlyFlags);
    const handle = file;
    const outcome = await runReadingAsync(readImage(stat), async ({ want, offset, length }) => {
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = await handle.read(bytes, 0, length, offset);
      const read = bytes.subarray(0, bytesRead);
      return want === "bytes" ? read : zeroAnswer(allZero(read));
    });
    return contentOfOutcome(outcome);
  } catch (error) {
    return contentUnreadable(unreadableError(error));
  } finally {
    await file?.close().catch(() => undefined);
  }
}

/** Used again for each image: facts keep no bytes. */
const firstPages = Buffer.allocUnsafeSlow(headBytes);
const lastPages = Buffer.allocUnsafeSlow(endBytes);
const zeroBuffer = Buffer.allocUnsafeSlow(zeroStep);

/**
 * Memory for what one look reads, used again for the next: facts keep no bytes, and fresh memory for ten thousand images
 * would cost more than the reading. A look that pauses has it to itself for as long as it takes.
 */
const lookBuffer = Buffer.allocUnsafeSlow(1 << 20);
let isLent = false;

function sourceOf(fd: number): ByteSource & { done(): void } {
  const hasBuffer = !isLent;
  isLent = true;
  let used = 0;
  return {
    done() {
      if (hasBuffer) isLent = false;
    },
    read(offset, length) {
      const fits = hasBuffer && used + length <= lookBuffer.length;
      const buffer = fits ? lookBuffer.subarray(used, used + length) : Buffer.allocUnsafe(length);
      if (fits) used += length;
      const count = readSync(fd, buffer, 0, length, offset);
      return count === buffer.length ? buffer : buffer.subarray(0, count);
    },
    isZero(offset, length) {
      for (let at = 0; at < length; at += zeroStep) {
        const count = readSync(fd, zeroBuffer, 0, Math.min(zeroStep, length - at), offset + at);
        if (!allZero(zeroBuffer.subarray(0, count))) return false;
        if (count === 0) break;
      }
      return true;
    },
  };
}
