import type { Shell } from "./runner.ts";

/** Options of bash or sh in front of its operands; null: one that is not followed. */
export function knownOptions(words: readonly (string | null)[]) {
  let options: Shell = {};
  let isCommand = false;
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === null || word === undefined || !/^[-+]./.test(word)) break;
    if (word === "--") {
      at++;
      break;
    }
    if (word.startsWith("--")) {
      if (!/^--(?:norc|noprofile|posix)$/.test(word)) return null;
      continue;
    }
    if (word.startsWith("+")) return null;
    for (const letter of word.slice(1)) {
      if (letter === "c") isCommand = true;
      else if (letter === "e") options = { ...options, errexit: true };
      else if (letter === "u") options = { ...options, nounset: true };
      else if (letter === "f") options = { ...options, noglob: true };
      else if (letter === "o") {
        const name = words[++at];
        if (name !== "errexit" && name !== "nounset" && name !== "pipefail" && name !== "xtrace") return null;
        options = { ...options, [name]: true };
      } else if (!/[xvlps]/.test(letter)) return null;
    }
  }
  return { options, isCommand, rest: at };
}
