# Functions of lib/fixed-points.nix of nixpkgs, in our own words.
lib:
{
  # (a -> a) -> a
  fix' = f: let x = f x // { __unfix__ = f; }; in x;

  # (a -> a) -> a -> a
  converge = f: x: let next = f x; in if next == x then x else lib.converge f next;

  # (a -> a -> a) -> (a -> a) -> a -> a
  extends = overlay: f: final: let prev = f final; in prev // overlay final prev;

  # overlay -> overlay -> overlay
  composeExtensions = f: g: final: prev: let first = f final prev; in first // g final (prev // first);

  # [overlay] -> overlay
  composeManyExtensions = overlays: lib.foldr lib.composeExtensions (final: prev: { }) overlays;

  # (a -> a) -> a
  makeExtensible = rattrs: lib.makeExtensibleWithCustomName "extend" rattrs;

  # string -> (a -> a) -> a
  makeExtensibleWithCustomName =
    name: rattrs:
    lib.fixedPoints.fix' (
      self: rattrs self // { ${name} = f: lib.makeExtensibleWithCustomName name (lib.extends f rattrs); }
    );

  # attrs | (attrs -> attrs) | overlay -> overlay
  toExtension =
    f: final: prev:
    if !lib.isFunction f then f
    else
      let
        half = f prev;
      in
      if lib.isFunction half then f final prev else half;
}
