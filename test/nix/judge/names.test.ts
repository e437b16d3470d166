import { execa } from "execa";
import { expect, it } from "vitest";
import { evaluateText } from "../../harness/evaluate.ts";
import { nixVersion } from "../../harness/nix.ts";

const version = await nixVersion();

it.skipIf(version === null)("every builtin of the installed Nix is named", async () => {
  const { stdout } = await execa("nix-instantiate", [
    "--eval",
    "--strict",
    "--json",
    "-E",
    "builtins.attrNames builtins",
  ]);
  const { value } = await evaluateText("builtins");
  if (value.type !== "attrs") throw new Error(value.type);
  expect((JSON.parse(stdout) as string[]).filter((name) => !value.entries.has(name))).toEqual([]);
});
