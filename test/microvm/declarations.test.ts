import { expect, test } from "vitest";
import { declared, guestOf, shown, volumesOf } from "./workspace.ts";

const inputs = `
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.microvm = { url = "github:astro/microvm.nix"; inputs.nixpkgs.follows = "nixpkgs"; };
`;

test("a configuration of the flake that imports the guest module is a guest", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs}
      outputs = { self, nixpkgs, microvm }: {
        nixosConfigurations.web = nixpkgs.lib.nixosSystem {
          system = "x86_64-linux";
          modules = [ microvm.nixosModules.microvm ./web.nix ];
        };
      };
    }`,
    "web.nix": `{ config, lib, ... }: {
      networking.hostName = "web01";
      microvm.hypervisor = "cloud-hypervisor";
      microvm.volumes = [ { image = "var.img"; size = 4 * 512; mountPoint = "/var"; } ];
    }`,
  });
  const guest = guestOf(found, "web");
  expect(volumesOf(guest)).toEqual([{ image: "var.img", size: 2048, mountPoint: "/var", fsType: "ext4" }]);
  expect(guest.volumesOpen).toBeNull();
  expect(guest.directoryNames).toEqual(["web", "web01"]);
  expect(shown(guest.hypervisor)).toBe("cloud-hypervisor");
  expect(shown(guest.storeOnDisk)).toBe(true);
});

test("microvm.vms of a host", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs}
      outputs = inputs@{ self, nixpkgs, microvm, ... }: {
        nixosConfigurations.server = nixpkgs.lib.nixosSystem {
          specialArgs = { inherit inputs; };
          modules = [ microvm.nixosModules.host ./server.nix ];
        };
      };
    }`,
    "server.nix": `{ lib, ... }: {
      microvm.stateDir = "/vms";
      microvm.vms = lib.mkMerge [ { db.config = { config, ... }: {
        microvm.writableStoreOverlay = "/nix/.rw-store";
        microvm.volumes = lib.mkBefore [ { image = "o.img"; size = 1; mountPoint = config.microvm.writableStoreOverlay; } ];
      }; } {
        db.config.microvm.volumes = [ { image = "\${"data"}.img"; size = 2; mountPoint = "/"; fsType = "xfs"; } ];
      } ];
    }`,
  });
  const guest = guestOf(found, "db");
  expect(guest.host).toBe("server");
  expect(shown(guest.stateDir)).toBe("/vms");
  expect(shown(guest.hostName)).toBe("db");
  expect(volumesOf(guest)).toEqual([
    { image: "o.img", size: 1, mountPoint: "/nix/.rw-store", fsType: "ext4" },
    { image: "data.img", size: 2, mountPoint: "/", fsType: "xfs" },
  ]);
});

test("a lone module that is open", async () => {
  const found = await declared(
    {
      "vm.nix": `{ config, ... }: { networking.hostName = "solo"; microvm.volumes = [ { image = "/x/\${config.networking.hostName}.img"; size = 5; mountPoint = null; } ]; }`,
    },
    { open: ["vm.nix"] },
  );
  expect(volumesOf(guestOf(found, "solo"))).toEqual([
    { image: "/x/solo.img", size: 5, mountPoint: null, fsType: "ext4" },
  ]);
});

test("a guest that is there only under a condition has its volumes only then", async () => {
  const found = await declared({
    "flake.nix": `{ inputs.nixpkgs.url = "github:NixOS/nixpkgs"; inputs.microvm.url = "github:astro/microvm.nix";
      outputs = { nixpkgs, microvm, ... }: { nixosConfigurations.server = nixpkgs.lib.nixosSystem { modules = [
        microvm.nixosModules.host ({ lib, ... }: { microvm.vms =
          let vm = image: { config.microvm.volumes = [ { inherit image; size = 1; mountPoint = null; } ]; }; in
          { sure = vm "a.img"; } // lib.optionalAttrs (builtins.getEnv "MORE" == "1") { perhaps = vm "b.img"; }; }) ]; }; }; }`,
  });
  expect(guestOf(found, "sure").volumes[0]?.conditional).toBeNull();
  expect(guestOf(found, "perhaps").volumes[0]?.conditional).not.toBeNull();
});
