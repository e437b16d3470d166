import type { Part, Word } from "../syntax/tree.ts";

/** One character outside of quotes, or anything else as a whole. */
type Atom = string | Part;

/** `{a,b}c` and `{1..3}` as the words that they stand for. */
export function expandBraces(word: Word): readonly Word[] {
  if (!word.parts.some((part) => part.is === "text" && !part.quoted && part.text.includes("{"))) return [word];
  const atoms = word.parts.flatMap((part): Atom[] => (part.is === "text" && !part.quoted ? [...part.text] : [part]));
  return expand(atoms, 0).map((made) => ({ ...word, parts: together(made) }));
}

function expand(atoms: readonly Atom[], from: number): Atom[][] {
  for (let open = from; open < atoms.length; open++) {
    if (atoms[open] === "\\") open++;
    else if (atoms[open] === "{") {
      const found = choices(atoms, open);
      if (!found) continue;
      const before = atoms.slice(0, open);
      const rests = expand(atoms.slice(found.end), 0);
      return found.choices
        .flatMap((choice) => expand(choice, 0))
        .flatMap((choice) => rests.map((rest) => [...before, ...choice, ...rest]))
        .slice(0, mostWords);
    }
  }
  return [[...atoms]];
}

function choices(atoms: readonly Atom[], open: number): { choices: Atom[][]; end: number } | null {
  let depth = 0;
  const commas: number[] = [];
  for (let at = open; at < atoms.length; at++) {
    const atom = atoms[at];
    if (atom === "\\") at++;
    else if (atom === "{") depth++;
    else if (atom === "," && depth === 1) commas.push(at);
    else if (atom === "}" && --depth === 0) {
      const inside = atoms.slice(open + 1, at);
      if (commas.length === 0) {
        const range = rangeOf(inside);
        return range ? { choices: range, end: at + 1 } : null;
      }
      const edges = [open, ...commas, at];
      const list = edges.slice(1).map((edge, n) => atoms.slice((edges[n] as number) + 1, edge));
      return { choices: list, end: at + 1 };
    }
  }
  return null;
}

function rangeOf(inside: readonly Atom[]): Atom[][] | null {
  const text = inside.every((atom) => typeof atom === "string") ? inside.join("") : "";
  const found = /^(-?\d+)\.\.(-?\d+)$/.exec(text);
  if (found) {
    if (/^-?0\d/.test(found[1] as string) || /^-?0\d/.test(found[2] as string)) return null;
    const [first, last] = [Number(found[1]), Number(found[2])];
    if (Math.abs(last - first) > mostWords) return null;
    const step = last < first ? -1 : 1;
    return Array.from({ length: Math.abs(last - first) + 1 }, (_, n) => [...String(first + n * step)]);
  }
  const letters = /^([a-z])\.\.([a-z])$/.exec(text) ?? /^([A-Z])\.\.([A-Z])$/.exec(text);
  if (!letters) return null;
  const [first, last] = [letters[1], letters[2]].map((letter) => (letter as string).charCodeAt(0)) as [number, number];
  const step = last < first ? -1 : 1;
  return Array.from({ length: Math.abs(last - first) + 1 }, (_, n) => [String.fromCharCode(first + n * step)]);
}

function together(atoms: readonly Atom[]): readonly Part[] {
  const parts: Part[] = [];
  for (const atom of atoms) {
    if (typeof atom !== "string") parts.push(atom);
    else {
      const last = parts.at(-1);
      if (last?.is === "text" && !last.quoted) parts[parts.length - 1] = { ...last, text: last.text + atom };
      else parts.push({ is: "text", text: atom, quoted: false });
    }
  }
  return parts;
}

const mostWords = 1000;
