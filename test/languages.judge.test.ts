import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Nix and shell that we write stand in files of their own, and their own tools read them. */
const root = join(import.meta.dirname, "..");
const files = (ending: string) =>
  ["server/src", "nix", "test/guests"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(ending))
      .map((name) => join(folder, name)),
  );

test("Nix reads each file of Nix that we write", () => {
  const written = files(".nix");
  expect(written.length).toBeGreaterThanOrEqual(35);
  for (const file of written) execFileSync("nix-instantiate", ["--parse", join(root, file)], { stdio: "pipe" });
});

test("shellcheck has nothing to warn of", () => {
  const written = files(".sh");
  expect(written.length).toBeGreaterThanOrEqual(5);
  const paths = written.map((file) => join(root, file));
  execFileSync("shellcheck", ["--severity=warning", ...paths], { stdio: "pipe" });
});
