/** A flake with one guest, `web`, for documentation examples: `body` are bindings of the guest's module. */
export function guestFlake(body: string): string {
  return `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";

  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        microvm.nixosModules.microvm
        {
          networking.hostName = "web";
${indented(body, 10)}
        }
      ];
    };
  };
}
`;
}

/** A host, `server`, that declares guests under `microvm.vms`: `body` are bindings of the host's module. */
export function hostFlake(body: string): string {
  return `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";

  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        microvm.nixosModules.host
        ({ config, lib, pkgs, ... }: {
${indented(body, 10)}
        })
      ];
    };
  };
}
`;
}

/** A volume as bindings of a guest's module: the given attributes, one on a line. */
export function volumes(...each: readonly (readonly string[])[]): string {
  const blocks = each.map((lines) => `  {\n${lines.map((line) => `    ${line};`).join("\n")}\n  }`);
  return `microvm.volumes = [\n${blocks.join("\n")}\n];`;
}

function indented(body: string, width: number): string {
  return body
    .split("\n")
    .map((line) => (line === "" ? line : " ".repeat(width) + line))
    .join("\n");
}
