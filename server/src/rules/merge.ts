import { messages, render } from "../base/text.ts";
import type { Note } from "./rule.ts";
import type { JudgedFinding } from "./run.ts";
import type { Subject } from "./support/finding.ts";

export const text = messages("merge", {
  more: { en: "… and {count} more like these", "zh-cn": "……另有 {count} 条类似说明" },
});

/**
 * Joins findings that say the same thing about the same place into one that names all guests: one expression that feeds
 * many guests is one thing to repair. Notes are joined too, each once; the gravest severity holds.
 */
export function mergeFindings(findings: readonly JudgedFinding[]): JudgedFinding[] {
  const merged: JudgedFinding[] = [];
  /** Indexes of what stands at one place; messages are put into words only where there is something to compare. */
  const byPlace = new Map<string, number[]>();
  for (const finding of findings) {
    const { rule, span } = finding;
    const key = `${span.start} ${span.end} ${rule} ${span.file}`;
    const there = byPlace.get(key);
    if (!there) {
      byPlace.set(key, [merged.push(finding) - 1]);
      continue;
    }
    const words = render(finding.message);
    const index = there.find((each) => render((merged[each] as JudgedFinding).message) === words);
    if (index === undefined) there.push(merged.push(finding) - 1);
    else merged[index] = join(merged[index] as JudgedFinding, finding);
  }
  return merged.map(withFewNotes);
}

/** So many notes that differ in their numbers and paths only are read; of more, the first are told and the others counted. */
const mostAlike = 4;

function withFewNotes(finding: JudgedFinding): JudgedFinding {
  if (finding.notes.length <= mostAlike) return finding;
  const counts = new Map<string, number>();
  const kept: Note[] = [];
  for (const note of finding.notes) {
    const count = (counts.get(note.text.id) ?? 0) + 1;
    counts.set(note.text.id, count);
    if (count <= mostAlike) kept.push(note);
  }
  if (kept.length === finding.notes.length) return finding;
  return { ...finding, notes: [...kept, { text: text.more({ count: finding.notes.length - kept.length }) }] };
}

function join(a: JudgedFinding, b: JudgedFinding): JudgedFinding {
  const notes = [...a.notes];
  const seen = new Set(notes.map(noteKey));
  for (const note of b.notes) {
    if (!seen.has(noteKey(note))) notes.push(note);
  }
  return {
    ...a,
    notes,
    guests: [...new Set([...a.guests, ...b.guests])],
    severity: order[a.severity] >= order[b.severity] ? a.severity : b.severity,
    data: joinData(a.data, b.data),
  };
}

const order = { hint: 0, information: 1, warning: 2, error: 3 } as const;

function noteKey(note: JudgedFinding["notes"][number]): string {
  return [render(note.text), note.at?.file, note.at?.start, note.at?.end].join("\n");
}

/** Data of volume findings lists its subjects (support/finding.ts); everything else is equal by construction. */
function joinData(a: unknown, b: unknown): unknown {
  const left = subjectsOf(a);
  const right = subjectsOf(b);
  if (!left || !right) return a;
  return { ...(a as object), subjects: [...left, ...right.filter((each) => !left.some((one) => same(one, each)))] };
}

function same(a: Subject, b: Subject): boolean {
  return a.guest === b.guest && a.volume === b.volume && a.place?.facts.host === b.place?.facts.host;
}

/** The volumes that a finding is about, where its data lists them (support/finding.ts). */
export function subjectsOf(data: unknown): readonly Subject[] | null {
  if (typeof data !== "object" || data === null || !("subjects" in data)) return null;
  return data.subjects as readonly Subject[];
}
