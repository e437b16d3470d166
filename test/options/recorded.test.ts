import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openWorkspace } from "../harness/workspace.ts";
import { type Mutation, mutations } from "./mutations.ts";

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "recorded.json"), "utf8")) as {
  readonly cases: number;
  readonly refused: readonly string[];
};

const aboutOptions = new Set(["option-unknown", "option-type", "evaluation-fails", "required-option-missing"]);

it("says what real Nix refuses, where it is, and nothing else", async () => {
  const all = mutations();
  expect(all.length, "run record.mjs again").toBe(recorded.cases);
  const found = await findingsOf(all);
  const refused = new Set(recorded.refused);
  const wrong = all.filter(({ id }) => !refused.has(id) && (found.get(id)?.length ?? 0) > 0);
  const missed = all.filter(({ id }) => refused.has(id) && (found.get(id)?.length ?? 0) === 0);
  // What is given nowhere is told at the element that lacks it; of two definitions, at the one that counts.
  const placed = all.filter(({ id }) => refused.has(id) && !/(if false|beaten|default)$/.test(id));
  const elsewhere = placed.filter(({ id, line }) => found.get(id)?.every((at) => at !== line) === true);
  const most = refused.size * 0.03;
  const ids = (some: readonly Mutation[]) => some.map(({ id }) => id);
  expect({ wrong: ids(wrong), elsewhere: ids(elsewhere), missed: ids(missed) }).toEqual({
    wrong: [],
    elsewhere: [],
    missed: missed.length <= most ? ids(missed) : [],
  });
}, 120_000);

/** The lines of what is found in each configuration. */
async function findingsOf(all: readonly Mutation[]): Promise<ReadonlyMap<string, readonly number[]>> {
  const files: Record<string, string> = {};
  const names: string[] = [];
  for (const [index, { side, text }] of all.entries()) {
    files[`/case${index}.nix`] = text;
    const module = side === "guest" ? "microvm" : "host";
    names.push(
      `    nixosConfigurations.c${index} = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.${module} ./case${index}.nix ]; };`,
    );
  }
  files["/flake.nix"] = `{\n  outputs = { nixpkgs, microvm, ... }: {\n${names.join("\n")}\n  };\n}\n`;
  const workspace = await openWorkspace(Object.entries(files), {});
  try {
    const { findings } = await workspace.snapshot();
    const lines = new Map<string, number[]>();
    for (const { rule, span, message, notes } of findings) {
      const index = Number(/case(\d+)\.nix$/.exec(span.file)?.[1] ?? -1);
      const mutation = all[index];
      if (!mutation || !aboutOptions.has(rule) || message.id === "evaluation-fails.warns") continue;
      // The runners need packages: they are no part of this judgement.
      if (notes.some(({ text }) => String(text.args["source"] ?? "").startsWith("lib/"))) continue;
      const line = mutation.text.slice(0, span.start).split("\n").length;
      lines.set(mutation.id, [...(lines.get(mutation.id) ?? []), line]);
    }
    return lines;
  } finally {
    workspace.dispose();
  }
}
