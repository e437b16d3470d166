# Stands in for nixpkgs where the real one cannot be had: what our flake asks of it, no more. What it proves: every output
# evaluates and can be instantiated, and our own build and install phases run. What it does not: that nixpkgs' stdenv, fetchers
# and wrappers run them alike.
{
  outputs =
    { self }:
    let
      lib = import ./lib.nix;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ] (system: import ./packages.nix { inherit lib system; });
    };
}
