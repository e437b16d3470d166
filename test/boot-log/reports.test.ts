import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../cli/run.ts";
import { schemaErrors } from "../cli/schemas.ts";

const folder = fileURLToPath(new URL("reports", import.meta.url));

/** Logs after public reports, in our own words. The head of each says what guest it is of, and which link broke where. */
describe("explain-boot names the link that broke, or none", () => {
  test.each(readdirSync(folder).map((name) => name.replace(".txt", "")))("%s", async (name) => {
    const [head = "", ...rest] = readFileSync(join(folder, `${name}.txt`), "utf8").split("\n\n");
    const said = await explained(field(head, "guest"), rest.join("\n\n"));
    const [first] = said.breaks;
    expect(first === undefined ? "none" : `${first.link} ${first.mountPoint ?? "-"}`).toBe(field(head, "broke"));
    expect(said.link).toBe(first?.link ?? null);
  });
});

function field(head: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, "m").exec(head)?.[1] ?? "";
}

interface Explained {
  readonly link: string | null;
  readonly breaks: readonly { readonly link: string; readonly mountPoint: string | null }[];
}

async function explained(module: string, log: string): Promise<Explained> {
  const cwd = mkdtempSync(join(tmpdir(), "lens-boot-log-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const flake = `{ outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm { ${module} } ]; };
  }; }`;
  writeFileSync(join(cwd, "flake.nix"), flake);
  writeFileSync(join(cwd, "log"), log);
  const { code, out, err } = await run(["explain-boot", "web", "--log", "log", "--json"], { cwd });
  expect([code, err]).toEqual([0, ""]);
  const document = JSON.parse(out);
  expect(schemaErrors("explain-boot", document)).toEqual([]);
  return document;
}
