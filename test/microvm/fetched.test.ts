import { describe, expect, test } from "vitest";
import { declared, guestOf, volumesOf } from "./workspace.ts";

/** A host without a flake, whose microvm.nix is this expression. */
const host = (source: string, files: Readonly<Record<string, string>> = {}) =>
  declared({
    "configuration.nix": `{ lib, ... }: let source = ${source}; in {
      imports = [ (source + "/nixos-modules/host") ];
      microvm.vms.web.config.microvm.volumes = [ { image = "a.img"; size = 8; mountPoint = "/var"; } ];
    }`,
    ...files,
  });
const archive = "https://github.com/microvm-nix/microvm.nix/archive/0123456789abcdef0123456789abcdef01234567.tar.gz";
const volumes = [{ image: "a.img", size: 8, mountPoint: "/var", fsType: "ext4" }];

describe("microvm.nix fetched by its address", () => {
  test.each([
    ["fetchTarball", `fetchTarball "${archive}"`],
    ["fetchTarball with its hash", `builtins.fetchTarball { url = "${archive}"; sha256 = "0"; }`],
    ["of a fork", 'fetchTarball "https://codeberg.org/me/microvm.nix/archive/main.tar.gz"'],
    ["fetchGit", 'builtins.fetchGit { url = "https://github.com/astro/microvm.nix.git"; ref = "main"; }'],
    ["fetchTree", 'builtins.fetchTree { type = "github"; owner = "astro"; repo = "microvm.nix"; rev = "0"; }'],
    ["fetchTree of a reference", 'builtins.fetchTree "github:astro/microvm.nix"'],
    ["getFlake", 'builtins.getFlake "github:astro/microvm.nix"'],
  ])("%s", async (_, source) => {
    const found = await host(source);
    expect(volumesOf(guestOf(found, "web"))).toEqual(volumes);
    expect(guestOf(found, "web").volumesOpen).toBeNull();
  });

  test("the outputs of a flake fetched by reference", async () => {
    const found = await declared({
      "configuration.nix": `{ imports = [ (builtins.getFlake "github:astro/microvm.nix").nixosModules.host ];
        microvm.vms.web.config.microvm.volumes = [ { image = "a.img"; size = 8; mountPoint = "/var"; } ]; }`,
    });
    expect(volumesOf(guestOf(found, "web"))).toEqual(volumes);
  });

  test("pinned by npins, which may be told by a variable to take something else", async () => {
    const found = await host("(import ./npins).microvm", {
      "npins/sources.json": JSON.stringify({ pins: { microvm: { type: "Git", url: archive, hash: "0" } }, version: 5 }),
      "npins/default.nix": `let
        data = builtins.fromJSON (builtins.readFile ./sources.json);
        mayOverride = name: path: let here = builtins.getEnv "NPINS_OVERRIDE_\${name}"; in if here == "" then path else here;
        make = name: spec: spec // { outPath = mayOverride name (builtins.fetchTarball { inherit (spec) url; sha256 = spec.hash; }); };
      in builtins.mapAttrs make data.pins`,
    });
    expect(volumesOf(guestOf(found, "web"))).toEqual(volumes);
  });

  test("pinned by niv, which asks for the version of Nix", async () => {
    const found = await host("(import ./nix/sources.nix).microvm", {
      "nix/sources.json": JSON.stringify({ microvm: { type: "tarball", url: archive, sha256: "0" } }),
      "nix/sources.nix": `builtins.mapAttrs (name: spec: spec // { outPath =
        if builtins.lessThan builtins.nixVersion "1.12" then builtins.fetchTarball { inherit (spec) url; } else builtins.fetchTarball { inherit (spec) url sha256; }; })
        (builtins.fromJSON (builtins.readFile ./sources.json))`,
    });
    expect(volumesOf(guestOf(found, "web"))).toEqual(volumes);
  });

  test("a path into what was fetched is no path of this machine", async () => {
    const found = await declared({
      "configuration.nix": `let source = fetchTarball "${archive}"; in { imports = [ "\${source}/nixos-modules/host" ];
        microvm.vms.web.config.microvm.volumes = [ { image = "\${source}/a.img"; size = 8; mountPoint = "/var"; } ]; }`,
    });
    expect(guestOf(found, "web").volumes[0]?.image.state).toBe("unknown");
  });

  test("nixpkgs and its systems", async () => {
    const found = await declared({
      "configuration.nix": `let nixpkgs = fetchTarball "https://github.com/NixOS/nixpkgs/archive/nixos-unstable.tar.gz"; pkgs = import nixpkgs { }; in {
        imports = [ ((fetchTarball "${archive}") + "/nixos-modules/host") "\${nixpkgs}/nixos/modules/profiles/minimal.nix" ];
        microvm.vms.web.config.microvm.volumes = [ { image = "a.img"; size = pkgs.lib.max 8 2; mountPoint = "/var"; } ]; }`,
    });
    expect(volumesOf(guestOf(found, "web"))).toEqual(volumes);
    expect(guestOf(found, "web").volumesOpen).toBeNull();
  });

  test("modules of another source: a well-known one sets no option of microvm.nix, any other may", async () => {
    const with_ = (url: string) =>
      declared({
        "configuration.nix": `{ imports = [ "\${fetchTarball "${archive}"}/nixos-modules/host" ];
          microvm.vms.web.config = { imports = [ "\${fetchTarball "${url}"}/module.nix" ]; microvm.volumes = [ { image = "a.img"; size = 8; mountPoint = "/var"; } ]; }; }`,
      });
    const known = await with_("https://github.com/nix-community/disko/archive/master.tar.gz");
    expect(guestOf(known, "web").volumesOpen).toBeNull();
    const other = await with_("https://github.com/somebody/something/archive/master.tar.gz");
    expect(guestOf(other, "web").volumesOpen).not.toBeNull();
    const secret = await with_("https://git.home.example/me/secrets.tar.gz");
    expect(guestOf(secret, "web").volumesOpen).not.toBeNull();
  });
});
