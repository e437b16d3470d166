# Evaluates the guests of a flake with real Nix, around a NixOS that has no options of its own: microvm.nix's real options,
# nixpkgs' real lib, and a free-form rest. `inputs` is a function of the stubs, written by compare-with-nix.mjs.
{ repo, lib, microvm, stubs, inputs, system ? "x86_64-linux", packages ? [ ], defaults ? [ ], reads ? null }:
let
  real = import (lib + "/lib");
  inherit (real) types;

  # Sets deeply, lists one after the other, anything else the first.
  free = types.mkOptionType {
    name = "free";
    merge = loc: defs:
      let
        values = map (def: def.value) defs;
        isPlain = v: builtins.isAttrs v && !(v ? outPath) && !(v ? __functor) && !(v ? _type) && !(v ? __toString);
      in
      if builtins.all isPlain values then (types.lazyAttrsOf free).merge loc defs
      else if builtins.all builtins.isList values then builtins.concatLists values
      else builtins.head values;
  };

  package = name: {
    type = "derivation"; inherit name; pname = name; version = "1.0";
    outPath = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-${name}";
    drvPath = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-${name}.drv";
    override = _: package name; overrideAttrs = _: package name; overrideDerivation = _: package name;
    __functor = self: _: package name; meta = { }; passthru = { };
  };
  platform = sys: { system = sys; isLinux = real.hasSuffix "-linux" sys; isDarwin = real.hasSuffix "-darwin" sys; isx86_64 = real.hasPrefix "x86_64-" sys; isAarch64 = real.hasPrefix "aarch64-" sys; isx86 = real.hasPrefix "x86_64-" sys; isAarch32 = false; isRiscV = false; };
  # What our own edits use is there for whoever imports nixpkgs, too.
  always = [ "bash" "coreutils" "e2fsprogs" "nix" "systemd" "util-linux" ];
  makePkgs = sys: overlays:
    let
      base = self: builtins.listToAttrs (map (name: { inherit name; value = package name; }) (always ++ packages)) // {
        _type = "pkgs"; lib = real; inherit overlays; path = nixpkgsPath; system = sys; pkgs = self; config = { };
        stdenv = package "stdenv" // { hostPlatform = platform sys; buildPlatform = platform sys; mkDerivation = _: package "derivation"; isLinux = true; isDarwin = false; };
        hostPlatform = platform sys; buildPackages = self; pkgsStatic = self; pkgsCross = { };
        callPackage = f: args: let g = if builtins.isFunction f then f else import f; in g (builtins.intersectAttrs (builtins.functionArgs g) self // args);
        writeText = n: _: package n; writeScript = n: _: package n; writeShellScript = n: _: package n; writeShellScriptBin = n: _: package n;
        writeShellApplication = a: package a.name; symlinkJoin = a: package a.name; runCommand = n: _: _: package n; linkFarm = n: _: package n;
        formats = builtins.mapAttrs (n: _: _: { type = free; generate = n: _: package n; }) { json = 1; yaml = 1; toml = 1; ini = 1; keyValue = 1; };
        extend = overlay: makePkgs sys (overlays ++ [ overlay ]); appendOverlays = more: makePkgs sys (overlays ++ more);
        nixos = module: nixosSystem { modules = real.toList module; pkgs = self; };
      };
    in
    real.fix (real.foldl' (real.flip real.extends) base overlays);

  nixpkgsPath = stubs + "/nixpkgs";
  defaultModule = { config = real.mkMerge (map (d: real.setAttrByPath d.path (real.mkOverride 1500 d.value)) defaults); };

  nixosSystem = args@{ modules ? [ ], specialArgs ? { }, system ? null, pkgs ? null, extraModules ? [ ], extraArgs ? { }, prefix ? [ ], ... }:
    let
      evaluated = real.evalModules {
        inherit prefix;
        class = "nixos";
        specialArgs = { modulesPath = nixpkgsPath + "/nixos/modules"; } // specialArgs;
        modules = [ (base args) defaultModule ] ++ extraModules ++ modules;
      };
    in
    evaluated // { inherit (evaluated.config._module.args) pkgs; lib = real; extraArgs = { }; };
  base = args: { config, ... }: {
    _file = "stub NixOS";
    options.networking.hostName = real.mkOption { type = types.str; default = "nixos"; };
    options.networking.domain = real.mkOption { type = types.nullOr types.str; default = null; };
    options.services = builtins.mapAttrs (_: o: builtins.mapAttrs (_: d: real.mkOption { type = types.path; default = d; }) o) {
      caddy.dataDir = "/var/lib/caddy"; forgejo.stateDir = "/var/lib/forgejo"; gitea.stateDir = "/var/lib/gitea"; grafana.dataDir = "/var/lib/grafana";
      home-assistant.configDir = "/var/lib/hass"; immich.mediaLocation = "/var/lib/immich"; nextcloud.home = "/var/lib/nextcloud";
      paperless.dataDir = "/var/lib/paperless"; pocket-id.dataDir = "/var/lib/pocket-id";
    };
    options.system.name = real.mkOption { type = types.str; default = config.networking.hostName; };
    options.nixpkgs.overlays = real.mkOption { type = types.listOf types.raw; default = [ ]; };
    imports = if reads == null then [ { freeformType = types.lazyAttrsOf free; } ] else [ {
      # Only what the workspace reads: a free-form rest is stricter than NixOS.
      config._module.check = false;
      options = real.foldl' real.recursiveUpdate { } (map (path: real.setAttrByPath path (real.mkOption { type = free; default = { }; })) reads);
    } ];
    config._module.args = {
      pkgs = if args.pkgs or null != null then args.pkgs else makePkgs (
        let s = args.system or null; p = config.nixpkgs.hostPlatform or config.nixpkgs.system or system; in
        if s != null then s else if builtins.isAttrs p then p.system else p) config.nixpkgs.overlays;
      utils = { escapeSystemdPath = s: builtins.replaceStrings [ "/" ] [ "-" ] s; };
    } // (args.extraArgs or { });
  };

  libWith = real.extend (_: _: { inherit nixosSystem; });
  nixpkgs = {
    _type = "flake"; outPath = nixpkgsPath; lib = libWith; sourceInfo = { }; rev = "0000000"; shortRev = "0000000"; lastModifiedDate = "20260101000000"; narHash = "";
    legacyPackages = real.genAttrs [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" "i686-linux" "armv7l-linux" "riscv64-linux" ] (s: makePkgs s [ ]);
    nixosModules = { notDetected = { }; readOnlyPkgs = { }; };
    inputs = { };
  };
  microvmFlake = {
    _type = "flake"; outPath = microvm; rev = "0000000"; inputs = { inherit nixpkgs; };
    nixosModules = { microvm = microvm + "/nixos-modules/microvm"; host = microvm + "/nixos-modules/host"; microvm-options = microvm + "/nixos-modules/microvm/options.nix"; };
    nixosModule = microvm + "/nixos-modules/microvm";
    lib = import (microvm + "/lib") { lib = real; };
    overlay = _: _: { }; overlays.default = _: _: { };
    packages = real.genAttrs [ "x86_64-linux" "aarch64-linux" ] (_: { microvm = package "microvm"; });
  };

  # A flake by its folder, with the inputs given.
  callFlake = path: given:
    let
      file = import (path + "/flake.nix");
      outputs = file.outputs (given // { inherit self; });
      self = outputs // { inherit outputs; outPath = toString path; inputs = given // { inherit self; }; sourceInfo = { outPath = toString path; }; _type = "flake"; rev = "0000000"; shortRev = "0000000"; lastModified = 0; lastModifiedDate = "20260101000000"; narHash = ""; };
    in
    self;

  # What flake-utils has gained since.
  newerFlakeUtils = flake: flake // { lib = {
    eachSystemPassThrough = systems: f: real.foldl' (all: s: all // f s) { } systems;
    eachDefaultSystemPassThrough = f: real.foldl' (all: s: all // f s) { } flake.lib.defaultSystems;
  } // flake.lib; };

  # An input that is not here: modules that set nothing, libraries and packages by the names that the workspace uses.
  stubInput = name: names:
    let
      empty = { };
      module = n: { _file = "stub module ${n}"; };
      overlay = _: _: { };
      perSystem = builtins.listToAttrs (map (s: { name = s; value = builtins.listToAttrs (map (n: { name = n; value = package n; }) ([ "default" ] ++ names)); }) [ "x86_64-linux" "aarch64-linux" ]);
      set = f: builtins.listToAttrs (map (n: { name = n; value = f n; }) ([ "default" name ] ++ names));
    in
    {
      _type = "flake"; outPath = stubs + "/empty"; inputs = { }; rev = "0000000"; shortRev = "0000000"; lastModifiedDate = "20260101000000"; narHash = "";
      nixosModules = set module; nixosModule = { }; homeManagerModules = set module; homeModules = set module; darwinModules = set module; flakeModules = set module; flakeModule = { };
      modules = { nixos = set module; homeManager = set module; }; hmModules = set module;
      overlays = set (_: overlay); overlay = overlay; packages = perSystem; legacyPackages = perSystem; apps = perSystem; lib = { }; defaultPackage = perSystem;
    };

  field = guest: volume: name: let r = builtins.tryEval (builtins.deepSeq volume.${name} volume.${name}); in if r.success then { value = r.value; } else { missing = true; };
  volume = v: builtins.listToAttrs (map (name: { inherit name; value = field null v name; })
    (builtins.filter (n: v ? ${n}) [ "image" "size" "mountPoint" "fsType" "label" "autoCreate" "readOnly" "serial" "direct" "imageType" "mkfsExtraArgs" ]));
  guest = config: {
    hostName = config.networking.hostName;
    hypervisor = config.microvm.hypervisor;
    writableStoreOverlay = config.microvm.writableStoreOverlay;
    storeOnDisk = let r = builtins.tryEval config.microvm.storeOnDisk; in
      # The judge's own store is not where a guest expects it.
      if r.success then r.value && !(builtins.any (s: s.source == builtins.storeDir) config.microvm.shares) else null;
    volumes = map volume config.microvm.volumes;
  };

  # What an edit of a guest or of its host may change. Attributes of the free-form rest that Nix can evaluate alone.
  safe = v: let r = builtins.tryEval (builtins.deepSeq v v); in if r.success then r.value else "throws";
  effects = config: guest config // {
    preStart = safe (config.microvm.preStart or "");
    fileSystems = builtins.mapAttrs (_: safe) (config.fileSystems or { });
    optimise = safe [ (config.nix.optimise.automatic or null) (config.nix.settings.auto-optimise-store or null) ];
  };
  hostEffects = config:
    let services = config.systemd.services or { }; in {
      names = builtins.attrNames services;
      services = builtins.mapAttrs (_: safe) (real.filterAttrs (name: _: real.hasPrefix "microvm-clean-" name) services);
    };
  flake = callFlake repo (inputs { inherit nixpkgs microvmFlake callFlake stubInput newerFlakeUtils real; root = flake; });
  guestModules = config: (config.microvm or { }) ? hypervisor && (config.microvm.guest.enable or true);
  hostModules = config: (config.microvm or { }) ? vms;
  # The guest of a runner (see runnerModule in compare-with-nix.mjs), or of a program in one.
  runnerOf = offer:
    let
      place = if offer ? program then offer.program else offer.outPath or "";
      found = builtins.match ".*-runner\\?(.*)\\?.*" (builtins.unsafeDiscardStringContext (toString place));
    in
    if found == null then null else builtins.fromJSON (builtins.head found);
  offersIn = output: system: (flake.${output} or { }).${system} or { };
  configurationOf = vm: name:
    if vm.flake != null then vm.flake.nixosConfigurations.${name}.config
    else if vm.evaluatedConfig != null then vm.evaluatedConfig.config
    else vm.config.config;
in
{
  evalConfig = nixosSystem;
  importPkgs = args: makePkgs (args.system or args.localSystem.system or system) (args.overlays or [ ]);
  names = builtins.attrNames (flake.nixosConfigurations or { });
  kind = name: let inherit (flake.nixosConfigurations.${name}) config; in {
    guest = guestModules config;
    vms = if hostModules config then builtins.attrNames config.microvm.vms else [ ];
    stateDir = if hostModules config then config.microvm.stateDir else null;
  };
  offers = output: system: builtins.attrNames (offersIn output system);
  offer = output: system: name: runnerOf (offersIn output system).${name};
  guestJSON = config: builtins.toJSON (guest config);
  own = name: guest flake.nixosConfigurations.${name}.config;
  ownEffects = name: effects flake.nixosConfigurations.${name}.config;
  vmEffects = host: name: effects (configurationOf flake.nixosConfigurations.${host}.config.microvm.vms.${name} name);
  hostEffects = name: hostEffects flake.nixosConfigurations.${name}.config;
  vm = host: name: guest (configurationOf flake.nixosConfigurations.${host}.config.microvm.vms.${name} name);
}
