import type { ByteSource } from "./bytes.ts";

interface Range {
  readonly offset: number;
  readonly length: number;
}

/** A range that a reader asked for and that was not brought. */
export interface Missing {
  readonly want: "bytes" | "zero";
  readonly offset: number;
  readonly length: number;
}

/** Parts of a file that ssh brought; everything else is not known. */
export class SparseBytes implements ByteSource {
  readonly #chunks: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #zero: Range[] = [];
  readonly #notZero: Range[] = [];
  #fileBytes = 0;
  /** Whoever puts parts here is still at it. */
  isBringing = false;
  /** What was asked for and is not there, and what will probably be asked for. */
  readonly #asked = new Set<string>();
  readonly #missing = new Map<string, Missing>();

  /** Length of the file: what would lie behind it reads as nothing. */
  setFileBytes(bytes: number): void {
    this.#fileBytes = bytes;
  }

  /** What a reader asked for in vain since the last time. */
  takeMissing(): readonly Missing[] {
    const missing = [...this.#missing.values()];
    this.#missing.clear();
    return missing;
  }

  /** True when this very range was asked of the host before: it will not come. Remembers that it is now. */
  wasAsked({ want, offset, length }: Missing): boolean {
    const key = `${want} ${offset} ${length}`;
    if (this.#asked.has(key)) return true;
    this.#asked.add(key);
    return false;
  }

  foresee(offset: number, length: number): void {
    this.read(offset, length);
  }

  #note(want: Missing["want"], offset: number, length: number): null {
    this.#missing.set(`${want} ${offset} ${length}`, { want, offset, length });
    return null;
  }

  add(offset: number, bytes: Uint8Array): void {
    this.#chunks.push({ offset, bytes });
  }

  addZero(offset: number, length: number): void {
    this.#zero.push({ offset, length });
  }

  addNotZero(offset: number, length: number): void {
    this.#notZero.push({ offset, length });
  }

  read(offset: number, length: number): Uint8Array | null {
    const end = Math.min(offset + length, this.#fileBytes);
    if (offset >= end) return new Uint8Array(0);
    const whole = this.#chunks.find((chunk) => chunk.offset <= offset && end <= chunk.offset + chunk.bytes.length);
    if (whole !== undefined) return whole.bytes.subarray(offset - whole.offset, end - whole.offset);
    return this.#assemble(offset, end) ?? this.#note("bytes", offset, end - offset);
  }

  isZero(offset: number, length: number): boolean | null {
    const end = Math.min(offset + length, this.#fileBytes);
    if (offset >= end) return true;
    const covers = (range: Range): boolean => range.offset <= offset && end <= range.offset + range.length;
    const inside = (range: Range): boolean => offset <= range.offset && range.offset + range.length <= end;
    if (this.#zero.some(covers)) return true;
    return this.#notZero.some(inside) ? false : this.#note("zero", offset, end - offset);
  }

  /** Out of several chunks, one after the other. */
  #assemble(offset: number, end: number): Uint8Array | null {
    const result = new Uint8Array(end - offset);
    for (let at = offset; at < end; ) {
      const here = at;
      const chunk = this.#chunks.find(({ offset: from, bytes }) => from <= here && here < from + bytes.length);
      if (chunk === undefined) return null;
      const part = chunk.bytes.subarray(at - chunk.offset, end - chunk.offset);
      result.set(part, at - offset);
      at += part.length;
    }
    return result;
  }
}
