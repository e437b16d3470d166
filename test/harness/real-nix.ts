import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Real Nix, asked about files in one folder. Throws with Nix's own words when it fails. */
export function nixInstantiate(args: readonly string[], cwd: string): string {
  return execFileSync("nix-instantiate", args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      NIX_PATH: "",
      NIX_STATE_DIR: join(cwd, ".nix-state"),
      NIX_STORE_DIR: join(cwd, ".nix-store"),
      XDG_CACHE_HOME: cwd,
    },
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** Nix's complaint about a file, or null when it parses. */
export function parseComplaint(file: string, cwd: string): string | null {
  const result = spawnSync("nix-instantiate", ["--parse", file], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NIX_PATH: "" },
  });
  return result.status === 0 ? null : result.stderr;
}

/**
 * What the flake in a folder gives as `nixosConfigurations`, evaluated by real Nix with stand-ins for nixpkgs and
 * microvm.nix: modules are merged as far as fixtures need it (sets deeply, lists and lines one after the other), and
 * `microvm.vms.<name>.config` is evaluated as a guest. `tools` is the path that stands for every package.
 */
export function evaluateFlake(folder: string, tools = "/store"): Record<string, unknown> {
  writeFileSync(join(folder, "judge.nix"), judge);
  const out = nixInstantiate(["--eval", "--strict", "--json", "judge.nix", "--argstr", "tools", tools], folder);
  return JSON.parse(out) as Record<string, unknown>;
}

const judge = `{ tools }:
let
  inherit (builtins) attrNames concatLists elem foldl' isAttrs isFunction isList isPath isString listToAttrs map mapAttrs;
  pkgs = { coreutils = tools; systemd = tools; util-linux = tools; e2fsprogs = tools; };
  lib = {
    mkDefault = x: x; mkForce = x: x; mkBefore = x: x; mkAfter = x: x;
    mkIf = c: x: if c then x else { };
    mkMerge = foldl' merge { };
    concatMap = f: list: concatLists (map f list);
    optional = c: x: if c then [ x ] else [ ];
    optionals = c: x: if c then x else [ ];
    nixosSystem = args: { config = system (args.specialArgs or { }) args.modules; };
    genAttrs = names: f: listToAttrs (map (name: { inherit name; value = f name; }) names);
  };
  merge = a: b:
    if isAttrs a && isAttrs b then
      a // mapAttrs (name: value: if a ? \${name} then merge a.\${name} value else value) b
    else if isList a && isList b then a ++ b
    else if isString a && isString b && a != b then a + "\\n" + b
    else b;
  system = special: modules:
    let
      load = module:
        let
          value = if isPath module || isString module then import module else module;
          set = if isFunction value then value ({ inherit config lib pkgs; } // special) else value;
          own = if set ? config then set.config else removeAttrs set [ "imports" "options" "_file" ];
        in
        foldl' merge own (map load (set.imports or [ ]));
      defined = foldl' merge { } (map load modules);
      asHost = if defined ? microvm.vms then { microvm.vms = mapAttrs (name: _: { config.config = guests.\${name}; }) defined.microvm.vms; } else { };
      config = merge {
        microvm = { vmHostPackages = pkgs; stateDir = "/var/lib/microvms"; writableStoreOverlay = null; };
        networking.hostName = "nixos";
      } (defined // (if defined ? microvm.vms then { microvm = defined.microvm // asHost.microvm; } else { }));
      guests = mapAttrs (name: vm: if vm ? config then system (vm.specialArgs or { }) [ vm.config ] else vm) (defined.microvm.vms or { });
    in
    if defined ? microvm.vms then defined // { microvm = defined.microvm // { vms = guests; }; } else defined;
  removeAttrs = builtins.removeAttrs;
  flake = import ./flake.nix;
  stand-in = { nixosModules = { microvm = { }; host = { }; default = { }; }; };
  outputs = flake.outputs (mapAttrs (_: _: { }) (flake.inputs or { }) // {
    self = outputs;
    nixpkgs = { inherit lib; legacyPackages.x86_64-linux = pkgs; };
    microvm = stand-in;
    more = {
      x = true; y = true; condition = true; create = true; readOnly = false; resize = true; format = true; storeOnDisk = true;
      image = "more.img"; place = "/more"; fsType = "ext4"; hypervisor = "qemu"; preStart = ""; script = ""; size = 512;
      args = [ ]; volumes = [ ]; unit = { };
    };
  });
in
mapAttrs (_: machine: machine.config) outputs.nixosConfigurations
`;
