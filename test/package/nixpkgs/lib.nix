# The functions of nixpkgs' lib that our flake uses, as small as they can be and with the same results.
let
  lib = {
    genAttrs =
      names: f:
      builtins.listToAttrs (
        map (name: {
          inherit name;
          value = f name;
        }) names
      );
    getExe = package: "${package}/bin/${package.meta.mainProgram or package.pname}";
    importJSON = path: builtins.fromJSON (builtins.readFile path);
    escapeShellArgs = names: builtins.concatStringsSep " " (map (name: "'${name}'") names);
    fetchers.proxyImpureEnvVars = [ ];
    # Only that every part exists is looked at, as fileset does; the source is the whole folder.
    fileset = {
      unions = parts: parts;
      toSource =
        { root, fileset }:
        assert builtins.all (part: builtins.pathExists part || throw "${toString part} does not exist") fileset;
        root;
    };
    licenses.mit = {
      spdxId = "MIT";
    };
    # Modules are only looked at, not merged: test/package asks for what they define.
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    mkOption = option: option // { _type = "option"; };
    mkEnableOption =
      what:
      lib.mkOption {
        default = false;
        description = "Whether to enable ${what}.";
      };
    literalExpression = text: { inherit text; };
    types.package = "package";
  };
in
lib
