import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Hover, MarkupContent, TextDocumentEdit, WorkspaceEdit } from "vscode-languageserver";
import type { Overview } from "../../server/src/features/overview.ts";
import { run } from "../cli/run.ts";
import { workspace } from "../cli/workspace.ts";
import { modern, TestClient } from "./client.ts";

/** The usual user: the flake lies here, and the images of its host `nuc` on a server. */
const flake = `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.nuc = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host {
        microvm.stateDir = "/nowhere/microvms";
        microvm.vms.web.config = {
          microvm.volumes = [
            { image = "a.img"; mountPoint = "/a"; size = 512; }
            { image = "b.img"; mountPoint = "/b"; size = 512; }
          ];
        };
      } ];
    };
  };
}
`;
const extension = { extension: { trusted: true, colouredElsewhere: true } };
let client: TestClient | null = null;

afterEach(async () => {
  await client?.stop();
  client = null;
});

async function start(files: Record<string, string>, initializationOptions: unknown = extension) {
  const folder = workspace(files);
  client = await TestClient.start({ folder, capabilities: modern, initializationOptions });
  const uri = await client.open(join(folder, "flake.nix"), files["flake.nix"] ?? "");
  return { client, folder, uri };
}

describe("a host whose images nobody looks at", () => {
  it("is offered under its own name, not under that of this machine", async () => {
    const { client, folder } = await start({ "flake.nix": flake });
    const { unseen, notJudged } = await client.request<Overview>("microvm-lens/overview", {});
    expect(unseen).toEqual([{ name: "nuc", words: "nuc: images are not looked at" }]);
    expect(notJudged.lines.join()).toContain("images of nuc are not looked at: this machine has no /nowhere/microvms");
    const { err } = await run(["check", "."], { cwd: folder });
    expect(err).toContain("images of nuc are not looked at");
    expect(err).toContain("--host nuc");
    const plan = await run(["plan", "."], { cwd: folder });
    expect(plan.err).toContain("--host nuc");
  });

  it("is offered in the hover by links, to our own extension only", async () => {
    const hoverOf = async (options: unknown) => {
      const { client, uri } = await start({ "flake.nix": flake }, options);
      const lines = flake.split("\n");
      const line = lines.findIndex((each) => each.includes("a.img"));
      const position = { line, character: (lines[line] ?? "").indexOf("size") + 1 };
      const shown = await client.request<Hover>("textDocument/hover", { textDocument: { uri }, position });
      return (shown.contents as MarkupContent).value;
    };
    const words = await hoverOf(extension);
    const argument = /\[Add host nuc…\]\(command:microvm-lens\.lookAt\?([^)]*)\)/.exec(words)?.[1] ?? "";
    expect(JSON.parse(decodeURIComponent(argument))).toEqual([{ name: "nuc", way: "ssh" }]);
    await client?.stop();
    expect(await hoverOf({})).not.toContain("command:");
  });

  it("cannot be named so that a link does something else", async () => {
    const name = "a](command:evil) (b)";
    const { client, uri } = await start({
      "flake.nix": flake.replace("nixosConfigurations.nuc", `nixosConfigurations."${name}"`),
    });
    const lines = flake.split("\n");
    const line = lines.findIndex((each) => each.includes("a.img"));
    const position = { line, character: (lines[line] ?? "").indexOf("size") + 1 };
    const shown = await client.request<Hover>("textDocument/hover", { textDocument: { uri }, position });
    const { value } = shown.contents as MarkupContent;
    const targets = [...value.matchAll(/(?<!\\)\]\(([^)]*)\)/g)].map((match) => match[1]);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(target).toMatch(/^command:microvm-lens\.lookAt\?[\w%.-]*$/);
  });

  it("is offered no more once a setting names it", async () => {
    const folder = workspace({ "flake.nix": flake });
    const scan = await run(["scan", "--json", "--state-dir", "."], { cwd: folder });
    writeFileSync(join(folder, "nuc.json"), scan.out);
    client = await TestClient.start({ folder, capabilities: modern, initializationOptions: extension });
    client.settings = { hosts: [{ name: "nuc", via: { snapshot: "nuc.json" } }] };
    await client.notify("workspace/didChangeConfiguration", { settings: null });
    await client.open(join(folder, "flake.nix"), flake);
    const { unseen } = await client.request<Overview>("microvm-lens/overview", {});
    expect(unseen).toEqual([]);
  });
});

describe("the edit that removes a volume", () => {
  it("takes it out of its list, and nothing else", async () => {
    const { client, uri } = await start({ "flake.nix": flake });
    const { hosts } = await client.request<Overview>("microvm-lens/overview", {});
    const location = hosts[0]?.guests[0]?.volumes[0]?.location;
    const edit = await client.request<WorkspaceEdit>("microvm-lens/removeVolume", {
      textDocument: { uri },
      position: location?.range.start,
    });
    const [change] = edit.documentChanges as TextDocumentEdit[];
    const lines = flake.split("\n");
    for (const { range, newText } of (change?.edits ?? []) as {
      range: { start: { line: number } };
      newText: string;
    }[]) {
      expect(newText).toBe("");
      expect(lines[range.start.line]).toContain("a.img");
    }
    expect(change?.edits).toHaveLength(1);
  });

  it("is none for what is no element of a list", async () => {
    const { client, uri } = await start({ "flake.nix": flake });
    const position = { line: 4, character: 4 };
    expect(await client.request("microvm-lens/removeVolume", { textDocument: { uri }, position })).toBeNull();
    expect(readFileSync(fileURLToPath(uri), "utf8")).toBe(flake);
  });
});
