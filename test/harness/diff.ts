/** The changed lines, `-` before `+`, without context; `@@` between places that are apart. Equal texts give "". */
export function minimalDiff(before: string, after: string): string {
  const a = before.split("\n");
  const b = after.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const left = a.slice(head, a.length - tail);
  const right = b.slice(head, b.length - tail);
  return hunks(left, right)
    .map(({ removed, added }) => [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)].join("\n"))
    .join("\n@@\n")
    .replaceAll("\r", "");
}

interface Hunk {
  removed: string[];
  added: string[];
}

/** Longest common subsequence over the lines that differ; they are few. */
function hunks(a: readonly string[], b: readonly string[]): Hunk[] {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const cell = (i: number, j: number) => (table[i] as number[])[j] as number;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      (table[i] as number[])[j] = a[i] === b[j] ? cell(i + 1, j + 1) + 1 : Math.max(cell(i + 1, j), cell(i, j + 1));
    }
  }
  const result: Hunk[] = [];
  let open: Hunk | null = null;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      open = null;
      i++;
      j++;
      continue;
    }
    if (!open) {
      open = { removed: [], added: [] };
      result.push(open);
    }
    if (j >= b.length || (i < a.length && cell(i + 1, j) >= cell(i, j + 1))) open.removed.push(a[i++] as string);
    else open.added.push(b[j++] as string);
  }
  return result;
}
