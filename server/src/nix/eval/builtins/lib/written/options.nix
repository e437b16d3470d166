# Functions of lib/options.nix of nixpkgs, in our own words.
lib:
{
  # attrs -> string | [string] -> { nullable, default, example, extraDescription, pkgsText } -> option
  mkPackageOption =
    pkgs: name: { nullable ? false, default ? name, example ? null, extraDescription ? "", pkgsText ? "pkgs" }:
    let
      shown = if builtins.isList name then lib.last name else name;
      path = if builtins.isList default then default else [ default ];
      pathText = lib.concatMapStringsSep "." lib.strings.escapeNixIdentifier path;
      code = text: { _type = "literalExpression"; inherit text; };
    in
    lib.mkOption (
      (
        if default != null then {
          default = lib.attrByPath path (throw (pathText + " cannot be found in " + pkgsText)) pkgs;
          defaultText = code (pkgsText + "." + pathText);
        }
        else lib.optionalAttrs nullable { default = null; }
      )
      // {
        description = "The " + shown + " package to use." + (if extraDescription == "" then "" else " ") + extraDescription;
        type = if nullable then lib.types.nullOr lib.types.package else lib.types.package;
      }
      // lib.optionalAttrs (example != null) {
        example = code (
          if builtins.isList example then pkgsText + "." + lib.concatMapStringsSep "." lib.strings.escapeNixIdentifier example
          else example
        );
      }
    );

  # attrs -> string -> attrs -> option
  mkPackageOptionMD = pkgs: name: given: lib.mkPackageOption pkgs name given;

  # any -> any
  scrubOptionValue =
    x:
    if lib.isDerivation x then { type = "derivation"; drvPath = x.name; outPath = x.name; inherit (x) name; }
    else if builtins.isList x then map lib.scrubOptionValue x
    else if builtins.isAttrs x then builtins.mapAttrs (_: lib.scrubOptionValue) (removeAttrs x [ "_args" ])
    else x;

  # option -> string
  showOptionWithDefLocs =
    option: lib.showOption option.loc + ", with values defined in:
" + lib.concatMapStringsSep "
" (file: "  - " + file) option.files + "
";

  # string -> string -> literal
  literalCode =
    language: text: lib.literalMD ("```" + language + "
" + text + "
```
");

  # [{ value }] -> [a]
  getValues = builtins.map (x: x.value);

  # [{ file }] -> [a]
  getFiles = builtins.map (x: x.file);

  # [string] -> string
  showOption =
    parts:
    let
      show = part: if part == "*" || builtins.match "<(.*)>" part != null then part else lib.strings.escapeNixIdentifier part;
    in
    lib.concatMapStringsSep "." show parts;

  # [string] -> string
  showFiles = files: lib.concatMapStringsSep " and " (f: "`" + f + "'") files;

  # loc -> [definition] -> a
  mergeDefaultOption =
    loc: defs:
    let
      values = lib.options.getValues defs;
      first = builtins.head values;
    in
    if builtins.length values == 1 then first
    else if lib.all lib.isFunction values then (x: lib.mergeDefaultOption loc (map (f: f x) values))
    else if lib.all builtins.isList values then builtins.concatLists values
    else if lib.all builtins.isAttrs values then lib.foldl' lib.mergeAttrs { } values
    else if lib.all builtins.isBool values then lib.any lib.id values
    else if lib.all builtins.isString values then lib.concatStrings values
    else if lib.all builtins.isInt values && lib.all (x: x == first) values then first
    else throw ("Cannot merge definitions of " + lib.showOption loc);

  # loc -> [definition] -> a
  mergeOneOption = lib.options.mergeUniqueOption { message = ""; };

  # { message, merge ? … } -> loc -> [definition] -> a
  mergeUniqueOption =
    { message, merge ? (loc: defs: (builtins.head defs).value) }: loc: defs:
    if builtins.length defs == 1 then merge loc defs
    else throw ("The option " + lib.showOption loc + " is defined multiple times while it's expected to be unique.\n" + message);

  # loc -> [definition] -> a
  mergeEqualOption =
    loc: defs:
    let
      first = builtins.head defs;
    in
    if defs == [ ] then abort "This case should never happen."
    else if lib.all (d: d.value == first.value) (builtins.tail defs) then first.value
    else throw ("The option " + lib.showOption loc + " has conflicting definition values");

  # attrs -> option
  mkSinkUndeclaredOptions =
    more:
    lib.mkOption ({
      internal = true;
      visible = false;
      default = false;
      description = "Sink for option definitions.";
      type = lib.mkOptionType { name = "sink"; check = x: true; merge = loc: defs: false; };
      apply = x: throw "Option value is not readable because the option is not declared.";
    } // more);
}
