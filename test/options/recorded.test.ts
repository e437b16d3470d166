import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openWorkspace } from "../harness/workspace.ts";
import { type Mutation, mutations } from "./mutations.ts";
import { runnerMutations } from "./runner-mutations.ts";

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "recorded.json"), "utf8")) as {
  readonly cases: number;
  readonly refused: readonly string[];
};

const aboutOptions = new Set(["option-unknown", "option-type", "evaluation-fails", "required-option-missing"]);

interface Place {
  readonly line: number;
  /** What is underlined. */
  readonly text: string;
}

it("says what real Nix refuses, where it is, and nothing else", async () => {
  const all = [...mutations(), ...runnerMutations()];
  expect(all.length, "run record.mjs again").toBe(recorded.cases);
  const found = await findingsOf(all);
  const refused = new Set(recorded.refused);
  const wrong = all.filter(({ id }) => !refused.has(id) && (found.get(id)?.length ?? 0) > 0);
  const missed = all.filter(({ id }) => refused.has(id) && (found.get(id)?.length ?? 0) === 0);
  // What is given nowhere is told at the element that lacks it; of two definitions, at the one that counts.
  const placed = all.filter(({ id }) => refused.has(id) && !/(if false|beaten|default)$/.test(id));
  const elsewhere = placed.filter((each) => found.get(each.id)?.some((at) => isPlaced(each, at)) === false);
  const most = refused.size * 0.03;
  const ids = (some: readonly Mutation[]) => some.map(({ id }) => id);
  expect({ wrong: ids(wrong), elsewhere: elsewhere.map(({ id }) => [id, found.get(id)]), missed: ids(missed) }).toEqual(
    {
      wrong: [],
      elsewhere: [],
      missed: missed.length <= most ? ids(missed) : [],
    },
  );
}, 120_000);

/** Is it at the very characters of the mistake: the name that does not exist, the value, or the element that is wrong? */
function isPlaced({ line, at: [value, ...names] }: Mutation, { line: found, text }: Place): boolean {
  return found === line && text !== "" && (value?.includes(text) === true || names.includes(text));
}

/** Where something is found in each configuration. */
async function findingsOf(all: readonly Mutation[]): Promise<ReadonlyMap<string, readonly Place[]>> {
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
    const places = new Map<string, Place[]>();
    for (const { rule, span, message } of findings) {
      const index = Number(/case(\d+)\.nix$/.exec(span.file)?.[1] ?? -1);
      const mutation = all[index];
      if (!mutation || !aboutOptions.has(rule) || message.id === "evaluation-fails.warns") continue;
      const line = mutation.text.slice(0, span.start).split("\n").length;
      const text = mutation.text.slice(span.start, span.end);
      places.set(mutation.id, [...(places.get(mutation.id) ?? []), { line, text }]);
    }
    return places;
  } finally {
    workspace.dispose();
  }
}
