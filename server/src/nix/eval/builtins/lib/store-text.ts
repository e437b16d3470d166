import type { Evaluator } from "../definition.ts";

/** A character of a hash in Nix's base 32. */
const hashed = /^[0-9a-df-np-sv-z]$/;
const unhashed = Array.from({ length: 32 }, () => null);

/**
 * Does the text that Nix makes of a path, `/nix/store/<hash>-<name>`, have that part? Null where it depends on the hash, or
 * where Nix fails: the file is not there, or its name cannot be one in the store.
 */
export function inStoreText(
  evaluator: Evaluator,
  path: string,
  part: string,
  where: "start" | "end" | "anywhere",
): boolean | null {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const siblings = evaluator.files.entries(path.slice(0, slash) || "/");
  if (!siblings.ok || !siblings.value.has(name) || !/^[0-9A-Za-z+\-_?=][0-9A-Za-z+\-._?=]{0,200}$/.test(name))
    return null;
  const text = [..."/nix/store/", ...unhashed, "-", ...name];
  const last = text.length - part.length;
  const starts =
    where === "start" ? [0] : where === "end" ? [last] : Array.from({ length: Math.max(0, last + 1) }, (_, i) => i);
  let perhaps = false;
  for (const start of starts) {
    if (start < 0 || start > last) continue;
    const at = text.slice(start, start + part.length);
    if (!at.every((c, i) => (c === null ? hashed.test(part.charAt(i)) : c === part.charAt(i)))) continue;
    if (!at.includes(null)) return true;
    perhaps = true;
  }
  return perhaps ? null : false;
}
