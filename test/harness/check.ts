import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { applyEdits, type TextEdit } from "../../server/src/base/edit.ts";
import { locales, render } from "../../server/src/base/text.ts";
import type { Snapshot } from "../../server/src/engine/engine.ts";
import { planGuests } from "../../server/src/forecast/plan.ts";
import { placeSpan } from "../../server/src/nix/eval/value.ts";
import type { JudgedFinding } from "../../server/src/rules/frame/judged.ts";
import type { Fix } from "../../server/src/rules/frame/rule.ts";
import { broken, contradictions } from "./contradictions.ts";
import { minimalDiff } from "./diff.ts";
import { type Expectation, type Fixture, type Golden, parseFixture } from "./fixture.ts";
import { openWorkspace, type TestWorkspace } from "./workspace.ts";

type EditFix = Extract<Fix, { kind: "edit" }>;

/** Fixes after which the finding is still true: a guard stops the start, the image stays as it is. */
const leavesTheFinding = new Set(["guard"]);

/** What the faces show in a golden section, given by the tests of the faces. */
export type GoldenRenderers = Partial<
  Record<Golden["kind"], (workspace: TestWorkspace, fixture: Fixture, argument: string) => Promise<string>>
>;

/**
 * Runs one fixture file through the real engine and compares findings with its caret lines, one to one and both ways, and
 * its sections with what fixes and faces give. `UPDATE=1` rewrites those sections; caret lines are written by hand.
 */
export async function checkFixture(
  path: string,
  renderers: GoldenRenderers = {},
  also?: (snapshot: Snapshot) => void,
): Promise<void> {
  const source = readFileSync(path, "utf8");
  const fixture = parseFixture(source);
  const workspace = await openWorkspace(fixture.files, { disk: fixture.disk, settings: fixture.settings });
  try {
    const snapshot = await workspace.snapshot();
    compareFindings(fixture, describe(snapshot, workspace));
    expectWhole(snapshot);
    if (isWhole(fixture, snapshot)) expectNoContradiction(snapshot);
    also?.(snapshot);
    await expectSameTwice(fixture, snapshot, workspace);
    await expectLessSaysLess(fixture, snapshot);
    await expectFixesHold(fixture, snapshot);
    const golden = {
      ...renderers,
      fix: async (_: unknown, __: unknown, title: string) => fixDiff(title, fixture, snapshot, workspace),
    };
    for (const section of fixture.goldens) {
      const make = golden[section.kind];
      if (!make) throw new Error(`nothing renders "#- ${section.kind}" here`);
      const actual = (await make(workspace, fixture, section.argument)).replaceAll(workspace.folder, "(workspace)");
      if (process.env["UPDATE"] === "1") rewrite(path, section, actual);
      else expect(actual, `#- ${section.kind}: ${section.argument}`).toBe(section.text);
    }
  } finally {
    workspace.dispose();
  }
}

/** A finding in the form of a caret line, so that differences are read as fixtures are written. */
interface Described extends Omit<Expectation, "guests"> {
  readonly guests: readonly string[];
}

function describe(snapshot: Snapshot, workspace: TestWorkspace): Described[] {
  return snapshot.findings.map((finding) => {
    const { file, start, end } = finding.span;
    const tree = snapshot.tree(file);
    const position = tree?.lines.position(start) ?? { line: -1, character: -1 };
    const last = tree?.lines.position(end) ?? position;
    const lineText = tree?.text.slice(start).split(/\r?\n/, 1)[0] ?? "";
    return {
      file: workspace.name(file),
      line: position.line,
      column: position.character,
      length: last.line === position.line ? end - start : lineText.length,
      severity: finding.severity,
      rule: finding.rule,
      fixable: snapshot.fixes(finding).some((fix) => fix.kind !== "manual"),
      guests: finding.guests,
      message: render(finding.message),
      notes: finding.notes.map((note) => render(note.text)),
    };
  });
}

function compareFindings(fixture: Fixture, found: readonly Described[]): void {
  const missing = [...fixture.expectations];
  const surplus: Described[] = [];
  for (const each of found) {
    const at = missing.findIndex((expected) => matches(expected, each));
    if (at < 0) surplus.push(each);
    else missing.splice(at, 1);
  }
  if (missing.length === 0 && surplus.length === 0) return;
  const lines = [
    ...missing.map((each) => `expected and not found:  ${show(each)}`),
    ...surplus.map((each) => `found and not expected:  ${show(each)}`),
  ];
  expect.fail(`findings differ from the caret lines\n${lines.join("\n")}`);
}

function matches(expected: Expectation, found: Described): boolean {
  const message = expected.message.endsWith("…")
    ? found.message.startsWith(expected.message.slice(0, -1))
    : found.message === expected.message;
  return (
    message &&
    expected.file === found.file &&
    expected.line === found.line &&
    expected.column === found.column &&
    expected.length === found.length &&
    expected.severity === found.severity &&
    expected.rule === found.rule &&
    expected.fixable === found.fixable &&
    (expected.guests === null || expected.guests.join() === found.guests.join()) &&
    expected.notes.length === found.notes.length &&
    expected.notes.every((note, index) => note === found.notes[index] || isBeginning(note, found.notes[index]))
  );
}

