import { render } from "../base/text.ts";
import type { JudgedFinding } from "./run.ts";
import type { Subject } from "./support/finding.ts";

/**
 * Joins findings that say the same thing about the same place into one that names all guests: one expression that feeds
 * many guests is one thing to repair. Notes are joined too, each once; the gravest severity holds.
 */
export function mergeFindings(findings: readonly JudgedFinding[]): JudgedFinding[] {
  const merged = new Map<string, JudgedFinding>();
  for (const finding of findings) {
    const { span } = finding;
    const key = [finding.rule, span.file, span.start, span.end, render(finding.message)].join("\n");
    const before = merged.get(key);
    merged.set(key, before ? join(before, finding) : finding);
  }
  return [...merged.values()];
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
  return a.guest === b.guest && a.volume === b.volume;
}

function subjectsOf(data: unknown): readonly Subject[] | null {
  if (typeof data !== "object" || data === null || !("subjects" in data)) return null;
  return data.subjects as readonly Subject[];
}
