import type { OptionFacts, TypeShape } from "../../microvm/options/option-facts.ts";
import type { Given } from "../../microvm/refusals.ts";
import type { Node } from "../../nix/syntax/ast.ts";
import { stringText } from "../../nix/syntax/views.ts";
import { nearest } from "../support/spelling.ts";

/** Literals that may take the place of one that is of the wrong type, the likeliest first; none where nothing is likely. */
export function repairs(node: Node, { shape, name }: OptionFacts, given: Given | null): string[] {
  if (given === null || !["string", "integer", "float", "variable", "unary"].includes(node.kind)) return [];
  return forShape(shape.kind === "nullOr" && shape.of ? shape.of : shape, name, given);
}

function forShape(shape: TypeShape, name: string, { type, value }: Given): string[] {
  const text = typeof value === "string" ? value.trim() : null;
  switch (shape.kind) {
    case "int":
    case "positiveInt":
    case "unsignedInt":
    case "unsignedInt16":
      return numbers(value, inMiB.test(name)).map(String);
    case "bool":
      if (text === "true" || text === "yes" || value === 1) return ["true"];
      return text === "false" || text === "no" || value === 0 ? ["false"] : [];
    case "enum": {
      const near = text === null ? null : nearestValue(text, shape.values ?? []);
      return near === null ? [] : [stringText(near)];
    }
    case "path":
      return text !== null && /^[\w.-][\w./-]*$/.test(text) ? [stringText(`/${text.replace(/^\.\//, "")}`)] : [];
    case "str":
    case "nonEmptyStr":
      return typeof value === "number" ? [stringText(String(value))] : [];
    case "listOf":
      return type === "string" && shape.of?.kind === "str" ? [`[ ${stringText(String(value))} ]`] : [];
    default:
      return [];
  }
}

const inMiB = /\.(size|mem|hotplugMem|hotpluggedMem|initialBalloonMem)$/;

/** A number that was written as a text, with a unit, or in parts of a GiB. */
function numbers(value: Given["value"], mib: boolean): number[] {
  if (typeof value === "number") {
    if (Number.isInteger(value) || value <= 0) return [];
    return mib && value < 100
      ? [Math.round(value * 1024), Math.floor(value) * 1024].filter((n) => n > 0)
      : [Math.round(value)];
  }
  const found = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(value?.trim() ?? "");
  if (!found) return [];
  const amount = Number(found[1]);
  const unit = (found[2] ?? "").toUpperCase();
  if (unit === "") return Number.isInteger(amount) ? [amount] : [];
  const factor = { K: 1 / 1024, M: 1, G: 1024, T: 1024 * 1024 }[unit] ?? 1;
  const result = amount * factor;
  return mib && Number.isInteger(result) && result > 0 ? [result] : [];
}

function nearestValue(text: string, values: readonly string[]): string | null {
  const bare = (word: string) => word.toLowerCase().replace(/[^a-z0-9]/g, "");
  return values.find((value) => bare(value) === bare(text)) ?? nearest(text, values);
}
