import { type Text, verbatim } from "../../base/text.ts";
import type { Hole } from "../script.ts";

/** A text as far as it is known: pieces in order. */
export type Value = readonly (string | Unknown)[];

export interface Unknown {
  readonly why: Text;
  /** "word": no blanks and no pattern characters in it; "text": anything, so that outside of quotes it is any number of words. */
  readonly holds: "word" | "text";
  /** Text that a part of a path name fits: no slash in it. */
  readonly pattern?: RegExp;
  /** It is the time to the second, with its day: no file has a name with it yet. */
  readonly instant?: boolean;
  readonly hole?: Hole;
  /** How many bytes it has, where that is known: the content of a file. */
  readonly bytes?: number;
}

/** A word that a command is given. `rest`: what a pattern may fit besides the files that are noted, or the pattern itself. */
export interface Field {
  readonly value: Value;
  readonly rest: boolean;
}

export function knownText(value: Value): string | null {
  if (value.length === 0) return "";
  if (value.length === 1) return typeof value[0] === "string" ? value[0] : null;
  return value.every((part) => typeof part === "string") ? value.join("") : null;
}

export function unknownValue(why: Text, holds: Unknown["holds"] = "text"): Value {
  return [{ why, holds }];
}

export function concat(left: Value, right: Value): Value {
  const a = left.at(-1);
  const [b, ...rest] = right;
  if (typeof a === "string" && typeof b === "string") return [...left.slice(0, -1), a + b, ...rest];
  return [...left, ...right].filter((part) => part !== "");
}

/** Why a value is not known. */
export function whyUnknown(value: Value): Text | null {
  for (const part of value) if (typeof part !== "string") return part.why;
  return null;
}

/** The known pieces of a value, in order. */
export function knownPieces(value: Value): readonly string[] {
  return value.filter((part) => typeof part === "string");
}

/** Whether the value may be this text. */
export function mayBe(value: Value, text: string): boolean {
  return expression(value).test(text);
}

/** Whether the value, taken as a path in `directory`, may lead to this absolute path. */
export function mayBePath(value: Value, path: string, directory: string | null): boolean {
  return pathMatcher(value, directory)(path);
}

/** The same for many paths. */
export function pathMatcher(value: Value, directory: string | null): (path: string) => boolean {
  const first = value[0];
  if (typeof first === "string" && !first.startsWith("/")) {
    return matcher(
      directory === null
        ? [anyText(value), ...normal(["/", ...value])]
        : normal([directory === "/" ? "/" : `${directory}/`, ...value]),
    );
  }
  if (typeof first === "string") return matcher(normal(value));
  // What begins unknown may be relative or absolute, and with `..` lead anywhere; its end is what it is.
  const prefix = first?.hole?.prefix ?? "";
  const fits = matcher([anyText(value), ...normal(value)]);
  return (path) => path.startsWith(prefix) && fits(path);
}

function matcher(value: Value): (path: string) => boolean {
  const pattern = expression(value);
  return (path) => pattern.test(path);
}

function anyText(value: Value): Unknown {
  return { why: whyUnknown(value) ?? verbatim(""), holds: "text" };
}

/** Without `.` and double slashes; what stands before `..` counts no more, since links decide where that leads. */
function normal(value: Value): Value {
  let parts: Value = [];
  for (const part of value) parts = concat(parts, [part]);
  parts = parts.map((part) =>
    typeof part === "string" ? part.replace(/\/(?:\.?\/)+/g, "/").replace(/\/\.$/, "/") : part,
  );
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at];
    const up = typeof part === "string" ? /^[\s\S]*(?:^|\/)\.\.(?=\/|$)/.exec(part) : null;
    if (up) return [anyText(value), (part as string).slice(up[0].length), ...parts.slice(at + 1)];
  }
  return parts;
}

function expression(value: Value): RegExp {
  const body = value.map((part) => {
    if (typeof part === "string") return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    if (part.pattern) return part.pattern.source;
    const { prefix = "", suffix = "" } = part.hole ?? {};
    const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    return `${literally(prefix)}[\\s\\S]*${literally(suffix)}`;
  });
  return new RegExp(`^(?:${body.join("")})/*$`);
}
