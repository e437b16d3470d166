import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { applyEdits, type TextEdit } from "../../server/src/base/edit.ts";
import { render } from "../../server/src/base/text.ts";
import type { Snapshot } from "../../server/src/engine/engine.ts";
import { parseFixture } from "../harness/fixture.ts";
import { evaluateFlake, parseComplaint } from "../harness/real-nix.ts";
import { complaintsAbout, loadedUnits, type Service, type UnitGraph, writeUnits } from "../harness/units.ts";
import { openWorkspace, type TestWorkspace } from "../harness/workspace.ts";
import { changes, mayChange } from "./fixes/may-change.ts";

const root = fileURLToPath(new URL("../fixtures", import.meta.url));
const fixtures = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap((folder) => readdirSync(join(root, folder.name)).map((name) => join(folder.name, name)))
  .filter((name) => name.endsWith(".nix"));

const counts = { parsed: 0, evaluated: 0, notEvaluated: 0, units: 0 };
const copies: string[] = [];
afterEach(() => {
  for (const folder of copies.splice(0)) rmSync(folder, { recursive: true, force: true });
});
afterAll(() => console.log(`real Nix: ${JSON.stringify(counts)}`));

describe("every fix on every fixture, judged by real Nix", () => {
  for (const name of fixtures) {
    it(name, async () => {
      const fixture = parseFixture(readFileSync(join(root, name), "utf8"));
      const workspace = await openWorkspace(fixture.files, { disk: fixture.disk, settings: fixture.settings });
      try {
        await judgeFixes(workspace, await workspace.snapshot(), fixture.files);
      } finally {
        workspace.dispose();
      }
    });
  }
});

async function judgeFixes(
  workspace: TestWorkspace,
  snapshot: Snapshot,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const before = evaluated(workspace.folder);
  for (const finding of snapshot.findings) {
    for (const fix of snapshot.fixes(finding)) {
      if (fix.kind !== "edit") continue;
      const label = `${finding.rule}: ${render(fix.title)}`;
      const folder = copyOf(files);
      const edits = new Map<string, TextEdit[]>();
      for (const edit of fix.edits) edits.set(edit.span.file, [...(edits.get(edit.span.file) ?? []), edit]);
      for (const [file, list] of edits) {
        const changed = join(folder, workspace.name(file));
        const text = applyEdits(snapshot.tree(file)?.text ?? "", list);
        writeFileSync(changed, text);
        expect(parseComplaint(changed, folder), `${label}\n${text}`).toBeNull();
        counts.parsed++;
      }
      if (before === null) {
        counts.notEvaluated++;
        continue;
      }
      const after = evaluateFlake(folder);
      const changed = changes(before, after);
      const allowed = mayChange[finding.rule] ?? mayChange[fix.id];
      const removesComment = fix.id === "remove" && finding.rule.endsWith("-suppression");
      if (finding.rule.endsWith("-suppression") || removesComment) expect(changed, label).toEqual([]);
      else {
        expect(allowed, `${label}: say in this test what the fix "${fix.id}" may change`).toBeDefined();
        expect(changed.length, `${label}: changes nothing`).toBeGreaterThan(0);
        expect(
          changed.filter((path) => !allowed?.test(path)),
          label,
        ).toEqual([]);
      }
      counts.evaluated++;
      if (fix.id === "cleanup-service") verifyUnits(folder);
      const shell = changed.filter((path) => path.endsWith(".microvm.preStart"));
      for (const path of shell) checkShell(String(valueAt(after, path)), label);
    }
  }
}

/** Null when the fixture needs more of nixpkgs than the stand-in has. */
function evaluated(folder: string): unknown {
  try {
    return evaluateFlake(folder);
  } catch {
    return null;
  }
}

function copyOf(files: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "lens-judge-"));
  copies.push(folder);
  for (const [name, text] of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return folder;
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .slice(1)
    .reduce((at, key) => (at as Record<string, unknown>)[key], value);
}

/** Has systemd verify the units that a cleanup service makes, and asks it in which order it would start them. */
function verifyUnits(folder: string): void {
  for (const machine of Object.values(evaluateFlake(folder, "/usr"))) {
    const services = (machine as { systemd?: { services?: Record<string, Service> } }).systemd?.services ?? {};
    for (const [name, service] of Object.entries(services)) {
      if (!name.startsWith("microvm-clean-")) continue;
      const guest = name.slice("microvm-clean-".length);
      checkShell(service.script ?? "", name);
      const units = writeUnits(name, guest, service);
      try {
        expect(complaintsAbout(name, units)).toEqual([]);
        const graph = loadedUnits(units, `microvm@${guest}.service`);
        if (graph) expectOrder(graph, `${name}.service`, guest);
        counts.units++;
      } finally {
        rmSync(units, { recursive: true, force: true });
      }
    }
  }
}

/** What systemd loads: the service runs before each start of the guest, after it was installed, and is stopped with it. */
function expectOrder(graph: UnitGraph, name: string, guest: string): void {
  const vm = graph.get(`microvm@${guest}.service`);
  expect(vm?.get("After"), name).toContain(name);
  expect(vm?.get("Requires"), name).toContain(name);
  expect(vm?.get("ConsistsOf"), name).toContain(name);
  expect(graph.get(name)?.get("After"), name).toContain(`install-microvm-${guest}.service`);
  expect(graph.get(name)?.get("Before"), name).toContain(`microvm@${guest}.service`);
}

/** Bash reads it without complaint, and shellcheck too, in all that it checks, where it is installed. */
function checkShell(script: string, label: string): void {
  execFileSync("bash", ["-n"], { input: script });
  const checked = spawnSync("shellcheck", ["--shell=bash", "--severity=style", "-"], {
    input: script,
    encoding: "utf8",
  });
  if (checked.error === undefined) expect(checked.stdout, label).toBe("");
}
