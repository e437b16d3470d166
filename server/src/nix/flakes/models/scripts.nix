lib: textFile: pkgs: unknown:
let
  here = name: text: textFile { inherit name text; below = ""; main = name; };
  program = name: text: textFile { inherit name text; below = "/bin/${name}"; main = name; };
  runtimeShell = "${pkgs.bash}/bin/bash";
  shell = text: "#!${runtimeShell}\n${text}\n";
  # A path as the script's content, or arguments for a wrapper around it.
  written = write: interpreter: name: content:
    if builtins.isAttrs content && !(lib.isDerivation content) then unknown
    else write name ("#! ${interpreter}\n" + (if builtins.isPath content then builtins.readFile content else content));
  dash = "${pkgs.dash}/bin/dash";
in
{
  inherit runtimeShell;
  writeText = here;
  writeScript = here;
  writeScriptBin = program;
  writeTextDir = path: text: textFile { name = builtins.baseNameOf path; inherit text; below = "/${path}"; main = unknown; };
  writeTextFile = args: textFile {
    name = args.name or "${args.pname}-${args.version}";
    inherit (args) text;
    below = args.destination or "";
    main = args.meta.mainProgram or (if lib.hasPrefix "/bin/" (args.destination or "") then lib.removePrefix "/bin/" args.destination else unknown);
  };
  writeShellScript = name: text: here name (shell text);
  writeShellScriptBin = name: text: program name (shell text);
  writeShellApplication =
    { name, text, runtimeInputs ? [ ], runtimeEnv ? null, bashOptions ? [ "errexit" "nounset" "pipefail" ], inheritPath ? true, ... }:
    program name (
      "#!${runtimeShell}\n"
      + lib.concatMapStringsSep "\n" (option: "set -o ${option}") bashOptions
      + "\n"
      + lib.optionalString (runtimeEnv != null) (
        lib.concatStrings (lib.mapAttrsToList (key: value: "${lib.toShellVar key value}\nexport ${key}\n") runtimeEnv)
      )
      + lib.optionalString (!inheritPath || runtimeInputs != [ ]) (
        "\nexport PATH=\"${lib.makeBinPath runtimeInputs}${lib.optionalString inheritPath ":$PATH"}\"\n"
      )
      + "\n${text}\n"
    );
  writers = unknown // {
    writeBash = written here runtimeShell;
    writeBashBin = written program runtimeShell;
    writeDash = written here dash;
    writeDashBin = written program dash;
  };
}
