import type { ContainerFacts } from "../../facts.ts";
import {
  allZero,
  bytesAt,
  decidingBytesAt,
  isZeroAt,
  maxRequestBytes,
  optionalBytesAt,
  type Reading,
  type ReadRequest,
  zeroAnswer,
} from "../bytes.ts";
import { hasText } from "../numbers.ts";
import type { BlockMap, Container } from "./block-map.ts";
import { isQcow2, readQcow2 } from "./qcow2.ts";
import { readVhd, readVhdFooter } from "./vhd.ts";
import { readVhdx } from "./vhdx.ts";

/**
 * Recognises the container format from the first bytes (`head`, up to 4 KiB) and the size of the file.
 * The text that may come instead says what is wrong with it.
 */
export function* readContainer(head: Uint8Array, fileBytes: number): Reading<Container | string> {
  if (isQcow2(head)) return yield* readQcow2(head);
  if (hasText(head, 0, "vhdxfile")) return yield* readVhdx();
  if (hasText(head, 0, "conectix")) return yield* readVhd(head, fileBytes);
  // A fixed VHD is a raw image with 512 bytes behind it, so it is never a whole number of MiB.
  if (fileBytes % (1 << 20) !== 0 && fileBytes > 512) {
    const footer = yield* bytesAt(fileBytes - 512, 512);
    if (hasText(footer, 0, "conectix")) return readVhdFooter(footer);
  }
  return raw(fileBytes);
}

/** True when the first bytes are those of a container (a fixed VHD has none). */
export function mayBeContainer(head: Uint8Array): boolean {
  return isQcow2(head) || hasText(head, 0, "vhdxfile") || hasText(head, 0, "conectix");
}

export function raw(bytes: number): Container {
  const facts: ContainerFacts = { format: "raw", virtualBytes: bytes, backingFile: null, dirty: false, corrupt: false };
  return { facts, map: null };
}

/** Runs a reader of a guest's disk over the file that holds it. The text says why it could not. */
export function* throughMap<T>(reading: Reading<T>, map: BlockMap, guestBytes: number): Reading<{ value: T } | string> {
  let step = reading.next();
  while (!step.done) {
    const { want, offset, optional = false } = step.value;
    if (want === "soon") {
      step = reading.next(new Uint8Array(0));
      continue;
    }
    const length = Math.max(0, Math.min(step.value.length, guestBytes - offset, maxRequestBytes));
    const answer =
      want === "bytes" ? yield* mappedBytes(map, offset, length, optional) : yield* mappedZero(map, offset, length);
    if (typeof answer === "string") return answer;
    step = reading.next(answer);
  }
  return { value: step.value };
}

function* mappedBytes(
  map: BlockMap,
  offset: number,
  length: number,
  optional: ReadRequest["optional"],
): Reading<Uint8Array | string> {
  const result = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const place = yield* map.locate(offset + done);
    const inBlock = (offset + done) % map.blockBytes;
    const part = Math.min(length - done, map.blockBytes - inBlock);
    if (typeof place === "number") {
      const ask = optional === "decides" ? decidingBytesAt : optional ? optionalBytesAt : bytesAt;
      const bytes = yield* ask(place + inBlock, part);
      if (optional && bytes.length < part) return result.subarray(0, done);
      result.set(bytes, done);
    } else if (typeof place === "object") {
      result.set(place.subarray(inBlock, inBlock + part), done);
    } else if (place !== "zero") return place;
    done += part;
  }
  return result;
}

function* mappedZero(map: BlockMap, offset: number, length: number): Reading<Uint8Array | string> {
  for (let done = 0; done < length; ) {
    const place = yield* map.locate(offset + done);
    const inBlock = (offset + done) % map.blockBytes;
    const part = Math.min(length - done, map.blockBytes - inBlock);
    if (typeof place === "number" && !(yield* isZeroAt(place + inBlock, part))) return zeroAnswer(false);
    if (typeof place === "object" && !allZero(place.subarray(inBlock, inBlock + part))) return zeroAnswer(false);
    if (typeof place === "string" && place !== "zero") return place;
    done += part;
  }
  return zeroAnswer(true);
}
