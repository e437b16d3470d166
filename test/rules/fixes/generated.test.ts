import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { applyEdits } from "../../../server/src/base/edit.ts";
import { render } from "../../../server/src/base/text.ts";
import type { Snapshot } from "../../../server/src/engine/engine.ts";
import { type Guest, known } from "../../../server/src/microvm/model.ts";
import type { SyntaxTree } from "../../../server/src/nix/syntax/tree.ts";
import type { JudgedFinding } from "../../../server/src/rules/frame/judged.ts";
import type { Fix } from "../../../server/src/rules/frame/rule.ts";
import { openWorkspace, type TestWorkspace } from "../../harness/workspace.ts";
import { configuration } from "./configurations.ts";

type EditFix = Extract<Fix, { kind: "edit" }>;

/** What each kind of fix may change in what we evaluate. */
const mayChange: Readonly<Record<string, RegExp>> = {
  "set-size": /^guest [^ ]+ volumes\.\d+\.size$/,
  "new-image": /^guest [^ ]+ volumes\.\d+\.image$/,
  "set-image": /^guest [^ ]+ volumes\.\d+\.image$/,
  "set-fstype": /^guest [^ ]+ volumes\.\d+\.fsType$/,
  "set-label": /^guest [^ ]+ volumes\.\d+\.label$/,
  "set-mount-point": /^guest [^ ]+ volumes\.\d+\.mountPoint$/,
  "clear-overlay": /^guest [^ ]+ preStart$/,
  guard: /^guest [^ ]+ preStart$/,
  "move-aside-at-start": /^guest [^ ]+ preStart$/,
  "grow-at-start": /^guest [^ ]+ (preStart|autoResize)$/,
  "grow-filesystem": /^guest [^ ]+ autoResize$/,
  "cleanup-service": /^host [^ ]+ services$/,
};

const counts = new Map<string, number>();
afterAll(() => console.log(`generated fixes: ${JSON.stringify(Object.fromEntries(counts))}`));

describe("fixes on generated configurations", () => {
  it("keep comments and layout, parse, and mean what they say", async () => {
    await fc.assert(
      fc.asyncProperty(configuration, async ({ files, disk }) => {
        const workspace = await openWorkspace(files, { disk });
        try {
          const snapshot = await workspace.snapshot();
          // Asked first: nodes of a tree move on to the next one when a text is edited.
          const offered = snapshot.findings.flatMap((finding) =>
            snapshot.fixes(finding).map((fix) => ({ finding, fix })),
          );
          for (const { finding, fix } of offered) {
            if (fix.kind === "edit") await judge(workspace, snapshot, finding, fix);
          }
        } finally {
          workspace.dispose();
        }
      }),
      { numRuns: Number(process.env["RUNS"] ?? 40) },
    );
    expect([...counts.keys()].sort()).toEqual(expect.arrayContaining(["set-size", "guard", "cleanup-service"]));
  }, 120_000);
});

async function judge(
  workspace: TestWorkspace,
  snapshot: Snapshot,
  finding: JudgedFinding,
  fix: EditFix,
): Promise<void> {
  counts.set(fix.id, (counts.get(fix.id) ?? 0) + 1);
  const texts = new Map<string, string>();
  for (const file of new Set(fix.edits.map(({ span }) => span.file))) {
    const edits = fix.edits.filter(({ span }) => span.file === file);
    texts.set(file, applyEdits(snapshot.tree(file)?.text ?? "", edits));
  }
  for (const [file, text] of texts) workspace.engine.setDocument(file, text);
  const after = await workspace.snapshot();
  for (const file of texts.keys()) workspace.engine.setDocument(file, null);

  const label = `${finding.rule}: ${render(fix.title)}\n${[...texts.values()].join("\n----\n")}`;
  for (const [file, text] of texts) {
    const before = snapshot.tree(file) as SyntaxTree;
    expect(after.tree(file)?.errors ?? [], label).toEqual([]);
    expect(comments(text), label).toEqual(expect.arrayContaining(comments(before.text)));
    expect(text.endsWith("\n"), label).toBe(before.text.endsWith("\n"));
    expectLayout(before.text, text, fix, label);
  }
  const changed = changes(meaning(snapshot), meaning(after));
  expect(mayChange[fix.id], `${label}\nsay in this test what "${fix.id}" may change`).toBeDefined();
  expect(
    changed.filter((path) => !mayChange[fix.id]?.test(path)),
    label,
  ).toEqual([]);
  const subjects = new Set(changed.map((path) => path.split(" ")[1]));
  if (fix.id === "cleanup-service") expect([...subjects], label).toEqual(["server"]);
  else expect([...subjects].sort(), label).toEqual([...fix.guests].sort());
  expectOldScripts(snapshot, after, label);
  const serious = (each: Snapshot) =>
    each.findings.filter(({ severity }) => severity === "error" || severity === "warning");
  expect(
    serious(after).length,
    `${label}\n${serious(after)
      .map(({ message }) => render(message))
      .join("\n")}`,
  ).toBeLessThanOrEqual(serious(snapshot).length);
}

