# Functions of lib/attrsets.nix of nixpkgs, in our own words.
lib:
{
  # [{ path :: [string]; update :: a -> b; }] -> attrs -> attrs
  updateManyAttrsByPath =
    updates: value:
    let
      step = depth: known: old: todo:
        let
          split = builtins.partition (u: builtins.length u.path == depth) todo;
          deeper = lib.groupBy (u: builtins.elemAt u.path depth) split.wrong;
          below =
            if split.wrong == [ ] then
              if known then old else throw ("updateManyAttrsByPath: Path '" + lib.showAttrPath (builtins.head split.right).path + "' does not exist in the given value")
            else if !known then builtins.mapAttrs (name: step (depth + 1) false null) deeper
            else if builtins.isAttrs old then old // builtins.mapAttrs (name: step (depth + 1) (old ? ${name}) old.${name}) deeper
            else throw ("updateManyAttrsByPath: Path '" + lib.showAttrPath (builtins.head split.wrong).path + "' needs to be updated, but its parent is no attribute set");
        in
        lib.foldl (now: u: u.update now) below split.right;
    in
    step 0 true value updates;

  # [string] -> string
  showAttrPath = path: if path == [ ] then "<root attribute path>" else lib.concatMapStringsSep "." lib.strings.escapeNixIdentifier path;

  # attrs -> attrs -> attrs
  unionOfDisjoint =
    x: y:
    let
      common = builtins.intersectAttrs x y;
      names = lib.concatStringsSep " " (builtins.attrNames common);
    in
    x // y // builtins.mapAttrs (name: _: throw ("unionOfDisjoint: collision on " + name + "; complete list: " + names)) common;

  # [string] -> package -> package
  getFirstOutput =
    candidates: pkg:
    let
      there = builtins.filter (name: builtins.hasAttr name pkg) candidates;
    in
    if pkg.outputSpecified or false || there == [ ] then pkg else pkg.${builtins.head there};

  # package -> package
  getBin = pkg: lib.getOutput "bin" pkg;

  # package -> package
  getLib = pkg: lib.getOutput "lib" pkg;

  # package -> package
  getDev = pkg: lib.getOutput "dev" pkg;

  # package -> package
  getMan = pkg: lib.getOutput "man" pkg;

  # package -> package
  getStatic = pkg: lib.getFirstOutput [ "static" "lib" "out" ] pkg;

  # package -> package
  getInclude = pkg: lib.getFirstOutput [ "include" "dev" "out" ] pkg;

  # [package] -> [package]
  chooseDevOutputs = builtins.map lib.getDev;

  # (string -> a -> b) -> { ${name} :: a } -> [b]
  mapAttrsFlatten = f: set: lib.mapAttrsToList f set;
}
