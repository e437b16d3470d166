# Functions of lib/modules.nix of nixpkgs, in our own words.
lib:
{
  # option -> property
  mkAliasDefinitions = option: lib.mkIf option.isDefined (lib.mkMerge option.definitions);

  # (a -> b) -> option -> property
  mkAliasAndWrapDefinitions = wrap: option: lib.mkIf option.isDefined (wrap (lib.mkMerge option.definitions));

  # (a -> b) -> option -> property
  mkAliasAndWrapDefsWithPriority = wrap: option: lib.mkIf option.isDefined (wrap (lib.mkMerge (map (lib.mkOverride (option.highestPrio or 100)) option.definitions)));

  # option -> a -> property
  mkAliasIfDef = option: lib.mkIf option.isDefined;

  # option -> (a -> b) -> property
  mkDerivedConfig = option: f: lib.mkOverride (option.highestPrio or 100) (f option.value);

  # [string] -> string -> module
  mkRemovedOptionModule =
    path: advice: { options, ... }:
    {
      options = lib.setAttrByPath path (lib.mkOption {
        visible = false;
        apply = x: throw ("The option `" + lib.showOption path + "' can no longer be used since it's been removed. " + advice);
      });
      config.assertions = [ {
        assertion = !(lib.getAttrFromPath path options).isDefined;
        message = "The option definition `" + lib.showOption path + "' in "
          + lib.showFiles (lib.getAttrFromPath path options).files
          + " no longer has any effect; please remove it.\n" + advice + "\n";
      } ];
    };

  # { from, to, visible, warn, use, withPriority ? true, condition ? true } -> module
  doRename =
    { from, to, visible, warn, use, withPriority ? true, condition ? true }:
    { config, options, ... }:
    let
      old = lib.getAttrFromPath from options;
      target = lib.attrByPath to { } options;
      wrap = if withPriority then lib.modules.mkAliasAndWrapDefsWithPriority else lib.mkAliasAndWrapDefinitions;
    in
    {
      options = lib.setAttrByPath from (
        lib.mkOption {
          inherit visible;
          description = "Alias of {option}`" + lib.showOption to + "`.";
          apply = _: use (lib.attrByPath to (abort ("Renaming error: option `" + lib.showOption to + "' does not exist.")) config);
        }
        // lib.optionalAttrs ((target.type or (lib.types.submodule { })) != null) { type = target.type or (lib.types.submodule { }); }
      );
      config = lib.mkIf condition (lib.mkMerge [
        (lib.optionalAttrs (options ? warnings) {
          warnings = lib.optional (warn && old.isDefined) (
            "The option `" + lib.showOption from + "' defined in " + lib.showFiles old.files
            + " has been renamed to `" + lib.showOption to + "'."
          );
        })
        (wrap (lib.setAttrByPath to) old)
      ]);
    };

  # [string] -> [string] -> module
  mkRenamedOptionModule = from: to: lib.doRename { inherit from to; visible = false; warn = true; use = x: x; };

  # { from, to, sinceRelease } -> module
  mkRenamedOptionModuleWith = { from, to, sinceRelease }: lib.doRename { inherit from to; visible = false; warn = true; use = x: x; };

  # [string] -> [string] -> module
  mkAliasOptionModule = from: to: lib.doRename { inherit from to; visible = true; warn = false; use = x: x; };

  # [string] -> [string] -> module
  mkAliasOptionModuleMD = from: to: lib.mkAliasOptionModule from to;

  # [[string]] -> [string] -> (config -> a) -> module
  mkMergedOptionModule =
    from: to: merge: { config, options, ... }:
    let
      unset = "_mkMergedOptionModule";
      isSet = path: lib.getAttrFromPath path config != unset;
    in
    {
      options = lib.foldl' lib.recursiveUpdate { } (
        map (path: lib.setAttrByPath path (lib.mkOption { visible = false; default = unset; })) from
      );
      config = {
        warnings = lib.concatMap (
          path: lib.optional (isSet path) (
            "The option `" + lib.showOption path + "' defined in " + lib.showFiles (lib.getAttrFromPath path options).files
            + " has been changed to `" + lib.showOption to + "' that has a different type. Please read `"
            + lib.showOption to + "' documentation and update your configuration accordingly."
          )
        ) from;
      } // lib.setAttrByPath to (lib.mkMerge (lib.optional (lib.any isSet from) (merge config)));
    };

  # [string] -> [string] -> (config -> a) -> module
  mkChangedOptionModule = from: to: change: lib.mkMergedOptionModule [ from ] to change;

  # path -> module
  importJSON = file: { _file = file; config = lib.importJSON file; };

  # path -> module
  importTOML = file: { _file = file; config = lib.importTOML file; };

  # path -> a -> module
  importApply = path: argument: lib.setDefaultModuleLocation path (import path argument);

  # path -> module -> module
  setDefaultModuleLocation = file: module: { _file = file; imports = [ module ]; };

  # (a -> b) -> definition -> definition
  mapDefinitionValue =
    f: def:
    let
      type = def._type or null;
      inner = lib.modules.mapDefinitionValue f;
    in
    if type == "merge" then def // { contents = map inner def.contents; }
    else if type == "if" || type == "override" || type == "order" then def // { content = inner def.content; }
    else if type == "definition" then def // { value = inner def.value; }
    else f def;
}
