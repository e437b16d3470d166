import { prefixOf, suffixOf } from "../nix/eval/pieces.ts";
import type { Place, Thunk } from "../nix/eval/value.ts";
import type { Volume } from "./model.ts";
import { known } from "./model.ts";

/**
 * The shell text of each definition of `preStart`, as far as it is known. Of a text with parts that are not known (store
 * paths), the lines are as they are written, with a placeholder for each interpolation; of any other unknown text, its
 * known beginning and end are there.
 */
export function scriptParts(definitions: readonly { readonly thunk: Thunk; readonly at: Place }[]): readonly string[] {
  return definitions.flatMap(({ thunk, at }) => {
    const script = thunk.force();
    if (script.type === "string") return [script.value];
    if (script.type !== "unknown") return [];
    const literal = written(at);
    if (literal !== null) return [literal];
    const { shape } = script;
    return shape ? [`${prefixOf(script)}\u0000${suffixOf(script)}`] : [];
  });
}

/**
 * Marks the volumes whose image `preStart` removes before every start (domain.md §1.3). Only a plain `rm` of exactly that
 * image counts, outside of any condition. `scripts` are the texts of its definitions, which microvm.nix joins.
 */
export function markTransient(volumes: readonly Volume[], scripts: readonly string[]): readonly Volume[] {
  const removed = new Set(scripts.flatMap((script) => [...removedFiles(script)]));
  if (removed.size === 0) return volumes;
  return volumes.map((volume) => {
    const image = known(volume.image);
    return image !== undefined && removed.has(withoutDot(image)) ? { ...volume, transient: true } : volume;
  });
}

/** The string literal that is the whole definition, with a placeholder for each interpolation. */
function written(at: Place): string | null {
  const node = at !== null && "kind" in at ? at : null;
  if (node?.kind !== "binding" || node.value.kind !== "string") return null;
  return node.value.parts.map((part) => (part.kind === "text" ? part.value : placeholder)).join("");
}

/** Stands for a store path: a command is known by what comes after it, a file name with it is none. */
const placeholder = "$(unknown)";

/** The files that the script removes for sure, by `rm`. */
function removedFiles(script: string): Set<string> {
  const removed = new Set<string>();
  let depth = 0;
  for (const line of script.replace(/\\\n/g, " ").split("\n")) {
    for (const command of line.split(/;|&&/)) {
      const words = wordsOf(command);
      const [first = ""] = words;
      if (/^(if|for|while|until|case|\{|\()/.test(first) || first.endsWith("(){") || words.at(-1) === "{") depth++;
      if (depth === 0 && !command.includes("||") && (first === "rm" || first.endsWith("/rm"))) {
        for (const word of words.slice(1))
          if (!word.startsWith("-") && !/[*?$`[]/.test(word)) removed.add(withoutDot(word));
      }
      if (/^(fi|done|esac|\}|\))$/.test(first) || words.at(-1) === "fi" || words.at(-1) === "done")
        depth = Math.max(0, depth - 1);
    }
  }
  return removed;
}

function wordsOf(command: string): string[] {
  const words = command.replace(/(^|\s)#.*$/, "").match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
}

function withoutDot(path: string): string {
  return path.replace(/^(\.\/+)+/, "");
}
