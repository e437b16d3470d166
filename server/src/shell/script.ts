import type { Text } from "../base/text.ts";

/**
 * A shell text in which some places are not known: what is written, and a hole for each interpolation whose value is not.
 * `rm -f ${dir}/a.img` of Nix is `["rm -f ", hole, "/a.img"]`.
 */
export type Script = readonly Piece[];
export type Piece = string | Hole;

/** A piece of text that is not known. */
export interface Hole {
  /** Why it is not known. */
  readonly why: Text;
  /**
   * "word": one word that no shell takes apart, as a store path, a number or a name is. "text": any text, even several
   * words or commands; where it stands alone as a command, that may do anything.
   */
  readonly holds: "word" | "text";
  /** What its value begins with; `/nix/store/` for a store path, which is therefore no image. */
  readonly prefix?: string;
  /** What its value ends with. */
  readonly suffix?: string;
  /** The package whose store path it is, as it is called in nixpkgs: `coreutils`. */
  readonly package?: string;
  /** The text of the file that the value leads to, where it is a path of a script (`writeShellScript`, `./file.sh`). */
  readonly script?: Script;
}

/** A place in a script: offsets into {@link flatten}'s text, where each hole takes one character. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** The script as one text: hole number n is the one character U+E000 + n, which a shell takes for a part of a word. */
export function flatten(script: Script): { readonly text: string; readonly holes: readonly Hole[] } {
  const holes: Hole[] = [];
  let text = "";
  for (const piece of script) {
    if (typeof piece === "string") text += piece.replace(ownMarks, "\uf8ff");
    else {
      text += String.fromCharCode(firstMark + Math.min(holes.length, mostHoles));
      holes.push(piece);
    }
  }
  return { text, holes };
}

/** The number of the hole that a character of {@link flatten}'s text stands for; -1 for every other character. */
export function holeAt(text: string, at: number): number {
  const code = text.charCodeAt(at) - firstMark;
  return code >= 0 && code <= mostHoles ? code : -1;
}

/** The text of a place as people may read it: `…` for a hole, or `${package}` where the package is known. */
export function excerpt(script: Script, place: Place): string {
  const { text, holes } = flatten(script);
  return text.slice(place.start, place.end).replace(ownMarks, (mark) => {
    const hole = holes[mark.charCodeAt(0) - firstMark];
    return hole?.package === undefined ? "…" : `\${${hole.package}}`;
  });
}

const firstMark = 0xe000;
const mostHoles = 6000;
const ownMarks = /[\ue000-\uf8fe]/g;
