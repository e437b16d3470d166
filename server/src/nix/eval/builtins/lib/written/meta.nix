# Functions of lib/meta.nix of nixpkgs, in our own words.
lib:
{
  # attrs -> package -> package
  addMetaAttrs =
    more: drv:
    if drv ? overrideAttrs then drv.overrideAttrs (old: { meta = (old.meta or { }) // more; })
    else drv // { meta = (drv.meta or { }) // more; };

  # package -> package
  dontDistribute = drv: lib.addMetaAttrs { hydraPlatforms = [ ]; } drv;

  # string -> package -> package
  setName = name: drv: drv // { inherit name; };

  # (string -> string) -> package -> package
  updateName = f: drv: drv // { name = f drv.name; };

  # string -> package -> package
  appendToName = suffix: drv: lib.updateName (name: let parts = builtins.parseDrvName name; in parts.name + "-" + suffix + "-" + parts.version) drv;

  # (package -> a) -> attrs -> attrs
  mapDerivationAttrset = f: set: builtins.mapAttrs (_: x: if lib.isDerivation x then f x else x) set;

  # int -> package -> package
  setPrio = priority: drv: lib.addMetaAttrs { inherit priority; } drv;

  # package -> package
  lowPrio = drv: lib.setPrio 10 drv;

  # package -> package
  hiPrio = drv: lib.setPrio (-10) drv;

  # attrs -> attrs
  lowPrioSet = set: lib.mapDerivationAttrset lib.lowPrio set;

  # attrs -> attrs
  hiPrioSet = set: lib.mapDerivationAttrset lib.hiPrio set;

  # attrs -> string | attrs -> bool
  platformMatch =
    platform: wanted:
    if builtins.isString wanted then platform ? system && wanted == platform.system
    else lib.matchAttrs (if wanted ? parsed then wanted else { parsed = wanted; }) platform;

  # attrs -> package -> bool
  availableOn =
    platform: pkg:
    (!(pkg ? meta.platforms) || lib.any (lib.meta.platformMatch platform) pkg.meta.platforms)
    && (!(pkg ? meta.badPlatforms) || !lib.any (lib.meta.platformMatch platform) pkg.meta.badPlatforms);
}