function isBeginning(expected: string, found: string | undefined): boolean {
  return expected.endsWith("…") && found?.startsWith(expected.slice(0, -1)) === true;
}

function show(each: Expectation | Described): string {
  const carets = each.column === 0 ? `#<${each.length}` : `#${" ".repeat(each.column - 1)}${"^".repeat(each.length)}`;
  const guests = each.guests ? ` (${each.guests.join(", ")})` : "";
  const notes = each.notes.map((note) => `\n#          | note: ${note}`).join("");
  return `${each.file}:${each.line + 1}\n${carets} ${each.severity}[${each.rule}]${each.fixable ? " fixable" : ""}${guests}: ${each.message}${notes}`;
}

/** No comment, setting or syntax error keeps a finding back. */
function isWhole({ files, settings }: Fixture, snapshot: Snapshot): boolean {
  if (Object.keys(settings).length > 0 || [...files.values()].some((text) => text.includes("microvm-lens:")))
    return false;
  const places = snapshot.declarations.guests.flatMap(({ at, modules }) => [at, ...modules]);
  const read = new Set(places.map((place) => placeSpan(place)?.file ?? ""));
  return [...read].every((file) => (snapshot.tree(file)?.errors.length ?? 0) === 0);
}

/** What is found, and what the plan says, is one thing. */
function expectNoContradiction(snapshot: Snapshot): void {
  const plans = planGuests(snapshot.context);
  expect(plans.flatMap((plan) => contradictions(snapshot, plan))).toEqual([]);
}

/** No message has a gap, in any language; spans lie inside their files. */
function expectWhole(snapshot: Snapshot): void {
  for (const finding of snapshot.findings) {
    const fixes = snapshot.fixes(finding);
    const texts = [finding.message, ...finding.notes.map((note) => note.text), ...fixes.map((fix) => fix.title)];
    for (const text of texts) {
      for (const locale of locales) expect(render(text, locale), text.id).not.toMatch(/\{\w+\}|undefined|NaN/);
    }
    const ids = fixes.map((fix) => fix.id);
    expect(new Set(ids).size, `fix ids of ${finding.rule}: ${ids.join()}`).toBe(ids.length);
    const length = snapshot.tree(finding.span.file)?.text.length ?? Number.POSITIVE_INFINITY;
    expect(finding.span.end).toBeLessThanOrEqual(length);
  }
}

async function expectSameTwice(fixture: Fixture, snapshot: Snapshot, workspace: TestWorkspace): Promise<void> {
  const again = await openWorkspace(fixture.files, { disk: fixture.disk, settings: fixture.settings });
  try {
    expect(describe(await again.snapshot(), again)).toEqual(describe(snapshot, workspace));
  } finally {
    again.dispose();
  }
}

/** Steps that some of a fixture's evaluations need and others do not: about a third, and much less. */
const fewSteps = [25, 100, 400];

/** Where evaluation gives up early, more is unknown and nothing is said that the whole evaluation does not say. */
async function expectLessSaysLess(fixture: Fixture, snapshot: Snapshot): Promise<void> {
  for (const steps of fewSteps) {
    const workspace = await openWorkspace(fixture.files, { disk: fixture.disk, settings: fixture.settings, steps });
    try {
      for (const { rule, message, guests } of (await workspace.snapshot()).findings) {
        const said = snapshot.findings.some(
          (each) =>
            each.rule === rule &&
            render(each.message) === render(message) &&
            guests.every((guest) => each.guests.includes(guest)),
        );
        expect(said, `said only with ${steps} steps: ${rule} (${guests}): ${render(message)}`).toBe(true);
      }
    } finally {
      workspace.dispose();
    }
  }
}

/** Every edit that is offered: edits do not overlap, nothing breaks, and the same rule no longer speaks of that place. */
async function expectFixesHold(fixture: Fixture, snapshot: Snapshot): Promise<void> {
  for (const finding of snapshot.findings) {
    for (const fix of snapshot.fixes(finding)) {
      if (fix.kind !== "edit") continue;
      const label = `${finding.rule}: ${render(fix.title)}`;
      expect(fix.edits.length, label).toBeGreaterThan(0);
      const after = applied(fix, snapshot);
      const files = new Map(fixture.files);
      const workspace = await openWorkspace(files, { disk: fixture.disk, settings: fixture.settings });
      try {
        const relocated = new Map([...after].map(([file, text]) => [workspace.path(nameIn(file)), text]));
        for (const [file, text] of relocated) workspace.engine.setDocument(file, text);
        const next = await workspace.snapshot();
        for (const [file, text] of relocated) {
          const before = snapshot.tree([...after.keys()].find((each) => nameIn(each) === workspace.name(file)) ?? "");
          const errors = next.tree(file)?.errors ?? [];
          expect(errors.length, `${label}: new syntax errors in\n${text}`).toBeLessThanOrEqual(
            before?.errors.length ?? 0,
          );
        }
        expect(unkept(fix.id, finding.guests, snapshot, next), label).toEqual([]);
        const still = leavesTheFinding.has(fix.id)
          ? []
          : next.findings.filter(
              (each) =>
                each.rule === finding.rule &&
                workspace.name(each.span.file) === nameIn(finding.span.file) &&
                each.message.id === finding.message.id &&
                each.guests.some((guest) => finding.guests.includes(guest)) &&
                (isRemoved(finding, fix)
                  ? render(each.message) === render(finding.message)
                  : overlapsMoved(each, finding, fix)),
            );
        expect(
          still.map((each) => render(each.message)),
          `${label}: the rule still reports there`,
        ).toEqual([]);
      } finally {
        workspace.dispose();
      }
    }
  }
}

