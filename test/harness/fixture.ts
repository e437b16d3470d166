import type { Severity } from "../../server/src/rules/frame/rule.ts";

/** One expected finding: a caret line below the line that it speaks of. */
export interface Expectation {
  readonly file: string;
  /** Line from 0 in the text without caret lines; column and length in UTF-16 code units. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly severity: Severity;
  readonly rule: string;
  readonly fixable: boolean;
  /** Names of guests where the caret line gives them: `(web, db)`. */
  readonly guests: readonly string[] | null;
  /** Ends with `…` when only the beginning matters. */
  readonly message: string;
  readonly notes: readonly string[];
}

/** A section of results that `UPDATE=1` rewrites. */
export interface Golden {
  readonly kind: "fix" | "hover" | "hints" | "trace";
  /** What stands behind the colon in its heading. */
  readonly argument: string;
  readonly text: string;
}

/** One fixture, taken apart. The format is described in test/fixtures/README.md. */
export interface Fixture {
  /** Texts by absolute path, without caret lines and cursor marks. */
  readonly files: ReadonlyMap<string, string>;
  /** Lines of the fake disk; null when the fixture has none. */
  readonly disk: readonly string[] | null;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly expectations: readonly Expectation[];
  readonly goldens: readonly Golden[];
  /** Where `$0` stood. */
  readonly cursor: { readonly file: string; readonly offset: number } | null;
}

/** Reads a fixture. Throws with the line number when it is malformed: a test must not pass because of a typing error. */
export function parseFixture(source: string): Fixture {
  const files = new Map<string, string>();
  const goldens: Golden[] = [];
  const expectations: Expectation[] = [];
  let disk: string[] | null = null;
  let settings: Record<string, unknown> = {};
  let cursor: Fixture["cursor"] = null;
  for (const section of sections(source)) {
    const { heading, lines, from } = section;
    const golden = /^(fix|hover|hints|trace)\b:?\s*(.*)$/.exec(heading);
    if (heading.startsWith("/")) {
      if (files.has(heading)) throw new Error(`line ${from}: ${heading} stands twice`);
      const file = withoutCarets(heading, lines, from);
      const mark = file.text.indexOf("$0");
      if (mark >= 0) cursor = { file: heading, offset: mark };
      files.set(heading, file.text.replace("$0", ""));
      expectations.push(...file.expectations);
    } else if (heading === "disk") {
      disk = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("# "));
    } else if (heading === "settings") {
      settings = JSON.parse(lines.join("\n")) as Record<string, unknown>;
    } else if (golden) {
      goldens.push({
        kind: golden[1] as Golden["kind"],
        argument: golden[2] ?? "",
        text: trimBlankLines(lines).join("\n"),
      });
    } else {
      throw new Error(`line ${from}: "#- ${heading}" is no section`);
    }
  }
  if (files.size === 0) throw new Error("the fixture has no file");
  return { files, disk, settings, expectations, goldens, cursor };
}

interface Section {
  readonly heading: string;
  readonly lines: readonly string[];
  /** Line of the heading, from 1. */
  readonly from: number;
}

function* sections(source: string): Generator<Section> {
  let heading: string | null = null;
  let lines: string[] = [];
  let from = 0;
  const all = source.split("\n");
  if (all.at(-1) === "") all.pop();
  for (const [index, line] of all.entries()) {
    const match = /^#- (.*?)\r?$/.exec(line);
    if (!match) {
      if (heading === null && line.trim() !== "" && !line.startsWith("#")) {
        throw new Error(`line ${index + 1}: text before the first section`);
      }
      lines.push(line);
      continue;
    }
    if (heading !== null) yield { heading, lines, from };
    heading = (match[1] as string).trim();
    lines = [];
    from = index + 1;
  }
  if (heading !== null) yield { heading, lines, from };
}

const caret =
  /^\s*#(\s*)(\^+|<(\d+)) (hint|information|warning|error)\[([a-z0-9-]+)\]( fixable)?( \(([^)]*)\))?: (.*)$/;
const more = /^\s*#\s*\| note: (.*)$/;

/** Takes the caret lines out of a file: the code under test never sees them. */
function withoutCarets(file: string, lines: readonly string[], from: number) {
  const kept: string[] = [];
  const expectations: Expectation[] = [];
  for (const [index, whole] of lines.entries()) {
    const line = whole.replace(/\r$/, "");
    const note = more.exec(line);
    const match = caret.exec(line);
    if (note) {
      const last = expectations.at(-1);
      if (!last) throw new Error(`line ${from + index + 1}: a note without a finding`);
      expectations[expectations.length - 1] = { ...last, notes: [...last.notes, note[1] as string] };
    } else if (match) {
      const width = match[3];
      expectations.push({
        file,
        line: kept.length - 1,
        column: width === undefined ? line.indexOf("^") : 0,
        length: width === undefined ? (match[2] as string).length : Number(width),
        severity: match[4] as Severity,
        rule: match[5] as string,
        fixable: match[6] !== undefined,
        guests: match[8] === undefined ? null : match[8].split(", "),
        message: match[9] as string,
        notes: [],
      });
    } else if (/^\s*#\s*\^/.test(line)) {
      throw new Error(`line ${from + index + 1}: a caret line that cannot be read: ${line.trim()}`);
    } else {
      kept.push(whole);
    }
  }
  return { text: kept.map((line) => `${line}\n`).join(""), expectations };
}

function trimBlankLines(lines: readonly string[]): string[] {
  const result = [...lines];
  while (result.at(-1)?.trim() === "") result.pop();
  while (result[0]?.trim() === "") result.shift();
  return result;
}
