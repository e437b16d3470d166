import { expect, test } from "vitest";
import { readDeclarations } from "../../server/src/microvm/index.ts";
import { DiskFiles } from "../../server/src/nix/files-disk.ts";
import { plain } from "../harness/plain.ts";
import { folderOf, testParser } from "./workspace.ts";

/** Configurations that look at each other in every way that there is. */
const flake = `{
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { self, nixpkgs, microvm }: let
    guest = name: size: nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm ({ config, lib, ... }: {
        options.my.size = lib.mkOption { type = lib.types.int; default = size; };
        config.networking.hostName = name;
        config.microvm.volumes = [ { image = "\${name}.img"; size = config.my.size; mountPoint = "/\${name}"; } ];
      }) ];
    };
    others = removeAttrs self.nixosConfigurations [ "total" "host" ];
  in {
    nixosConfigurations = {
      a = guest "a" 10;
      b = guest "b" self.nixosConfigurations.a.config.my.size;
      larger = self.nixosConfigurations.b.extendModules { modules = [ { my.size = 77; } ]; };
      total = nixpkgs.lib.nixosSystem {
        modules = [ microvm.nixosModules.microvm {
          microvm.volumes = [ {
            image = "all.img";
            size = builtins.foldl' (sum: name: sum + others.\${name}.config.my.size) 0 (builtins.attrNames others);
            mountPoint = "/all";
          } ];
        } ];
      };
      host = nixpkgs.lib.nixosSystem {
        modules = [ microvm.nixosModules.host {
          microvm.vms.a.flake = self;
          microvm.vms.b.evaluatedConfig = self.nixosConfigurations.b;
          microvm.vms.c.config = { microvm.volumes = [ { image = "c.img"; size = self.nixosConfigurations.a.config.my.size; mountPoint = null; } ]; };
          systemd.services.clean = { before = [ "microvm@\${self.nixosConfigurations.b.config.networking.hostName}.service" ]; script = "rm x"; };
        } ];
      };
    };
  };
}
`;

test("systems that are let go after they were read give the same when they are asked again", async () => {
  const folder = folderOf({ "flake.nix": flake });
  const parser = await testParser();
  const read = (keptModules: number) =>
    readDeclarations({ files: new DiskFiles(parser, [folder]), parser, roots: [folder], openFiles: [], keptModules });
  const all = read(1_000_000);
  expect(all.guests.map(({ host, name, volumes }) => [host, name, volumes[0]?.sizeMiB])).toEqual(
    [
      [null, "larger", 77],
      [null, "total", 97],
      ["host", "a", 10],
      ["host", "b", 10],
      ["host", "c", 10],
    ].map(([host, name, value]) => [host, name, expect.objectContaining({ state: "set", value })]),
  );
  expect(all.hosts[0]?.services.get("clean")?.order?.before).toEqual(["microvm@b.service"]);
  for (const kept of [0, 30, 60]) expect(plain(read(kept))).toEqual(plain(all));
});
