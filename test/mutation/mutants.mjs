/**
 * Small faults for one source text: each as a place, what stands there and what stands there instead. By patterns over the
 * text, not by a tree: what does not compile any more is no mutant, and is left out when it is tried.
 */
const operators = [
  [/(?<=[\w)\]] )===(?= )/g, "!=="],
  [/(?<=[\w)\]] )!==(?= )/g, "==="],
  [/(?<=[\w)\]] )<=(?= )/g, "<"],
  [/(?<=[\w)\]] )>=(?= )/g, ">"],
  [/(?<=[\w)\]] )<(?= [\w(])/g, "<="],
  [/(?<=[\w)\]] )>(?= [\w(])/g, ">="],
  [/(?<=\S )&&(?= )/g, "||"],
  [/(?<=\S )\|\|(?= )/g, "&&"],
  [/(?<=[\w)] )\+(?= [\w(])/g, "-"],
  [/(?<=[\w)] )-(?= [\w(])/g, "+"],
  [/\btrue\b(?!:)/g, "false"],
  [/\bfalse\b(?!:)/g, "true"],
  [/\bif \((?!!)(?=[^\n]*\) (?:return|continue|break|throw)\b)/g, "if (!"],
  [/^ *if \([^\n]*\) (?:return|continue|break|throw)\b[^\n]*;$/gm, ""],
  [/\.some\(/g, ".every("],
  [/\.every\(/g, ".some("],
  [/\bMath\.max\(/g, "Math.min("],
  [/\bMath\.min\(/g, "Math.max("],
];

/** All mutants of a text, in its order. Comments, imports and texts for people are left alone. */
export function mutantsOf(text) {
  const blank = (found) => found.replace(/[^\n]/g, " ");
  const code = text
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/(?<=^|\s)\/\/[^\n]*/g, blank)
    .replace(/^import [\s\S]*?;$/gm, blank)
    .replace(/^export const text = messages\([\s\S]*?^\}\);$|^const text = messages\([\s\S]*?^\}\);$/gm, blank)
    .replace(/"(?:[^"\\\n]|\\.)*"/g, blank)
    .replace(/^(?:export )?(?:type|interface) [\s\S]*?^\}?$/gm, (found) =>
      found.includes("{") ? blank(found) : found,
    );
  const found = [];
  for (const [pattern, instead] of operators) {
    for (const match of code.matchAll(pattern)) {
      found.push({ at: match.index, from: text.slice(match.index, match.index + match[0].length), to: instead });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}
