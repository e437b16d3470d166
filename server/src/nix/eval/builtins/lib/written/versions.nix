# Functions of lib/versions.nix of nixpkgs, in our own words.
lib:
{
  # string -> string
  major = v: builtins.elemAt (builtins.splitVersion v) 0;

  # string -> string
  minor = v: builtins.elemAt (builtins.splitVersion v) 1;

  # string -> string
  patch = v: builtins.elemAt (builtins.splitVersion v) 2;

  # string -> string
  majorMinor = v: lib.concatStringsSep "." (lib.take 2 (builtins.splitVersion v));

  # int -> string -> string
  pad =
    n: version:
    let
      numbers = builtins.head (lib.splitString "-" version);
      padded = builtins.splitVersion numbers ++ lib.replicate n "0";
    in
    lib.concatStringsSep "." (lib.take n padded) + lib.removePrefix numbers version;
}
