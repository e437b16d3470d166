# For pkgs/by-name/mi/microvm-lens/package.nix of nixpkgs. The two hashes are those of the release that is packaged:
# `nix-build` says what they are.
{
  lib,
  buildNpmPackage,
  fetchFromGitHub,
  nodejs,
  versionCheckHook,
}:

buildNpmPackage (finalAttrs: {
  pname = "microvm-lens";
  version = "1.0.0";

  src = fetchFromGitHub {
    owner = "microvm-lens";
    repo = "microvm-lens";
    tag = "v${finalAttrs.version}";
    hash = lib.fakeHash;
  };

  inherit nodejs;
  npmDepsHash = lib.fakeHash;
  # esbuild brings its program as a package of its own; nothing else has to be built natively.
  npmFlags = [ "--ignore-scripts" ];
  npmBuildScript = "build";

  nativeInstallCheckInputs = [ versionCheckHook ];
  doInstallCheck = true;

  meta = {
    description = "Sees what microvm.nix declares and what is on disk, and says what the next start will do";
    homepage = "https://github.com/microvm-lens/microvm-lens";
    changelog = "https://github.com/microvm-lens/microvm-lens/blob/v${finalAttrs.version}/CHANGELOG.md";
    license = lib.licenses.mit;
    mainProgram = "microvm-lens";
    platforms = lib.platforms.unix;
  };
})
