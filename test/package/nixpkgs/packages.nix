# The packages and builders that our flake uses. `mkDerivation` runs our phases with the machine's own tools, so that the
# packages are really built where Nix may build (test/package/flake.judge.test.ts); the other packages are names only.
{ lib, system }:
let
  tools = "/usr/local/bin:/usr/bin:/bin";
  derive =
    {
      name,
      script ? "exit 1",
      ...
    }@attributes:
    builtins.derivation (
      {
        inherit system;
        builder = "/bin/bash";
        args = [
          "-euo"
          "pipefail"
          "-c"
          # The shell stays until the end: Nix ends a builder whose output is closed, as programs do before they exit.
          (script + "\n:")
        ];
        PATH = tools;
      }
      // builtins.removeAttrs attributes [ "script" ]
    );
  program =
    name: mainProgram:
    derive {
      inherit name;
      script = "mkdir -p $out/bin; ln -s \"$(command -v ${mainProgram} || echo missing)\" $out/bin/${mainProgram}";
    }
    // {
      meta = { inherit mainProgram; };
    };
  # makeWrapper as nixpkgs has it, as far as we use it.
  setup = ''
    runHook() { :; }
    makeWrapper() { printf '#!/bin/sh\nexec node "%s" "$@"\n' "$4" > "$2"; chmod +x "$2"; }
  '';
  # The one thing that is fetched: taken from the folder that the test names, and held against our hash by Nix.
  fetched = ''
    cd "$(cat ${toString ./node-modules-from})"
    eval "$installPhase"
  '';
  mkDerivation =
    { pname, version, ... }@asked:
    let
      isFixed = asked ? outputHash;
      plain = builtins.removeAttrs asked [
        "meta"
        "passthru"
        "impureEnvVars"
        "dontFixup"
        "SSL_CERT_FILE"
        "nativeBuildInputs"
      ];
    in
    derive (
      plain
      // {
        name = "${pname}-${version}";
        script =
          if isFixed then
            setup + fetched
          else
            setup
            + ''
              cp -r --no-preserve=mode "$src" source
              cd source
              eval "$buildPhase"
              eval "$installPhase"
            '';
      }
    )
    // {
      inherit pname;
      meta = asked.meta or { };
    }
    // (asked.passthru or { });
in
lib.genAttrs [
  "shellcheck"
  "e2fsprogs"
  "xfsprogs"
  "btrfs-progs"
  "dosfstools"
  "qemu-utils"
  "makeWrapper"
  "cacert"
  "nixfmt-tree"
] (name: program name name)
// {
  inherit lib;
  nodejs = program "nodejs" "node";
  stdenv.hostPlatform = { inherit system; };
  stdenvNoCC = { inherit mkDerivation; };
  mkShell =
    { packages }:
    derive {
      name = "shell";
      inherit packages;
    };
  runCommand =
    name: attributes: script:
    derive (attributes // { inherit name script; });
}
