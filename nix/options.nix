# The options of services.microvm-lens out of options.json, which the documentation and the editor read, too.
{ lib }:
let
  table = lib.importJSON ./options.json;
  inherit (lib) types;
  words = text: lib.splitString " " text;
  typeOf =
    text:
    let
      parts = words text;
      head = builtins.head parts;
      rest = builtins.tail parts;
    in
    if head == "nullOr" then
      types.nullOr (typeOf (lib.concatStringsSep " " rest))
    else if head == "listOf" then
      types.listOf (typeOf (lib.concatStringsSep " " rest))
    else if head == "enum" then
      types.enum rest
    else
      {
        bool = types.bool;
        str = types.str;
        unsigned = types.ints.unsigned;
        package = types.package;
      }
      .${head};
  optionOf =
    entry: more:
    lib.mkOption (
      {
        type = typeOf entry.type;
        description = entry.en;
      }
      // lib.optionalAttrs (entry ? default) { inherit (entry) default; }
      // lib.optionalAttrs (entry ? example) { inherit (entry) example; }
      // lib.optionalAttrs (entry ? defaultText) { defaultText = lib.literalExpression entry.defaultText; }
      // more
    );
  # Those that begin with a prefix and have no further placeholder, as a tree of options.
  below =
    prefix: more:
    let
      own = builtins.filter (
        entry: lib.hasPrefix prefix entry.name && !lib.hasInfix "<" (lib.removePrefix prefix entry.name)
      ) table;
      one =
        entry:
        let
          path = lib.splitString "." (lib.removePrefix prefix entry.name);
        in
        lib.setAttrByPath path (optionOf entry (more.${entry.name} or { }));
    in
    lib.foldl' lib.recursiveUpdate { } (map one own);
  each =
    options: description:
    lib.mkOption {
      type = types.attrsOf (types.submodule { inherit options; });
      default = { };
      inherit description;
    };
in
{ package }:
below "" { package.default = package; }
// {
  guests = each (
    below "guests.<name>." { }
    // {
      volumes = each (below "guests.<name>.volumes.<image>." { }) "What is different for one volume, by its `image`.";
    }
  ) "What is different for one guest, by its name in `microvm.vms`.";
}
