# What real Nix says of configurations of microvm.nix: its own modules, nixpkgs' lib, and stand-ins for NixOS.
# Run by record.mjs.
{
  lib,
  microvm,
  cases,
}:
let
  nixpkgs = import lib;
  inherit (nixpkgs) mkOption types;

  package = name: {
    type = "derivation";
    inherit name;
    version = "60.0";
    outPath = "/nix/store/00000000000000000000000000000000-${name}";
    out = package name;
    dev = package name;
    override = _: package name;
    overrideAttrs = change: package name // { changed = change (package name // { buildInputs = [ ]; }); };
    configureFlags = [ ];
    meta.mainProgram = name;
  };
  platform = {
    system = "x86_64-linux";
    isLinux = true;
    isDarwin = false;
    isAarch64 = false;
    linux-kernel.target = "bzImage";
  };
  pkgs =
    nixpkgs.genAttrs [
      "crosvm" "alioth" "cloud-hypervisor" "cloud-hypervisor-graphics" "firecracker" "kvmtool" "stratovirt" "vfkit"
      "qemu" "qemu_kvm" "virtiofsd" "socat" "curl" "util-linux" "jq" "netcat" "expect" "OVMF" "iproute2" "coreutils-full"
      "libusb1" "kmod" "coreutils"
    ] package
    // {
      _type = "pkgs";
      inherit (platform) system;
      lib = nixpkgs;
      stdenv = {
        hostPlatform = platform;
        targetPlatform = platform;
      };
      buildPackages = pkgs;
      path = /nixpkgs;
      writeText = name: text: builtins.seq "${text}" (package name);
      writeShellScript = name: text: builtins.seq "${text}" (package name);
      writeShellScriptBin = name: text: builtins.seq "${text}" (package name);
      writers.writeJSON = name: value: builtins.seq (builtins.toJSON value) (package name);
      runCommand = name: _: text: builtins.seq "${text}" (package name);
      runCommandLocal = name: _: text: builtins.seq "${text}" (package name);
      closureInfo = _: package "closure";
    };

  anything = default: mkOption { type = types.lazyAttrsOf types.raw; inherit default; };
  surroundings = {
    options = {
      assertions = mkOption { type = types.listOf types.raw; default = [ ]; };
      warnings = mkOption { type = types.listOf types.raw; default = [ ]; };
      networking.hostName = mkOption { type = types.str; };
      nix.optimise.automatic = mkOption { type = types.bool; default = false; };
      nix.enable = mkOption { default = true; };
      nix.settings = anything { auto-optimise-store = false; };
      boot = anything { kernelPackages.kernel = package "linux"; kernelParams = [ ]; };
      system = anything { build.toplevel = package "toplevel"; build.initialRamdisk = package "initrd"; boot.loader.initrdFile = "initrd"; };
      services = anything { openssh.enable = false; };
      security = anything { virtualisation.flushL1DataCache = "never"; };
    };
    config._module.args = {
      inherit pkgs;
      modulesPath = "";
    };
  };

  fromMicrovm = {
    guest = map (file: microvm + "/nixos-modules/microvm/${file}.nix") [ "options" "asserts" "vsock-ssh" ];
    host = [ (microvm + "/nixos-modules/host/options.nix") ];
  };

  # What the runner of the hypervisor makes of it: the command that is started.
  commandOf =
    config:
    let
      inherit (config.microvm) hypervisor;
      helpers = import (microvm + "/lib") { lib = nixpkgs; };
      microvmConfig = config.microvm // {
        inherit (config.networking) hostName;
        storeDisk = package "store-disk";
      };
      made = import (microvm + "/lib/runners/${hypervisor}.nix") {
        inherit pkgs microvmConfig;
        inherit (helpers) withDriveLetters extractOptValues extractParamValue;
        inherit (helpers.makeMacvtap { inherit microvmConfig; hypervisorConfig = made; }) macvtapFds;
        linuxTarget = "bzImage";
      };
    in
    "${made.command}${made.preStart or ""}";

  succeeds = value: (builtins.tryEval (builtins.deepSeq value true)).success;

  # The value of each option that the configuration gives, one by one.
  optionsHold =
    options: config:
    builtins.all (
      name:
      let
        option = options.${name};
        value = config.${name};
      in
      if (option._type or "") == "option" then
        (option.highestPrio < 1500) -> succeeds (whole name value)
      else
        optionsHold option value
    ) (builtins.attrNames (builtins.removeAttrs options [ "_module" "runner" "declaredRunner" ]));

  # What is asked for only with other settings is left out where those are not there.
  whole =
    name: value:
    if name == "interfaces" && builtins.isList value then
      map (i: if i.type == "macvtap" then i else builtins.removeAttrs i [ "macvtap" ]) value
    else if name == "volumes" && builtins.isList value then
      map (v: if v.autoCreate then v else builtins.removeAttrs v [ "size" ]) value
    else if name == "vms" && builtins.isAttrs value then
      builtins.mapAttrs (_: vm: builtins.removeAttrs vm [ "pkgs" "nixpkgs" "config" ]) value
    else
      value;

  judge =
    { id, side, file }:
    let
      system = nixpkgs.evalModules {
        modules = [ surroundings file ] ++ fromMicrovm.${side};
      };
      inherit (system) config options;
      declared = succeeds (builtins.seq config.microvm true);
      values = optionsHold options.microvm config.microvm;
      asserts = succeeds (map ({ assertion, ... }: if assertion then true else throw "assertion") config.assertions);
      runs = side != "guest" || succeeds (commandOf config);
    in
    {
      name = id;
      value = !(declared && values && asserts && runs);
    };
in
builtins.listToAttrs (map judge (builtins.fromJSON (builtins.readFile cases)))
