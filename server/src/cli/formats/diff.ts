import { printable } from "../../base/printable.ts";
import type { Style } from "./style.ts";

/** Lines of context around a change. */
const context = 3;

/** The difference of two texts as `patch` and `git apply` read it. */
export function unifiedDiff(path: string, before: string, after: string, paint: Style): string {
  const from = splitLines(before);
  const to = splitLines(after);
  const steps = lineSteps(from, to);
  const hunks = hunksOf(steps);
  if (hunks.length === 0) return "";
  const name = printable(path);
  const lines = [paint.bold(`--- a/${name}`), paint.bold(`+++ b/${name}`)];
  for (const { start, end } of hunks) {
    const part = steps.slice(start, end);
    const first = steps.slice(0, start);
    const oldStart = first.filter(({ kind }) => kind !== "+").length;
    const newStart = first.filter(({ kind }) => kind !== "-").length;
    const oldCount = part.filter(({ kind }) => kind !== "+").length;
    const newCount = part.filter(({ kind }) => kind !== "-").length;
    lines.push(`@@ -${range(oldStart, oldCount)} +${range(newStart, newCount)} @@`);
    for (const { kind, line } of part) {
      const text = `${kind}${line.replace(/\r?\n$/, "")}`;
      const shown = kind === "-" ? paint.severity("error", text) : kind === "+" ? paint.accent(text) : text;
      lines.push(line.endsWith("\n") ? shown : `${shown}\n\\ No newline at end of file`);
    }
  }
  return `${lines.join("\n")}\n`;
}

interface Step {
  readonly kind: " " | "-" | "+";
  /** With its line end. */
  readonly line: string;
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Longest common subsequence of the lines between the equal beginning and the equal end. */
function lineSteps(from: readonly string[], to: readonly string[]): Step[] {
  let head = 0;
  while (head < from.length && head < to.length && from[head] === to[head]) head++;
  let tail = 0;
  while (tail < from.length - head && tail < to.length - head && from.at(-1 - tail) === to.at(-1 - tail)) tail++;
  const keep = (line: string): Step => ({ kind: " ", line });
  return [
    ...from.slice(0, head).map(keep),
    ...middleSteps(from.slice(head, from.length - tail), to.slice(head, to.length - tail)),
    ...from.slice(from.length - tail).map(keep),
  ];
}

/** Above this many cells of the table the changed part is replaced as a whole. */
const largestTable = 4_000_000;

function middleSteps(from: readonly string[], to: readonly string[]): Step[] {
  const gone = (line: string): Step => ({ kind: "-", line });
  const come = (line: string): Step => ({ kind: "+", line });
  if (from.length * to.length > largestTable) return [...from.map(gone), ...to.map(come)];
  const width = to.length + 1;
  const length = new Uint32Array((from.length + 1) * width);
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      const diagonal = (length[(i + 1) * width + j + 1] as number) + 1;
      const skip = Math.max(length[(i + 1) * width + j] as number, length[i * width + j + 1] as number);
      length[i * width + j] = from[i] === to[j] ? diagonal : skip;
    }
  }
  const steps: Step[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length && j < to.length) {
    if (from[i] === to[j]) {
      steps.push({ kind: " ", line: from[i++] as string });
      j++;
    } else if ((length[(i + 1) * width + j] as number) >= (length[i * width + j + 1] as number)) {
      steps.push(gone(from[i++] as string));
    } else steps.push(come(to[j++] as string));
  }
  return [...steps, ...from.slice(i).map(gone), ...to.slice(j).map(come)];
}

/** Changes with their context; changes that are near are one hunk. */
function hunksOf(steps: readonly Step[]): { start: number; end: number }[] {
  const hunks: { start: number; end: number }[] = [];
  for (const [index, { kind }] of steps.entries()) {
    if (kind === " ") continue;
    const start = Math.max(0, index - context);
    const end = Math.min(steps.length, index + context + 1);
    const last = hunks.at(-1);
    if (last && start <= last.end) last.end = end;
    else hunks.push({ start, end });
  }
  return hunks;
}

/** Line numbers count from 1; an empty range names the line before it. */
function range(before: number, count: number): string {
  const start = count === 0 ? before : before + 1;
  return count === 1 ? `${start}` : `${start},${count}`;
}
