# Functions of lib/fileset/default.nix of nixpkgs, in our own words.
lib:
{
  # { root, fileset } -> source
  toSource = { root, fileset }: lib.cleanSourceWith { name = "source"; src = root; };
}
