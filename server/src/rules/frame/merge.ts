import { messages, render } from "../../base/text.ts";
import type { Subject } from "../support/finding.ts";
import type { JudgedFinding } from "./judged.ts";
import type { Note } from "./rule.ts";

export const text = messages("merge", {
  more: { en: "… and {count} more like these", "zh-cn": "……另有 {count} 条类似说明" },
});

/**
 * Joins findings that say the same thing about the same place into one that names all guests: one expression that feeds
 * many guests is one thing to repair. Notes are joined too, each once; the gravest severity holds.
 */
export function mergeFindings(findings: readonly JudgedFinding[]): JudgedFinding[] {
  /** In order of their first finding. */
  const groups: Group[] = [];
  const byPlace = new Map<string, Group[]>();
  for (const finding of findings) {
    const { rule, span } = finding;
    const key = `${span.start} ${span.end} ${rule} ${span.file}`;
    const there = byPlace.get(key) ?? [];
    // Messages are put into words only where there is something to compare.
    const words = there.length > 0 ? render(finding.message) : null;
    const same = there.find((group) => wordsOf(group) === words);
    if (same) same.findings.push(finding);
    else {
      const group: Group = { findings: [finding], words };
      groups.push(group);
      byPlace.set(key, [...there, group]);
    }
  }
  return groups.map((group) => withFewNotes(joined(group.findings)));
}

/** Findings that say the same about one place; never empty. */
interface Group {
  readonly findings: [JudgedFinding, ...JudgedFinding[]];
  words: string | null;
}

function wordsOf(group: Group): string {
  group.words ??= render(group.findings[0].message);
  return group.words;
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

/** All at once: one expression may feed hundreds of guests. */
function joined(group: Group["findings"]): JudgedFinding {
  const [first] = group;
  if (group.length === 1) return first;
  const notes = new Map<string, Note>();
  const guests = new Set<string>();
  let { severity } = first;
  for (const finding of group) {
    for (const note of finding.notes) {
      const key = noteKey(note);
      if (!notes.has(key)) notes.set(key, note);
    }
    for (const guest of finding.guests) guests.add(guest);
    if (order[finding.severity] > order[severity]) severity = finding.severity;
  }
  return { ...first, notes: [...notes.values()], guests: [...guests], severity, data: joinedData(group) };
}

const order = { hint: 0, information: 1, warning: 2, error: 3 } as const;

function noteKey(note: JudgedFinding["notes"][number]): string {
  return [render(note.text), note.at?.file, note.at?.start, note.at?.end].join("\n");
}

/** Data of volume findings lists its subjects (support/finding.ts); everything else is equal by construction. */
function joinedData(group: Group["findings"]): unknown {
  const [{ data }] = group;
  const subjects: Subject[] = [];
  const seen = new Map<unknown, Map<unknown, Set<string | undefined>>>();
  for (const finding of group) {
    const own = subjectsOf(finding.data);
    if (!own) return data;
    for (const subject of own) {
      const { guest, volume, place } = subject;
      const volumes = seen.get(guest) ?? new Map<unknown, Set<string | undefined>>();
      seen.set(guest, volumes);
      const hosts = volumes.get(volume) ?? new Set();
      volumes.set(volume, hosts);
      if (hosts.has(place?.facts.host)) continue;
      hosts.add(place?.facts.host);
      subjects.push(subject);
    }
  }
  return { ...(data as object), subjects };
}

/** The volumes that a finding is about, where its data lists them (support/finding.ts). */
export function subjectsOf(data: unknown): readonly Subject[] | null {
  if (typeof data !== "object" || data === null || !("subjects" in data)) return null;
  return data.subjects as readonly Subject[];
}
