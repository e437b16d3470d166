import type { Definition } from "../definition.ts";
import { writtenSection } from "./written.ts";

const modules = writtenSection("modules", "lib/modules.nix");
const options = writtenSection("options", "lib/options.nix");

/** Modules that move options, and what merges definitions by hand; written in Nix. */
export const writtenModules: readonly Definition[] = [
  modules(
    "mkAliasDefinitions",
    "option -> property",
    "option: lib.mkIf option.isDefined (lib.mkMerge option.definitions)",
  ),
  modules(
    "mkAliasAndWrapDefinitions",
    "(a -> b) -> option -> property",
    "wrap: option: lib.mkIf option.isDefined (wrap (lib.mkMerge option.definitions))",
  ),
  modules(
    "mkAliasAndWrapDefsWithPriority",
    "(a -> b) -> option -> property",
    "wrap: option: lib.mkIf option.isDefined (wrap (lib.mkMerge (map (lib.mkOverride (option.highestPrio or 100)) option.definitions)))",
  ),
  modules("mkAliasIfDef", "option -> a -> property", "option: lib.mkIf option.isDefined"),
  modules(
    "mkDerivedConfig",
    "option -> (a -> b) -> property",
    "option: f: lib.mkOverride (option.highestPrio or 100) (f option.value)",
  ),
  modules(
    "mkRemovedOptionModule",
    "[string] -> string -> module",
    `path: advice: { options, ... }:
    {
      options = lib.setAttrByPath path (lib.mkOption {
        visible = false;
        apply = x: throw ("The option \`" + lib.showOption path + "' can no longer be used since it's been removed. " + advice);
      });
      config.assertions = [ {
        assertion = !(lib.getAttrFromPath path options).isDefined;
        message = "The option definition \`" + lib.showOption path + "' in "
          + lib.showFiles (lib.getAttrFromPath path options).files
          + " no longer has any effect; please remove it.\\n" + advice + "\\n";
      } ];
    }`,
  ),
  modules(
    "doRename",
    "{ from, to, visible, warn, use, withPriority ? true, condition ? true } -> module",
    `{ from, to, visible, warn, use, withPriority ? true, condition ? true }:
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
          description = "Alias of {option}\`" + lib.showOption to + "\`.";
          apply = _: use (lib.attrByPath to (abort ("Renaming error: option \`" + lib.showOption to + "' does not exist.")) config);
        }
        // lib.optionalAttrs ((target.type or (lib.types.submodule { })) != null) { type = target.type or (lib.types.submodule { }); }
      );
      config = lib.mkIf condition (lib.mkMerge [
        (lib.optionalAttrs (options ? warnings) {
          warnings = lib.optional (warn && old.isDefined) (
            "The option \`" + lib.showOption from + "' defined in " + lib.showFiles old.files
            + " has been renamed to \`" + lib.showOption to + "'."
          );
        })
        (wrap (lib.setAttrByPath to) old)
      ]);
    }`,
  ),
  modules(
    "mkRenamedOptionModule",
    "[string] -> [string] -> module",
    "from: to: lib.doRename { inherit from to; visible = false; warn = true; use = x: x; }",
  ),
  modules(
    "mkRenamedOptionModuleWith",
    "{ from, to, sinceRelease } -> module",
    "{ from, to, sinceRelease }: lib.doRename { inherit from to; visible = false; warn = true; use = x: x; }",
  ),
  modules(
    "mkAliasOptionModule",
    "[string] -> [string] -> module",
    "from: to: lib.doRename { inherit from to; visible = true; warn = false; use = x: x; }",
  ),
  modules("mkAliasOptionModuleMD", "[string] -> [string] -> module", "from: to: lib.mkAliasOptionModule from to"),
  modules(
    "mkMergedOptionModule",
    "[[string]] -> [string] -> (config -> a) -> module",
    `from: to: merge: { config, options, ... }:
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
            "The option \`" + lib.showOption path + "' defined in " + lib.showFiles (lib.getAttrFromPath path options).files
            + " has been changed to \`" + lib.showOption to + "' that has a different type. Please read \`"
            + lib.showOption to + "' documentation and update your configuration accordingly."
          )
        ) from;
      } // lib.setAttrByPath to (lib.mkMerge (lib.optional (lib.any isSet from) (merge config)));
    }`,
  ),
  modules(
    "mkChangedOptionModule",
    "[string] -> [string] -> (config -> a) -> module",
    "from: to: change: lib.mkMergedOptionModule [ from ] to change",
  ),
  modules("importJSON", "path -> module", "file: { _file = file; config = lib.importJSON file; }"),
  modules("importTOML", "path -> module", "file: { _file = file; config = lib.importTOML file; }"),
  modules(
    "importApply",
    "path -> a -> module",
    "path: argument: lib.setDefaultModuleLocation path (import path argument)",
  ),
  modules(
    "setDefaultModuleLocation",
    "path -> module -> module",
    "file: module: { _file = file; imports = [ module ]; }",
  ),

  modules(
    "mapDefinitionValue",
    "(a -> b) -> definition -> definition",
    `f: def:
    let
      type = def._type or null;
      inner = lib.modules.mapDefinitionValue f;
    in
    if type == "merge" then def // { contents = map inner def.contents; }
    else if type == "if" || type == "override" || type == "order" then def // { content = inner def.content; }
    else if type == "definition" then def // { value = inner def.value; }
    else f def`,
  ),

  options(
    "mkPackageOption",
    "attrs -> string | [string] -> { nullable, default, example, extraDescription, pkgsText } -> option",
    `pkgs: name: { nullable ? false, default ? name, example ? null, extraDescription ? "", pkgsText ? "pkgs" }:
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
    )`,
  ),
  options(
    "mkPackageOptionMD",
    "attrs -> string -> attrs -> option",
    "pkgs: name: given: lib.mkPackageOption pkgs name given",
  ),
  options(
    "scrubOptionValue",
    "any -> any",
    `x:
    if lib.isDerivation x then { type = "derivation"; drvPath = x.name; outPath = x.name; inherit (x) name; }
    else if builtins.isList x then map lib.scrubOptionValue x
    else if builtins.isAttrs x then builtins.mapAttrs (_: lib.scrubOptionValue) (removeAttrs x [ "_args" ])
    else x`,
  ),
  options(
    "showOptionWithDefLocs",
    "option -> string",
    `option: lib.showOption option.loc + ", with values defined in:\n" + lib.concatMapStringsSep "\n" (file: "  - " + file) option.files + "\n"`,
  ),
  options(
    "literalCode",
    "string -> string -> literal",
    `language: text: lib.literalMD ("\`\`\`" + language + "\n" + text + "\n\`\`\`\n")`,
  ),
  options("getValues", "[{ value }] -> [a]", "builtins.map (x: x.value)"),
  options("getFiles", "[{ file }] -> [a]", "builtins.map (x: x.file)"),
  options(
    "showOption",
    "[string] -> string",
    `parts:
    let
      show = part: if part == "*" || builtins.match "<(.*)>" part != null then part else lib.strings.escapeNixIdentifier part;
    in
    lib.concatMapStringsSep "." show parts`,
  ),
  options("showFiles", "[string] -> string", `files: lib.concatMapStringsSep " and " (f: "\`" + f + "'") files`),
  options(
    "mergeDefaultOption",
    "loc -> [definition] -> a",
    `loc: defs:
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
    else throw ("Cannot merge definitions of " + lib.showOption loc)`,
  ),
  options("mergeOneOption", "loc -> [definition] -> a", `lib.options.mergeUniqueOption { message = ""; }`),
  options(
    "mergeUniqueOption",
    "{ message, merge ? … } -> loc -> [definition] -> a",
    `{ message, merge ? (loc: defs: (builtins.head defs).value) }: loc: defs:
    if builtins.length defs == 1 then merge loc defs
    else throw ("The option " + lib.showOption loc + " is defined multiple times while it's expected to be unique.\\n" + message)`,
  ),
  options(
    "mergeEqualOption",
    "loc -> [definition] -> a",
    `loc: defs:
    let
      first = builtins.head defs;
    in
    if defs == [ ] then abort "This case should never happen."
    else if lib.all (d: d.value == first.value) (builtins.tail defs) then first.value
    else throw ("The option " + lib.showOption loc + " has conflicting definition values")`,
  ),
  options(
    "mkSinkUndeclaredOptions",
    "attrs -> option",
    `more:
    lib.mkOption ({
      internal = true;
      visible = false;
      default = false;
      description = "Sink for option definitions.";
      type = lib.mkOptionType { name = "sink"; check = x: true; merge = loc: defs: false; };
      apply = x: throw "Option value is not readable because the option is not declared.";
    } // more)`,
  ),
];