/** What the forecast does not say after a fix that promised it, for each guest that it is about. */
function unkept(id: string, guests: readonly string[], before: Snapshot, after: Snapshot): string[] {
  const plansOf = (snapshot: Snapshot) =>
    planGuests(snapshot.context).filter(({ guest, facts }) => facts !== null && guests.includes(guest.name));
  const next = plansOf(after);
  return plansOf(before).flatMap(({ guest, facts, verdict }) => {
    const same = next.find((each) => each.guest.name === guest.name && each.facts?.host === facts?.host);
    return broken(id, verdict, same?.volumes.map(({ outcome }) => outcome) ?? []);
  });
}

/** The name in the fixture of a path below any temporary folder. */
function nameIn(path: string): string {
  return path.replace(/^.*?\/lens-fixture-[^/]+/, "");
}

/** Whether the fix takes out the place that the finding is about. */
function isRemoved({ span }: JudgedFinding, fix: EditFix): boolean {
  return fix.edits.some(
    (edit) =>
      edit.newText === "" && edit.span.file === span.file && edit.span.start <= span.start && edit.span.end >= span.end,
  );
}

/** Whether a finding after the fix lies where the old one would have moved to. */
function overlapsMoved(after: JudgedFinding, before: JudgedFinding, fix: EditFix): boolean {
  let start = before.span.start;
  let end = before.span.end;
  for (const { span, newText } of fix.edits) {
    if (span.file !== before.span.file) continue;
    const growth = newText.length - (span.end - span.start);
    if (span.end <= before.span.start) start += growth;
    if (span.start <= before.span.end) end += growth;
  }
  return after.span.start < Math.max(end, start + 1) && after.span.end > start;
}

/** Texts by path after the fix. */
function applied(fix: EditFix, snapshot: Snapshot): Map<string, string> {
  const byFile = new Map<string, TextEdit[]>();
  for (const edit of fix.edits) byFile.set(edit.span.file, [...(byFile.get(edit.span.file) ?? []), edit]);
  return new Map(
    [...byFile].map(([file, edits]) => {
      const tree = snapshot.tree(file);
      if (!tree) throw new Error(`a fix edits ${file}, which is no file of the workspace`);
      return [file, applyEdits(tree.text, edits)];
    }),
  );
}

function fixDiff(title: string, fixture: Fixture, snapshot: Snapshot, workspace: TestWorkspace): string {
  const fixes = snapshot.findings.flatMap((finding) => [...snapshot.fixes(finding)]);
  const fix =
    fixes.find((each) => render(each.title) === title) ??
    fixes.find((each) => render(each.title).startsWith(title.replace(/…$/, "")));
  if (!fix)
    throw new Error(`no fix "${title}"; there are:\n${fixes.map((each) => `  ${render(each.title)}`).join("\n")}`);
  if (fix.kind === "manual") return render(fix.advice);
  if (fix.kind === "operation") return fix.command.join(" ");
  const texts = applied(fix, snapshot);
  return [...texts]
    .map(([file, text]) => {
      const diff = minimalDiff(fixture.files.get(workspace.name(file)) ?? "", text);
      return texts.size > 1 || fixture.files.size > 1 ? `${workspace.name(file)}\n${diff}` : diff;
    })
    .join("\n");
}

function rewrite(path: string, section: Golden, actual: string): void {
  const source = readFileSync(path, "utf8");
  const lines = source.split("\n");
  const heading = lines.findIndex((line) => {
    const match = /^#- (fix|hover|hints|trace)\b:?\s*(.*?)\r?$/.exec(line);
    return match?.[1] === section.kind && match[2] === section.argument;
  });
  let end = heading + 1;
  while (end < lines.length && !/^#- /.test(lines[end] as string)) end++;
  const rest = lines.slice(end);
  writeFileSync(
    path,
    [...lines.slice(0, heading + 1), ...actual.split("\n"), ...(rest.length > 0 ? rest : [""])].join("\n"),
  );
}
