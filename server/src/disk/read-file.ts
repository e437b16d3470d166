import { closeSync, constants, fstatSync, openSync, promises, readSync, type Stats } from "node:fs";
import { allZero, type ByteSource, runReading, runReadingAsync, zeroAnswer } from "./bytes.ts";
import { unreadableError } from "./errno.ts";
import {
  contentOfHead,
  contentOfOutcome,
  contentUnreadable,
  type FileStat,
  headBytes,
  type ImageContent,
  readImage,
} from "./image.ts";
import type { ReadFile } from "./machine.ts";

/** Never waits for the other end of a FIFO that has taken the file's place, never becomes a controlling terminal. */
export const readOnlyFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const zeroStep = 1 << 17;

/** Reads an image now, on the calling thread. Only for local disks. */
export function readContent(path: string, stat: FileStat): ImageContent {
  let fd: number;
  try {
    fd = openSync(path, readOnlyFlags);
  } catch (error) {
    return contentUnreadable(unreadableError(error));
  }
  try {
    return readOpened(fd, stat);
  } finally {
    closeSync(fd);
  }
}

/**
 * Stat and content with one walk along the path, now, on the calling thread: what {@link readContent} costs beside it.
 * Null when the path cannot be opened, or is no regular file: whoever asks for its stat learns why.
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
    if (!stats.isFile()) return null;
    const stat = statOf(stats);
    return { stat, content: readOpened(fd, stat) };
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

function readOpened(fd: number, stat: FileStat): ImageContent {
  try {
    const count = stat.apparentBytes === 0 ? 0 : readSync(fd, firstPage, 0, headBytes, 0);
    const simple = count === headBytes ? contentOfHead(stat, firstPage) : null;
    return simple ?? contentOfOutcome(runReading(readImage(stat), sourceOf(fd)));
  } catch (error) {
    return contentUnreadable(unreadableError(error));
  }
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
const firstPage = Buffer.allocUnsafeSlow(headBytes);
const zeroBuffer = Buffer.allocUnsafeSlow(zeroStep);

function sourceOf(fd: number): ByteSource {
  return {
    read(offset, length) {
      const buffer = Buffer.allocUnsafe(length);
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
