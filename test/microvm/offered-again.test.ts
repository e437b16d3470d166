import { expect, test } from "vitest";
import { known } from "../../server/src/microvm/model.ts";
import { openWorkspace } from "../harness/workspace.ts";

test("a configuration that is offered as well stays one guest when its file is edited", async () => {
  const guest = (size: number) => `{ microvm.volumes = [ { image = "a.img"; size = ${size}; mountPoint = "/"; } ]; }\n`;
  const workspace = await openWorkspace(
    Object.entries({
      "/flake.nix": `{
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { self, nixpkgs, microvm }: {
    nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm ./a.nix ]; };
    packages.x86_64-linux.a = self.nixosConfigurations.a.config.microvm.declaredRunner;
  };
}
`,
      "/a.nix": guest(8),
    }),
  );
  const sizes = () =>
    workspace.engine
      .declarations()
      .guests.map(({ nameFrom, volumes }) => [nameFrom, ...volumes.map(({ sizeMiB }) => known(sizeMiB))]);
  try {
    expect(sizes()).toEqual([["nixosConfigurations", 8]]);
    workspace.engine.setDocument(workspace.path("/a.nix"), guest(16));
    expect(sizes()).toEqual([["nixosConfigurations", 16]]);
    workspace.engine.setDocument(workspace.path("/a.nix"), null);
    expect(sizes()).toEqual([["nixosConfigurations", 8]]);
  } finally {
    workspace.dispose();
  }
});
