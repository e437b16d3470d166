import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { Random } from "../harness/random.ts";
import { type Closing, retype } from "./typing.ts";

const root = fileURLToPath(new URL("../fixtures", import.meta.url));
const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const seed = Number(process.env["SEED"] ?? 20261122);
/** Pieces of each file that are typed anew, and how many files of each folder: more on demand. */
const pieces = Number(process.env["PIECES"] ?? 1);
const most = Number(process.env["FILES"] ?? 2);

describe.each<Closing>(["by itself", "by hand"])("while typing, brackets closed %s", (closing) => {
  const total = { broken: 0, lasting: 0, flickered: [] as string[] };
  afterAll(() => {
    if (process.env["SHOW"] === undefined) return;
    console.log(`${total.broken} texts broken; ${total.flickered.length} of ${total.lasting} findings flickered`);
    console.log(total.flickered.join("\n"));
  });

  for (const folder of folders) {
    test(`${folder.name}: nothing is said that is of neither the text before nor the one after`, async () => {
      let broken = 0;
      const names = readdirSync(join(root, folder.name)).filter((each) => each.endsWith(".nix"));
      for (const name of names.filter((each) => !each.startsWith("near")).slice(0, most)) {
        const typed = await retype(join(root, folder.name, name), new Random(seed + name.length), pieces, closing);
        expect(typed.untrue, name).toEqual([]);
        broken += typed.broken;
        total.lasting += typed.lasting;
        total.flickered.push(...typed.flickered.map((each) => `${folder.name}/${name}: ${each}`));
      }
      expect(broken).toBeGreaterThan(0);
      total.broken += broken;
    }, 60_000);
  }

  test("hardly anything flickers", () => {
    // Two of three would, if everything were judged anew.
    expect(total.lasting).toBeGreaterThan(20);
    expect(total.flickered.length).toBeLessThanOrEqual(total.lasting / 4);
  });
});
