import type { FileSource } from "../files.ts";
import { always, dependOn } from "./dependencies.ts";
import { attributes, integer, originAt, string, unsupported } from "./make.ts";
import { type AttributesValue, delayed, type Place, placeSpan } from "./value.ts";

/** A place as Nix tells it: lines and columns count from one, columns in bytes. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where something stands; null when its text cannot be had. */
export function positionAt(files: FileSource, at: Place): Position | null {
  const span = placeSpan(at);
  if (!span) return null;
  // It moves with every edit before it.
  dependOn(always);
  const text = files.text(span.file);
  if (!text.ok) return null;
  const before = text.value.slice(0, span.start);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return { file: span.file, line, column: Buffer.byteLength(before.slice(lineStart)) + 1 };
}

/** `{ file; line; column; }`, the last two when they are asked for. */
export function positionValue(files: FileSource, at: Place): AttributesValue {
  const part = (name: "line" | "column") =>
    delayed(at, () => {
      const position = positionAt(files, at);
      return position ? integer(position[name]) : unsupported("places in the source", at);
    });
  return attributes(
    [
      ["column", part("column")],
      ["file", string(placeSpan(at)?.file ?? "")],
      ["line", part("line")],
    ],
    originAt(at, "builtin"),
  );
}
