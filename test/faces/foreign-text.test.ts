import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CodeAction } from "vscode-languageserver";
import { run } from "../cli/run.ts";
import { workspace } from "../cli/workspace.ts";
import { modern, simple, TestClient } from "../features/client.ts";
import { buildImage } from "../harness/disk-builder.ts";

/** Escape sequences, a bell, marks that turn the direction, characters without a shape, a line end. */
const evil = "\u001b[31m\u0007\u202egnp\u2066\u200b\u00ad\u{e0041}";
const host = `h${evil}`;
const guest = `g${evil}`;
const image = `i${evil}.img`;
const file = `m${evil}.nix`;

const flake = `{ inputs.microvm.url = "github:astro/microvm.nix"; inputs.nixpkgs.url = "github:NixOS/nixpkgs"; outputs =
  { nixpkgs, microvm, ... }: { nixosConfigurations."${host}" = nixpkgs.lib.nixosSystem { modules =
  [ microvm.nixosModules.host { microvm.vms."${guest}".config.imports = [ (./. + "/${file}") ]; } ]; }; }; }
`;
const module = `{ lib, ... }: {
  microvm.writableStoreOverlay = "/x${evil}";
  microvm.volumes = [
    { image = "${image}"; mountPoint = "/a${evil}"; size = 64; label = "l${evil}"; }
    { image = "/other/${image}"; mountPoint = "/a${evil}"; size = 0; fsType = "f${evil}"; }
    { image = "c.img"; mountPoint = "/c"; size = "${evil}"; unknown${"x"} = lib.nothing."${evil}"; }
  ];
  microvm.preStart = "rm -f '${image}' # ${evil}";
}
`;

function laid() {
  const cwd = workspace({ "flake.nix": flake, [file]: module });
  const state = join(cwd, "state");
  buildImage(join(state, guest, image), { sizeMiB: 16, fsType: "ext4", label: `k${evil}`.slice(0, 8) });
  buildImage(join(state, guest, `stray${evil}.img`), { sizeMiB: 16, fsType: "ext4" });
  buildImage(join(state, `gone${evil}`, "x.img"), { sizeMiB: 16, fsType: "ext4" });
  return { cwd, state };
}

/** What is hidden by Unicode's own classes, not by our code: controls, formats, lone surrogates. */
const hidden = /\p{Cc}|\p{Cf}|\p{Cs}/u;

/** What a terminal, a log or a page gets, but for the line ends that are ours. */
function raw(text: string): string[] {
  return text.split("\n").filter((line) => hidden.test(line));
}

const commands: readonly (readonly string[])[] = [
  ["check"],
  ["check", "--format", "json"],
  ["check", "--format", "sarif"],
  ["check", "--format", "github"],
  ["check", "--format", "pretty"],
  ["plan"],
  ["plan", "--json"],
  ["plan", "--why"],
  ["inspect"],
  ["inspect", "--json"],
  ["fix", "--dry-run"],
  ["report", "--html", "-"],
  ["report", "--html", "page.html"],
  ["scan"],
  ["scan", "--json"],
  ["explain-boot", guest, "--log", "-"],
  ["image", "grow", "STATE", "--size", "32M"],
  ["image", "grow", "STATE", "--size", "32M", "--json"],
  ["check", `no${evil}.nix`],
  ["check", `--no${evil}`],
  ["check", "--set", `x${evil}=error`],
  [`no${evil}`],
];

test.each(commands)("microvm-lens %s %s %s shows what is hidden", async (...words) => {
  const { cwd, state } = laid();
  const argv = words.map((word) => (word === "STATE" ? join(state, guest, image) : word));
  const takesHosts =
    /^(check|plan|inspect|fix|report|scan)$/.test(`${argv[0]}`) && !argv.some((word) => word.includes("no"));
  const { code, out, err } = await run([...argv, ...(takesHosts ? ["--state-dir", state] : [])], { cwd });
  expect(code).toBeLessThanOrEqual(2);
  expect({ out: raw(out), err: raw(err) }).toEqual({ out: [], err: [] });
  if (argv.includes("page.html")) expect(raw(readFileSync(join(cwd, "page.html"), "utf8"))).toEqual([]);
});

/** Of what an editor is told, that which it does not show but uses: places, edits, what comes back to us. */
const notShown = new Set([
  "uri",
  "targetUri",
  "newText",
  "data",
  "arguments",
  "href",
  "target",
  "changes",
  "filterText",
]);

function shown(value: unknown, path = ""): string[] {
  if (typeof value === "string") return hidden.test(value.replaceAll(/[\n\t]/g, "")) ? [`${path}: ${value}`] : [];
  if (Array.isArray(value)) return value.flatMap((each, at) => shown(each, `${path}[${at}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => (notShown.has(name) ? [] : shown(each, `${path}.${name}`)));
}

test.each([
  ["an editor like VS Code", modern],
  ["a simple editor", simple],
])("%s is told nothing hidden", async (_name, capabilities) => {
  const { cwd, state } = laid();
  const settings = {
    hosts: [{ name: `n${evil}`, stateDir: state }],
    "codeLens.enable": true,
    codeLens: { enable: true },
  };
  const client = await TestClient.start({ folder: cwd, capabilities, settings, initializationOptions: settings });
  const answers: unknown[] = [];
  for (const [name, text] of Object.entries({ "flake.nix": flake, [file]: module })) {
    const uri = await client.open(join(cwd, name), text);
    const textDocument = { uri };
    const range = { start: { line: 0, character: 0 }, end: { line: 30, character: 0 } };
    for (const method of ["documentSymbol", "codeLens", "documentLink", "semanticTokens/full", "foldingRange"]) {
      answers.push(await client.request(`textDocument/${method}`, { textDocument }).catch(() => null));
    }
    answers.push(await client.request("textDocument/inlayHint", { textDocument, range }).catch(() => null));
    const lines = text.split("\n");
    for (const [line, words] of lines.entries()) {
      for (let character = 0; character < words.length; character += 7) {
        const position = { line, character };
        for (const method of ["hover", "definition"])
          answers.push(await client.request(`textDocument/${method}`, { textDocument, position }));
      }
    }
    const diagnostics = capabilities === modern ? await client.pull(uri) : [];
    answers.push(diagnostics);
    const context = { diagnostics };
    const actions = await client.request<CodeAction[]>("textDocument/codeAction", { textDocument, range, context });
    answers.push(actions);
    for (const action of actions.filter((each) => each.data !== undefined).slice(0, 20))
      answers.push(await client.request("codeAction/resolve", action));
  }
  answers.push(await client.request("workspace/symbol", { query: "" }).catch(() => null));
  answers.push(await client.request("microvmLens/overview", {}).catch(() => null));
  answers.push([...client.published.values()]);
  const said = JSON.stringify(answers);
  expect(said.length).toBeGreaterThan(2000);
  expect([...new Set(shown(answers).map((each) => each.slice(0, 160)))]).toEqual([]);
  await client.stop();
});
