import { describe, expect, test } from "vitest";
import { declared, guestOf, volumesOf } from "../../microvm/workspace.ts";

const volume = (image: string) => `{ microvm.volumes = [ { image = "${image}"; size = 8; mountPoint = null; } ]; }`;
const images = async (found: ReturnType<typeof declared>, name: string) =>
  volumesOf(guestOf(await found, name))?.map((v) => v.image);

/** A flake-parts flake whose modules are this expression, with a guest that imports what `flake.modules.nixos.g` became. */
function tree(imports: string, files: Readonly<Record<string, string>>) {
  return declared({
    "flake.nix": `{
      inputs = { nixpkgs.url = "github:NixOS/nixpkgs"; microvm.url = "github:microvm-nix/microvm.nix";
        flake-parts.url = "github:hercules-ci/flake-parts"; import-tree.url = "github:vic/import-tree"; };
      outputs = inputs: let inherit (inputs.nixpkgs) lib; tree = inputs.import-tree; in
        inputs.flake-parts.lib.mkFlake { inherit inputs; } { systems = [ ]; imports = [ ./guest.nix ] ++ ${imports}; };
    }`,
    "guest.nix": `{ inputs, config, ... }: { flake.nixosConfigurations.a = inputs.nixpkgs.lib.nixosSystem {
      modules = [ inputs.microvm.nixosModules.microvm config.flake.modules.nixos.g ]; }; }`,
    ...files,
  });
}
const part = (image: string) => `{ flake.modules.nixos.g = ${volume(image)}; }`;

describe("import-tree", () => {
  const files = {
    "modules/a.nix": part("a"),
    "modules/deep/b.nix": part("b"),
    "modules/deep/_c.nix": 'throw "not to be read"',
    "more/d.nix": part("d"),
    "more/e.txt": "",
  };
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["files as a list", "(tree.withLib lib).leafs ./modules", ["a", "b"]],
    ["files as a list, of paths given before", "((tree.withLib lib).addPath ./modules).files", ["a", "b"]],
    ["a filter sees the path below the folder", '[ (tree.filter (lib.hasPrefix "/deep") ./modules) ]', ["b"]],
    [
      "a filter and its opposite",
      '[ ((tree.match ".*/a.nix") ./modules) ((tree.matchNot ".*/a.nix") ./modules) ]',
      ["a", "b"],
    ],
    ["filters add up", '[ ((tree.filterNot (lib.hasInfix "b")).filterNot (lib.hasInfix "a") ./modules) ]', []],
    ["several folders and a file", "[ (tree [ ./modules/deep [ ./more/d.nix ] ]) ]", ["b", "d"]],
    ["a tree as a module of its own", "[ ((tree.addPath ./modules).addPath ./more) ]", ["a", "b", "d"]],
    ["a tree in a tree", "[ (tree [ (tree.addPath ./more) ./modules/a.nix ]) ]", ["a", "d"]],
    ["another first filter", '[ ((tree.initFilter (lib.hasSuffix "d.nix")) ./more) ]', ["d"]],
    ["a change of every file", "[ ((tree.map (file: { imports = [ file ]; })) ./more) ]", ["d"]],
    ["files into a function", "((tree.withLib lib).pipeTo (files: files) ./more)", ["d"]],
    ["an interface of one's own", '[ ((tree.addAPI { only = self: self.match; }).only ".*/d.nix" ./more) ]', ["d"]],
  ];
  test.each(cases)("%s", async (_, imports, expected) => {
    // Which files there are matters here; the order of modules is flake-parts' affair.
    expect((await images(tree(imports, files), "a"))?.toSorted()).toEqual(expected);
  });
});

describe("inputs of inputs", () => {
  const lock = (microvmInputs: unknown) =>
    JSON.stringify({
      version: 7,
      root: "root",
      nodes: {
        root: { inputs: { nixpkgs: "nixpkgs", microvm: "microvm" } },
        nixpkgs: node("NixOS", "nixpkgs"),
        other: node("NixOS", "nixpkgs"),
        secret: node("me", "secret"),
        microvm: { ...node("microvm-nix", "microvm.nix"), inputs: microvmInputs },
      },
    });
  const node = (owner: string, repo: string) => ({
    locked: { type: "github", owner, repo, rev: "0".repeat(40), lastModified: 1 },
    original: { type: "github", owner, repo },
  });
  const flake = (body: string, microvmInputs: unknown) =>
    declared({
      "flake.nix": `{ inputs.nixpkgs.url = "github:NixOS/nixpkgs"; inputs.microvm.url = "github:microvm-nix/microvm.nix";
        outputs = { self, nixpkgs, microvm }: { nixosConfigurations.a = ${body}; }; }`,
      "flake.lock": lock(microvmInputs),
    });
  const system = `microvm.inputs.nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm ${volume("a")} ]; }`;

  test("one that follows ours", async () => {
    expect(await images(flake(system, { nixpkgs: ["nixpkgs"] }), "a")).toEqual(["a"]);
  });

  test("one of its own", async () => {
    expect(await images(flake(system, { nixpkgs: "other" }), "a")).toEqual(["a"]);
  });

  test("of a source that nobody knows, nothing is known", async () => {
    const found = await flake(
      `nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm { microvm.volumes = [ { image = microvm.inputs.secret.image; size = 8; mountPoint = null; } ]; } ]; }`,
      { secret: "secret" },
    );
    expect(guestOf(found, "a").volumes[0]?.image.state).toBe("unknown");
  });

  test("what is not among them is missing", async () => {
    const found = await flake(
      `nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm (if microvm.inputs ? disko then { } else ${volume("a")}) ]; }`,
      { nixpkgs: ["nixpkgs"] },
    );
    expect(volumesOf(guestOf(found, "a"))?.map((v) => v.image)).toEqual(["a"]);
  });
});
