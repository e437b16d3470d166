import { expect, test } from "vitest";
import type { Evaluator } from "../../../server/src/nix/eval/builtins/definition.ts";
import { inStoreText } from "../../../server/src/nix/eval/builtins/lib/store-text.ts";
import { DiskFiles } from "../../../server/src/nix/files-disk.ts";
import { declared, folderOf, guestOf, testParser, volumesOf } from "../../microvm/workspace.ts";

test.each([
  // /nix/store/<32 characters of base 32>-disk.nix
  [".nix", "end", true],
  ["-disk.nix", "end", true],
  ["README.md", "end", false],
  ["z-disk.nix", "end", null],
  ["e-disk.nix", "end", false],
  ["/disk.nix", "end", false],
  ["/nix/store/", "start", true],
  ["/nix/store/z", "start", null],
  ["/home", "start", false],
  ["/_", "anywhere", false],
  ["k.n", "anywhere", true],
  ["abc", "anywhere", null],
  ["store/e", "anywhere", false],
  ["", "anywhere", true],
  ["x".repeat(100), "anywhere", false],
] as const)("%s, %s: %s", async (part, where, expected) => {
  const folder = folderOf({ "disk.nix": "", ".hidden.nix": "" });
  const evaluator = { files: new DiskFiles(await testParser(), [folder]) } as unknown as Evaluator;
  expect(inStoreText(evaluator, `${folder}/disk.nix`, part, where)).toBe(expected);
  // Nix cannot copy these.
  for (const name of [".hidden.nix", "absent.nix"])
    expect(inStoreText(evaluator, `${folder}/${name}`, part, where)).toBeNull();
});

test("modules found by the end of their paths", async () => {
  const found = await declared({
    "flake.nix": `{ inputs.nixpkgs.url = "github:NixOS/nixpkgs"; inputs.microvm.url = "github:astro/microvm.nix";
      outputs = { nixpkgs, microvm, ... }: { nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm ]
        ++ builtins.filter (nixpkgs.lib.hasSuffix ".nix") (nixpkgs.lib.filesystem.listFilesRecursive ./modules); }; }; }`,
    "modules/README.md": "# not Nix",
    "modules/deep/disk.nix": '{ microvm.volumes = [ { image = "a.img"; size = 8; mountPoint = "/"; } ]; }',
  });
  expect(found.problems).toEqual([]);
  expect(guestOf(found, "a").volumes.map((v) => v.conditional)).toEqual([null]);
  expect(volumesOf(guestOf(found, "a"))?.map((v) => v.image)).toEqual(["a.img"]);
});
