# For those without flakes: `nix-build -A microvm-lens`, or `import ./. { inherit pkgs; }`.
{
  pkgs ? import <nixpkgs> { },
}:
import ./nix/packages.nix { inherit pkgs; }
