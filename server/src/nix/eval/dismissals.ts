import { type DependencySet, dependOn, Token, traits } from "./dependencies.ts";

/** Touched by every computation that met an unknown; it never changes, so it makes nothing stale. */
const dismissal = new Token(null, traits.dismissed);

/**
 * Says that the computation under way met something that is not known, and went on: an error may have been set aside, or
 * hide in what was not evaluated. Only `tryEval` can tell the difference, and must then not claim success.
 */
export function dismiss(): void {
  dependOn(dismissal.alone);
}

/** Whether that happened in a computation with these dependencies, at any depth. */
export function hasDismissed(dependencies: DependencySet): boolean {
  return dependencies.traits !== 0;
}