/** What the guests' preStart did before, it does afterwards, in the same order. */
function expectOldScripts(before: Snapshot, after: Snapshot, label: string): void {
  const lines = (guest: Guest | undefined) =>
    preStartOf(guest)
      .flatMap((part) => part.split("\n"))
      .map((line) => line.trim());
  for (const guest of before.declarations.guests) {
    const now = lines(after.declarations.guests.find(({ name, host }) => name === guest.name && host === guest.host));
    const old = lines(guest).filter((line) => line !== "");
    expect(
      now.filter((line) => old.includes(line)),
      label,
    ).toEqual(old);
  }
}

/** Each definition of preStart, with … for what is not known of it. */
function preStartOf(guest: Guest | undefined): readonly string[] {
  return (guest?.start?.preStartParts ?? []).map(({ value }) =>
    (known(value)?.[0] ?? []).map((piece) => (typeof piece === "string" ? piece : "…")).join(""),
  );
}

/** Comments in the order of the text. None of the generated texts has `#` or `/*` in another meaning. */
function comments(text: string): string[] {
  return [...text.matchAll(/#[^\r\n]*|\/\*.*?\*\//g)].map(([comment]) => comment);
}

function expectLayout(before: string, after: string, fix: EditFix, label: string): void {
  const bare = (text: string) => text.replace(/\r\n/g, "").includes("\n");
  // Nix keeps a carriage return that is in a string: texts of the shell end their lines without one.
  const shell = fix.edits.some(({ newText }) => newText.includes("bin/"));
  if (before.includes("\r\n") && !shell) expect(bare(after), label).toBe(false);
  if (!before.includes("\r")) expect(after.includes("\r"), label).toBe(false);
  for (const { newText } of fix.edits) expect(newText, label).not.toMatch(/[ \t]\r?\n/);
}

/** Everything that a fix may mean, by path. */
function meaning({ declarations }: Snapshot): Map<string, string> {
  const found = new Map<string, string>();
  const note = (path: string, value: unknown) => found.set(path, JSON.stringify(value) ?? "unknown");
  for (const guest of declarations.guests) {
    const at = `guest ${guest.name}`;
    guest.volumes.forEach((volume, index) => {
      const { image, sizeMiB, fsType, label, mountPoint } = volume;
      for (const [name, field] of Object.entries({ image, size: sizeMiB, fsType, label, mountPoint })) {
        note(`${at} volumes.${index}.${name}`, known<unknown>(field));
      }
    });
    note(`${at} preStart`, preStartOf(guest));
    note(`${at} overlay`, known(guest.writableStoreOverlay));
    const resized = [...guest.fileSystems].filter(([, { autoResize }]) => known(autoResize) === true);
    note(
      `${at} autoResize`,
      resized.map(([mountPoint]) => mountPoint),
    );
  }
  for (const host of declarations.hosts) note(`host ${host.name} services`, [...host.services.keys()]);
  return found;
}

function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path));
}
