# Functions of lib/kernel.nix of nixpkgs, in our own words.
lib:
{
  # attrs -> attrs
  option = x: x // { optional = true; };

  # attrs
  yes = { tristate = "y"; optional = false; };

  # attrs
  no = { tristate = "n"; optional = false; };

  # attrs
  module = { tristate = "m"; optional = false; };

  # attrs
  unset = { tristate = null; optional = false; };

  # string -> { whenAtLeast, whenOlder, whenBetween }
  whenHelpers =
    version: {
      whenAtLeast = low: lib.mkIf (lib.versionAtLeast version low);
      whenOlder = high: lib.mkIf (lib.versionOlder version high);
      whenBetween = low: high: lib.mkIf (lib.versionAtLeast version low && lib.versionOlder version high);
    };

  # a -> attrs
  freeform = x: { freeform = x; optional = false; };
}
