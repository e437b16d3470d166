# Functions of lib/asserts.nix of nixpkgs, in our own words.
lib:
{
  # bool -> string -> bool
  assertMsg = condition: message: condition || throw message;

  # string -> a -> [a] -> bool
  assertOneOf =
    name: value: values:
    lib.assertMsg (lib.elem value values) (name + " must be one of " + lib.generators.toPretty { } values + ", but is: " + lib.generators.toPretty { } value);

  # string -> [a] -> [a] -> bool
  assertEachOneOf =
    name: given: values:
    lib.assertMsg (lib.all (value: lib.elem value values) given) ("each element in " + name + " must be one of " + lib.generators.toPretty { } values + ", but is: " + lib.generators.toPretty { } given);

  # [assertion] -> [string] -> a -> a
  checkAssertWarn =
    assertions: warnings: value:
    let
      failed = map (x: "- " + x.message) (builtins.filter (x: !x.assertion) assertions);
    in
    if failed == [ ] then lib.showWarnings warnings value
    else throw ("\nFailed assertions:\n" + lib.concatStringsSep "\n" failed);
}
