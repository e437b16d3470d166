import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { checkFixture } from "../harness/check.ts";
import { expectSameOutcome, faces } from "./faces.ts";

const root = fileURLToPath(new URL("../fixtures", import.meta.url));

for (const folder of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  describe(folder.name, () => {
    for (const file of readdirSync(join(root, folder.name)).filter((name) => name.endsWith(".nix"))) {
      it(file, () => checkFixture(join(root, folder.name, file), faces, expectSameOutcome));
    }
  });
}
