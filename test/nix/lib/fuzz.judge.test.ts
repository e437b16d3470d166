import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calls, type Kind, kinds, name } from "./calls.ts";
import { evaluateOurs, evaluateReally } from "./support.ts";

const folder = process.env["NIXPKGS_LIB"];
const runs = Number(process.env["RUNS"] ?? 600);

const expression = fc
  .constantFrom(...calls)
  .chain(([f, ...args]) =>
    fc
      .tuple(...args.map((kind) => argument(kind as string)))
      .map((texts) => `${f?.startsWith("lib.") ? "" : "lib."}${f} ${texts.join(" ")}`),
  );

/** A kind, or the argument itself (`{}`, `lib.id`); `name'` is one name. */
function argument(kind: string): fc.Arbitrary<string> {
  if (kind === "name'") return name;
  return kind in kinds ? kinds[kind as Kind] : fc.constant(kind.replace(/;(?=\w)/g, "; "));
}

describe.skipIf(!folder)("random calls of lib", () => {
  it(`${runs} calls are as real Nix has them, or unknown`, { timeout: 600_000 }, () => {
    const seed = Number(process.env["SEED"] ?? 20261122);
    const all = [...new Set(fc.sample(expression, { numRuns: runs, seed }))];
    const different: string[] = [];
    const unknown: string[] = [];
    for (let i = 0; i < all.length; i += 150) {
      const part = all.slice(i, i + 150);
      const real = evaluateReally(part, folder as string);
      for (const [j, one] of part.entries()) {
        const ours = evaluateOurs(one);
        const expected = real[j] ?? null;
        if ("unknown" in ours) {
          if (expected !== null) unknown.push(`${one}  (${ours.unknown})`);
        } else if (expected !== ours.json) different.push(`${one}\n  is ${expected ?? "an error"}, not ${ours.json}`);
      }
    }
    console.log(`seed ${seed}: ${all.length} calls, ${different.length} different, ${unknown.length} unknown`);
    for (const one of unknown.slice(0, 40)) console.log(`unknown: ${one}`);
    expect(different).toEqual([]);
    expect(unknown.length).toBeLessThan(all.length / 100 + 1);
  });
});
