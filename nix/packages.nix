# The packages, from nixpkgs alone. What a build needs of npm is fetched by the lock file into one folder with a fixed hash
# (node-modules.json, written by scripts/package/node-modules.mjs), so that the build itself has no network.
{ pkgs }:
let
  inherit (pkgs) lib;
  manifest = lib.importJSON ../package.json;
  modules = lib.importJSON ./node-modules.json;
  inherit (pkgs.stdenv.hostPlatform) system;

  # esbuild's own program, by the names that npm gives to systems.
  esbuild =
    {
      x86_64-linux = "linux-x64";
      aarch64-linux = "linux-arm64";
      x86_64-darwin = "darwin-x64";
      aarch64-darwin = "darwin-arm64";
    }
    .${system};
  packageFolders = builtins.attrNames modules.packages ++ [ "@esbuild/${esbuild}" ];

  nodeModules = pkgs.stdenvNoCC.mkDerivation {
    pname = "microvm-lens-node-modules";
    inherit (manifest) version;
    src = lib.fileset.toSource {
      root = ../.;
      fileset = lib.fileset.unions [
        ../package.json
        ../package-lock.json
        ../.npmrc
      ];
    };
    nativeBuildInputs = [ pkgs.nodejs ];
    SSL_CERT_FILE = "${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt";
    impureEnvVars = lib.fetchers.proxyImpureEnvVars;
    buildPhase = ''
      export HOME=$TMPDIR
      npm ci --ignore-scripts --no-audit --no-fund
    '';
    installPhase = ''
      for folder in ${lib.escapeShellArgs packageFolders}; do
        mkdir -p "$out/node_modules/$(dirname "$folder")"
        cp -r "node_modules/$folder" "$out/node_modules/$folder"
      done
    '';
    dontFixup = true;
    outputHashMode = "recursive";
    outputHash = modules.hashes.${system};
  };

  source = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../client
      ../server
      ../scripts
      ../syntaxes
      ../l10n
      ../media
      ../docs
      ./options.json
      ../package.json
      ../package.nls.json
      ../package.nls.zh-cn.json
      ../README.md
      ../CHANGELOG.md
      ../LICENSE
      ../THIRD-PARTY-NOTICES.txt
    ];
  };

  build =
    attributes:
    pkgs.stdenvNoCC.mkDerivation (
      {
        inherit (manifest) version;
        src = source;
        nativeBuildInputs = [
          pkgs.nodejs
          pkgs.makeWrapper
        ];
        buildPhase = ''
          runHook preBuild
          ln -s ${nodeModules}/node_modules node_modules
          node scripts/build.mjs
          runHook postBuild
        '';
        meta = {
          inherit (manifest) description homepage;
          license = lib.licenses.mit;
          mainProgram = "microvm-lens";
          platforms = builtins.attrNames modules.hashes;
        };
      }
      // attributes
    );
in
{
  # The bundles need Node and nothing else: the packages that they were made from do not go along.
  microvm-lens = build {
    pname = "microvm-lens";
    installPhase = ''
      runHook preInstall
      mkdir -p $out/bin $out/lib/microvm-lens $out/share/doc/microvm-lens
      cp dist/*.cjs dist/*.wasm $out/lib/microvm-lens/
      rm $out/lib/microvm-lens/extension.cjs $out/lib/microvm-lens/server.cjs
      cp README.md CHANGELOG.md LICENSE THIRD-PARTY-NOTICES.txt $out/share/doc/microvm-lens/
      makeWrapper ${lib.getExe pkgs.nodejs} $out/bin/microvm-lens --add-flags $out/lib/microvm-lens/microvm-lens.cjs
      runHook postInstall
    '';
  };

  # Where vscode-with-extensions and Home Manager look for extensions.
  vscode-extension = build {
    pname = "vscode-extension-microvm-lens";
    installPhase = ''
      runHook preInstall
      target=$out/share/vscode/extensions/${manifest.publisher}.${manifest.name}
      mkdir -p $target/dist $target/media $target/docs
      cp dist/*.cjs dist/*.wasm $target/dist/
      cp media/icon.png media/activity.svg $target/media/
      cp -r media/walkthrough $target/media/
      cp -r docs/rules $target/docs/
      cp -r l10n syntaxes package.json package.nls*.json $target/
      cp README.md CHANGELOG.md LICENSE THIRD-PARTY-NOTICES.txt $target/
      runHook postInstall
    '';
    passthru = {
      vscodeExtPublisher = manifest.publisher;
      vscodeExtName = manifest.name;
      vscodeExtUniqueId = "${manifest.publisher}.${manifest.name}";
    };
  };
}
