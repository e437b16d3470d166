import data from "../../../../nix/options.json" with { type: "json" };
import type { Template } from "../../base/text.ts";
import type { OptionFacts, TypeShape } from "./option-facts.ts";

/** An option of our own NixOS module, as nix/options.json has it: nix/options.nix declares it out of the same lines. */
interface KeeperOption {
  readonly name: string;
  /** `nullOr enum start refuse`: constructors of lib.types and their words. */
  readonly type: string;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly en: string;
  readonly "zh-cn": string;
}

const options = data as readonly KeeperOption[];
const prefix = ["services", "microvm-lens"];

/** The options of services.microvm-lens, with their full names. */
export const keeperOptions: readonly OptionFacts[] = options.map((option) => ({
  name: `services.microvm-lens.${option.name}`,
  type: typeWords(option.type),
  shape: shapeOf(option.type),
  ...("default" in option ? { default: nixText(option.default) } : {}),
  ...("example" in option ? { example: nixText(option.example) } : {}),
  ...valuesOf(option.type),
}));

const descriptions = new Map<string, Template>(
  options.map((option) => [`services.microvm-lens.${option.name}`, { en: option.en, "zh-cn": option["zh-cn"] }]),
);

/** What an option of services.microvm-lens does, by its full name; undefined for every other option. */
export function keeperDescription(name: string): Template | undefined {
  return descriptions.get(name);
}

/** The part of a path from `services.microvm-lens` on, with names in the places of `<name>` and `<image>`; null: none. */
export function keeperPath(path: readonly string[]): readonly string[] | null {
  const start = path.findIndex((name, at) => name === prefix[0] && path[at + 1] === prefix[1]);
  if (start < 0) return null;
  return path.slice(start).map((name, at, own) => {
    if (at === 3 && own[2] === "guests") return "<name>";
    return at === 5 && own[2] === "guests" && own[4] === "volumes" ? "<image>" : name;
  });
}

function valuesOf(type: string): { readonly values?: readonly string[] } {
  const found = /(?:^|nullOr )enum (.+)$/.exec(type);
  return found?.[1] === undefined ? {} : { values: found[1].split(" ") };
}

/** As the documentation of NixOS words them. */
function typeWords(type: string): string {
  const [head = "", ...rest] = type.split(" ");
  const inner = rest.join(" ");
  if (head === "nullOr") return `null or ${typeWords(inner)}`;
  if (head === "listOf") return `list of ${typeWords(inner)}`;
  if (head === "enum") return `one of ${rest.map((word) => `"${word}"`).join(", ")}`;
  const words: Readonly<Record<string, string>> = { bool: "boolean", str: "string", unsigned: "unsigned integer" };
  return words[head] ?? head;
}

function shapeOf(type: string): TypeShape {
  const [kind = "", ...rest] = type.split(" ");
  if (kind === "enum") return { kind, values: rest };
  return rest.length === 0 ? { kind } : { kind, of: shapeOf(rest.join(" ")) };
}

function nixText(value: unknown): string {
  return Array.isArray(value) ? `[ ${value.map(nixText).join(" ")} ]` : JSON.stringify(value);
}
