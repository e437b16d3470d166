import { reasons } from "../reasons.ts";
import { concat, type Field, knownText, unknownValue, type Value } from "../state/value.ts";
import { type Handler, withStatus, write } from "./call.ts";

/** A list as one value with blanks between. */
export function joined(fields: readonly Field[]): Value {
  return fields.reduce<Value>((all, { value }, at) => concat(concat(all, [at > 0 ? " " : ""]), value), []);
}

export const echo: Handler = (call, world) => {
  let args = call.args;
  let end = "\n";
  let escapes = false;
  while (args.length > 0) {
    const text = textValue(args[0]);
    if (text === null || !/^-[neE]+$/.test(text)) break;
    if (text.includes("n")) end = "";
    if (text.includes("e")) escapes = true;
    args = args.slice(1);
  }
  const value = joined(args);
  const said =
    escapes && knownText(value)?.includes("\\") !== false
      ? unknownValue(reasons.output({ command: "echo -e" }))
      : value;
  return [withStatus(write(world, concat(said, [end])), 0)];
};

export const printf: Handler = (call, world) => {
  const [format, ...rest] = call.args;
  const [name] = rest;
  const variable = textValue(format) === "-v" ? textValue(name) : null;
  if (variable !== null) {
    const variables = new Map(world.variables).set(variable, {
      is: "maybe",
      why: reasons.variable({ name: variable }),
    });
    return [withStatus({ ...world, variables }, "any")];
  }
  const made = printed(textValue(format), rest);
  return [
    withStatus(
      write(world, made === null ? unknownValue(reasons.output({ command: "printf" })) : made),
      made === null ? "any" : 0,
    ),
  ];
};

/** What printf prints; null: not followed. */
function printed(format: string | null, args: readonly Field[]): Value | null {
  if (format === null || args.some(({ rest }) => rest)) return null;
  let value: Value = [];
  let left = args;
  do {
    const before = left.length;
    for (const piece of format.match(/%[sd%]|%.|\\[nt\\"']|\\.|[^%\\]+/g) ?? []) {
      if (piece === "%%") value = concat(value, ["%"]);
      else if (piece === "%s" || piece === "%d") {
        const [next, ...others] = left;
        if (piece === "%d" && next && !/^-?(?:0|[1-9]\d*)$/.test(knownText(next.value) ?? "")) return null;
        value = concat(value, next?.value ?? [piece === "%d" ? "0" : ""]);
        left = others;
      } else if (piece.startsWith("%")) return null;
      else if (piece.startsWith("\\")) {
        const text = { "\\n": "\n", "\\t": "\t", "\\\\": "\\", '\\"': '"', "\\'": "'" }[piece];
        if (text === undefined) return null;
        value = concat(value, [text]);
      } else value = concat(value, [piece]);
    }
    if (left.length === before) break;
  } while (left.length > 0);
  return value;
}

export function textValue(field: Field | undefined): string | null {
  return field && !field.rest ? knownText(field.value) : null;
}
