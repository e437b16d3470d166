# A host with services.microvm-lens: what its configuration becomes. `asked` is JSON: what is set of the module, the guests by
# name with what they set below `microvm` and in `fileSystems`, commands that others run before them, and in `own` guests that
# are deployed on their own, with nix/guest.nix: `old` where their microvm.nix has no binScripts.
{
  repository,
  lens,
  asked,
  nixpkgs ? null,
  microvm ? null,
}:
let
  real = nixpkgs != null;
  lib = if real then import "${nixpkgs}/lib" else import ./lib.nix;
  wanted = builtins.fromJSON asked;
  system = "x86_64-linux";
  tool = name: {
    outPath = "/usr";
    pname = name;
    meta.mainProgram = name;
  };
  write = name: text: builtins.toFile name (builtins.unsafeDiscardStringContext text);
  pkgs = {
    inherit lib;
    coreutils = tool "coreutils";
    e2fsprogs = tool "e2fsprogs";
    xfsprogs = tool "xfsprogs";
    btrfs-progs = tool "btrfs-progs";
    util-linux = tool "util-linux";
    systemd = tool "systemd";
    writeText = write;
    writeShellScript = name: text: write name ("#!/bin/sh\n" + text);
    stdenv.hostPlatform = {
      inherit system;
      isLinux = true;
    };
  };
  module = import "${repository}/nix/nixos.nix" {
    packagesFor = _pkgs: {
      microvm-lens = {
        type = "derivation";
        name = "microvm-lens";
        outPath = lens;
        meta.mainProgram = "microvm-lens";
      };
    };
  };
  guestModule = import "${repository}/nix/guest.nix";

  # With the stand-in: what microvm.nix's own modules make of a guest (mounts.nix), for labels and letters.
  volumeDefaults = {
    autoCreate = true;
    fsType = "ext4";
    mountPoint = null;
  };
  guestBy =
    given:
    let
      set = {
        microvm = {
          hypervisor = "qemu";
          storeOnDisk = true;
          preStart = "";
          shares = [ ];
        }
        // given.microvm
        // {
          volumes = map (volume: volumeDefaults // volume) given.microvm.volumes;
        };
      };
      letters = lib.splitString " " "b c d e f g";
      own = builtins.listToAttrs (
        builtins.concatMap (
          index:
          let
            volume = builtins.elemAt set.microvm.volumes index;
          in
          lib.optional (volume.mountPoint != null) {
            name = volume.mountPoint;
            value = {
              inherit (volume) fsType;
              device = if volume ? label then "/dev/disk/by-label/${volume.label}" else "/dev/vd${builtins.elemAt letters index}";
              options = [ "defaults" ];
            };
          }
        ) (builtins.genList (index: index) (builtins.length set.microvm.volumes))
      );
      made = lib.merged (guestModule {
        config = whole;
        options.microvm = if given.old or false then { } else { binScripts = { }; };
        inherit lib;
      }).config;
      more = if given.grows or false then made.fileSystems else { };
      whole = set // {
        networking.hostName = "guest";
        microvm = set.microvm // { binScripts = made.microvm.binScripts or { }; };
        environment = made.environment or { };
        fileSystems = lib.recursiveUpdate (lib.recursiveUpdate own more) (given.fileSystems or { });
      };
    in
    whole;

  guestReal = import ./guest.nix { inherit lib microvm pkgs guestModule; };

  vms = builtins.mapAttrs (_: given: {
    evaluatedConfig.config = if real then guestReal given else guestBy given;
  }) wanted.guests;

  runners = builtins.mapAttrs (
    _: given:
    let
      made = (if real then guestReal else guestBy) (given // { grows = true; });
    in
    {
      scripts = made.microvm.binScripts or { };
      etc = builtins.mapAttrs (_: entry: entry.text) (made.environment.etc or { });
    }
  ) (wanted.own or { });

  base = {
    networking.hostName = "atlas";
    systemd.services = wanted.services or { };
    fileSystems = builtins.listToAttrs (
      map (name: {
        inherit name;
        value.device = "none";
      }) (wanted.mounts or [ ])
    );
    microvm = {
      stateDir = wanted.stateDir or "/var/lib/microvms";
      inherit vms;
    };
  };
  plain =
    let
      made = module {
        inherit lib pkgs;
        config = lib.recursiveUpdate base {
          services.microvm-lens = lib.configOf made.options.services.microvm-lens wanted.lens;
        };
      };
    in
    lib.merged made.config;
  config =
    if real then import ./nixos.nix { inherit lib pkgs module base; asked = wanted.lens; } else plain;
in
{
  inherit runners;
  etc = builtins.mapAttrs (_: entry: builtins.readFile entry.source) (config.environment.etc or { });
  services = config.systemd.services or { };
  scripts = builtins.mapAttrs (
    _: service:
    let
      words = service.serviceConfig.ExecStart or "";
    in
    if builtins.isString words && lib.hasPrefix "/" words && builtins.pathExists words then builtins.readFile words else null
  ) (config.systemd.services or { });
  checks = config.system.preSwitchChecks or { };
  warnings = config.warnings or [ ];
  failed = map (each: each.message) (builtins.filter (each: !each.assertion) (config.assertions or [ ]));
}
