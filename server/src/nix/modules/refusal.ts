import { attached } from "../../base/attached.ts";
import { rootCause, unknown } from "../eval/make.ts";
import type { Place, Unknown } from "../eval/value.ts";

/** What the module system of nixpkgs refuses. */
export type RefusalKind =
  /** Definitions that are not of the option's type. */
  | "type"
  /** Definitions that contradict each other. */
  | "conflict"
  /** A value is asked for that nothing defines. */
  | "missing"
  /** A definition of an option that nobody declares. */
  | "undeclared"
  /** Declarations of one option that do not go together, or a declaration that is none. */
  | "declaration"
  /** A module that cannot be one: its class, its attributes, what it is. */
  | "module";

/** A definition at fault. */
export interface Culprit {
  readonly file: string;
  /** The binding that gives it. */
  readonly at: Place;
}

/** Why real Nix refuses a configuration, with what is at fault. */
export interface Refusal {
  readonly kind: RefusalKind;
  /** The path of the option. */
  readonly loc: readonly string[];
  /** What `nix` says, without the values of the definitions. */
  readonly message: string;
  readonly definitions: readonly Culprit[];
  /** The description of the type that is wanted, for `type`. */
  readonly wanted?: string;
}

const refusals = attached<Unknown, Refusal>();

/** A value that real Nix fails to give, at the first definition at fault. */
export function refuse(refusal: Refusal, at: Place = refusal.definitions[0]?.at ?? null): Unknown {
  const made = unknown({ reason: "throws", by: "throw", message: refusal.message }, at);
  refusals.set(made, refusal);
  return made;
}

/** What the module system refuses, where that is the cause of an unknown. */
export function refusalOf(of: Unknown): Refusal | null {
  return refusals.get(rootCause(of)) ?? null;
}

/** A path as `showOption` of lib/options.nix writes it. */
export function showOption(loc: readonly string[]): string {
  return loc.map(showPart).join(".");
}

const plainPart = /^[a-zA-Z_][a-zA-Z0-9_'-]*$/;
const keywords = new Set(["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"]);

function showPart(part: string): string {
  if (part === "*" || /^<.*>$/.test(part)) return part;
  if (plainPart.test(part) && !keywords.has(part)) return part;
  return `"${part.replace(/[\\"]/g, "\\$&").replace(/\$\{/g, "\\${").replace(/\n/g, "\\n")}"`;
}
