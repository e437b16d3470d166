# Functions of lib/default.nix of nixpkgs, in our own words.
lib:
{
  # (lib -> lib -> attrs) -> lib
  extend = f: lib.makeExtensible (lib.extends f (self: lib));
}
