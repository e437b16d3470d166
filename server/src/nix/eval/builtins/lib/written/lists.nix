# Functions of lib/lists.nix of nixpkgs, in our own words.
lib:
{
  # (b -> a -> b) -> b -> (a -> string) -> [a] -> { ${name} :: b }
  groupBy' = op: start: key: xs: builtins.mapAttrs (name: lib.foldl op start) (lib.groupBy key xs);

  # bool -> (a -> a -> bool) -> [a] -> attrs
  listDfs =
    stopOnCycles: before: list:
    let
      walk = us: visited: rest:
        let
          loops = builtins.filter (x: before x us) visited;
          split = builtins.partition (x: before x us) rest;
        in
        if stopOnCycles && loops != [ ] then { cycle = us; inherit loops visited rest; }
        else if split.right == [ ] then { minimal = us; inherit visited rest; }
        else walk (builtins.head split.right) ([ us ] ++ visited) (builtins.tail split.right ++ split.wrong);
    in
    walk (builtins.head list) [ ] (builtins.tail list);

  # (a -> a -> bool) -> [a] -> { result } | { cycle, loops }
  toposort =
    before: list:
    let
      first = lib.lists.listDfs true before list;
      others = lib.toposort before (first.visited ++ first.rest);
    in
    if builtins.length list < 2 then { result = list; }
    else if first ? cycle then { cycle = lib.reverseList ([ first.cycle ] ++ first.visited); inherit (first) loops; }
    else if others ? cycle then others
    else { result = [ first.minimal ] ++ others.result; };

  # [string] -> [string]
  naturalSort =
    list:
    let
      parts = s: map (x: if builtins.isList x then lib.toInt (builtins.head x) else x) (builtins.split "(0|[1-9][0-9]*)" s);
      keyed = map (x: { inherit x; key = parts x; }) list;
    in
    map (k: k.x) (lib.sort (a: b: lib.compareLists lib.compare a.key b.key < 0) keyed);
}
