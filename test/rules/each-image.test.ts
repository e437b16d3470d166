import { expect, it } from "vitest";
import { columns } from "../../server/src/base/columns.ts";
import { render } from "../../server/src/base/text.ts";
import { openWorkspace } from "../harness/workspace.ts";

const flake = `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { nixpkgs, microvm, ... }:
    let
      guest = name: nixpkgs.lib.nixosSystem {
        modules = [
          microvm.nixosModules.microvm
          {
            networking.hostName = name;
            microvm.volumes = [ { image = "data.img"; mountPoint = "/data"; size = 2048; } ];
          }
        ];
      };
    in
    { nixosConfigurations = { web = guest "web"; db = guest "db"; }; };
}
`;

it("images of the same name are told apart by their guests", async () => {
  const disk = ["web", "db"].map((guest) => `/var/lib/microvms/${guest}/data.img raw 512MiB ext4`);
  const workspace = await openWorkspace([["flake.nix", flake]], { disk });
  try {
    const snapshot = await workspace.snapshot();
    const finding = snapshot.findings.find(({ rule }) => rule === "size-differs-from-image");
    expect(finding?.guests).toEqual(expect.arrayContaining(["db", "web"]));
    const operations = (finding ? snapshot.fixes(finding) : []).filter(({ kind }) => kind === "operation");
    const titles = operations.map(({ title }) => render(title));
    const grown = titles.filter((title) => title.startsWith("Grow"));
    expect(grown.sort()).toEqual(['Grow "data.img" to 2048 MiB now… (db)', 'Grow "data.img" to 2048 MiB now… (web)']);
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of titles) expect(columns(title)).toBeLessThanOrEqual(60);
  } finally {
    workspace.dispose();
  }
});
