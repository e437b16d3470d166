import type { Unknown } from "../../eval/value.ts";
import type { MergeContext, OptionType } from "./type.ts";

/** A type in words, as `description` and `descriptionClass` of lib/types.nix have it. */
export interface Phrase {
  readonly text: string | Unknown;
  readonly class: PhraseClass | null;
}
export type PhraseClass = "noun" | "composite" | "conjunction" | "nonRestrictiveClause";

export function phrase(text: string | Unknown, of: PhraseClass | null = null): Phrase {
  return { text, class: of };
}

/** A phrase inside another, in parentheses unless its class is one of `plain` (`optionDescriptionPhrase`). */
export function inPhrase(inner: Phrase, ...plain: readonly PhraseClass[]): string | Unknown {
  if (typeof inner.text !== "string" || (inner.class !== null && plain.includes(inner.class))) return inner.text;
  return `(${inner.text})`;
}

/** A phrase around others; unknown where one of them is. */
export function composed(of: PhraseClass | null, ...parts: readonly (string | Unknown)[]): Phrase {
  const unsure = parts.find((part) => typeof part !== "string");
  return { text: unsure ?? parts.join(""), class: of };
}

/** The type in words; its name where it has none. */
export function phraseOf(type: OptionType, context: MergeContext | null): Phrase {
  return type.phrase?.(context) ?? phrase(type.name);
}

/** For messages, where a type without a description is called by its name. */
export function wordsOf(type: OptionType, context: MergeContext | null): string {
  const { text } = phraseOf(type, context);
  return typeof text === "string" ? text : type.name;
}
