import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerFormat } from "../../server/src/disk/facts.ts";
import { allZero } from "../../server/src/disk/images/bytes.ts";
import { type Piece, writeContainer } from "../harness/disk-builder.ts";

/** What a container file around these pieces holds, without its empty parts. */
export function containerPieces(
  format: Exclude<ContainerFormat, "raw">,
  guestBytes: number,
  pieces: readonly Piece[],
): { fileBytes: number; pieces: readonly Piece[] } {
  const folder = mkdtempSync(join(tmpdir(), "lens-pieces-"));
  const fd = openSync(join(folder, "image"), "w+");
  try {
    writeContainer(fd, format, guestBytes, pieces);
    const fileBytes = fstatSync(fd).size;
    return { fileBytes, pieces: [...usedPages(fd, fileBytes)] };
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
}

function* usedPages(fd: number, fileBytes: number): Iterable<Piece> {
  const page = Buffer.alloc(4096);
  for (let offset = 0; offset < fileBytes; offset += page.length) {
    const length = readSync(fd, page, 0, page.length, offset);
    if (!allZero(page.subarray(0, length))) yield { offset, bytes: Buffer.from(page.subarray(0, length)) };
  }
}
