import type { Declarations } from "../../server/src/microvm/model.ts";
import { type Origin, type Place, placeSpan, type Thunk, type Unknown } from "../../server/src/nix/eval/value.ts";

/** Everything that declarations say, as plain data: places as they are now, values without how they are held. */
export function plain(declarations: Declarations): unknown {
  return data(declarations);
}

function data(value: unknown): unknown {
  if (value === null || typeof value !== "object") return typeof value === "bigint" ? `${value}n` : value;
  if (Array.isArray(value)) return value.map(data);
  if (value instanceof Map) return [...value].map(([key, each]) => [key, data(each)]);
  if ("force" in value) return data((value as Thunk).force().type);
  if ("step" in value && "from" in value) return { at: placed((value as Origin).at), step: (value as Origin).step };
  if ("why" in value && "type" in value) return unknownData(value as Unknown);
  const entries = Object.entries(value).map(([key, each]) => [key, isPlaceKey(key) ? places(each) : data(each)]);
  return Object.fromEntries(entries);
}

function isPlaceKey(key: string): boolean {
  return key === "at" || key === "modules";
}

function places(value: unknown): unknown {
  return Array.isArray(value) ? value.map((each) => placed(each as Place)) : placed(value as Place);
}

function placed(place: Place): unknown {
  const span = placeSpan(place);
  return span && `${span.file}:${span.start}-${span.end}`;
}

function unknownData(unknown: Unknown): unknown {
  const { why } = unknown;
  const at = placed(unknown.at);
  switch (why.reason) {
    case "input":
      return { at, via: why.via, of: unknownData(why.of) };
    case "undecided":
      return { at, condition: unknownData(why.condition), candidates: why.candidates.length };
    default:
      return { at, why };
  }
}
