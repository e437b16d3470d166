# Functions of lib/cli.nix of nixpkgs, in our own words.
lib:
{
  # { … } -> attrs -> string
  toGNUCommandLineShell = options: set: lib.escapeShellArgs (lib.cli.toGNUCommandLine options set);

  # { mkOptionName ? …, mkBool ? …, mkList ? …, mkOption ? …, optionValueSeparator ? null } -> attrs -> [string]
  toGNUCommandLine =
    {
      mkOptionName ? (key: if builtins.stringLength key == 1 then "-" + key else "--" + key),
      mkBool ? (key: value: lib.optional value (mkOptionName key)),
      mkList ? (key: value: lib.concatMap (mkOption key) value),
      mkOption ? (
        key: value:
        let
          text = lib.generators.mkValueStringDefault { } value;
        in
        if value == null then [ ]
        else if optionValueSeparator == null then [ (mkOptionName key) text ]
        else [ (mkOptionName key + optionValueSeparator + text) ]
      ),
      optionValueSeparator ? null,
    }: set:
    lib.concatLists (lib.mapAttrsToList (
      key: value: (if builtins.isBool value then mkBool else if builtins.isList value then mkList else mkOption) key value
    ) set);

  # { … } -> attrs -> string
  toCommandLineShellGNU = options: set: lib.escapeShellArgs (lib.cli.toCommandLineGNU options set);

  # { isLong ? …, explicitBool ? false, formatArg ? … } -> attrs -> [string]
  toCommandLineGNU =
    { isLong ? (name: builtins.stringLength name > 1), explicitBool ? false, formatArg ? lib.generators.mkValueStringDefault { } }: set:
    lib.cli.toCommandLine (name: {
      inherit explicitBool formatArg;
      option = if isLong name then "--" + name else "-" + name;
      sep = if isLong name then "=" else "";
    }) set;

  # (string -> format) -> attrs -> string
  toCommandLineShell = format: set: lib.escapeShellArgs (lib.cli.toCommandLine format set);

  # (string -> { option, sep, explicitBool, formatArg ? … }) -> attrs -> [string]
  toCommandLine =
    format: set:
    let
      one = key: value:
        let
          how = format key;
          text = (how.formatArg or (lib.generators.mkValueStringDefault { })) value;
        in
        if value == null || !how.explicitBool && value == false then [ ]
        else if !how.explicitBool && value == true then [ how.option ]
        else if how.sep == null then [ how.option text ]
        else [ (how.option + how.sep + text) ];
      pair = key: value:
        if key == "" then throw "lib.cli.toCommandLine only accepts non-empty option names."
        else if builtins.isList value then lib.concatMap (one key) value
        else one key value;
    in
    lib.concatLists (lib.mapAttrsToList pair set);
}
