{
  description = "MicroVM Lens: what microvm.nix declares, what is on disk, and what the next start will do";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      eachSystem = each: lib.genAttrs systems (system: each nixpkgs.legacyPackages.${system});
      packagesFor = pkgs: import ./nix/packages.nix { inherit pkgs; };
    in
    {
      packages = eachSystem (
        pkgs:
        let
          packages = packagesFor pkgs;
        in
        packages // { default = packages.microvm-lens; }
      );

      apps = eachSystem (
        pkgs:
        let
          app = {
            type = "app";
            program = lib.getExe (packagesFor pkgs).microvm-lens;
            meta.description = "The command line and language server of MicroVM Lens";
          };
        in
        {
          default = app;
          microvm-lens = app;
        }
      );

      overlays.default = final: _previous: {
        microvm-lens = (packagesFor final).microvm-lens;
        vscode-extensions-microvm-lens = (packagesFor final).vscode-extension;
      };

      nixosModules = {
        default = import ./nix/nixos.nix { inherit packagesFor; };
        guest = ./nix/guest.nix;
      };

      homeManagerModules.default = import ./nix/home-manager.nix { inherit packagesFor; };

      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.nodejs
            pkgs.shellcheck
            pkgs.e2fsprogs
            pkgs.xfsprogs
            pkgs.btrfs-progs
            pkgs.dosfstools
            pkgs.qemu-utils
          ];
        };
      });

      checks = eachSystem (
        pkgs:
        let
          packages = packagesFor pkgs;
        in
        {
          inherit (packages) microvm-lens vscode-extension;
          judges-its-example = pkgs.runCommand "microvm-lens-judges-its-example" { } ''
            cp -r ${self}/examples/homelab homelab
            chmod -R u+w homelab
            ${lib.getExe packages.microvm-lens} check homelab --fail-on never > $out
          '';
        }
      );

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree or pkgs.nixfmt-rfc-style);
    };
}
