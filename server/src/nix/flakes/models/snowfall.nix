lib: makeHosts:
let
  filesBelow = folder:
    if builtins.pathExists folder
    then builtins.filter (file: baseNameOf file == "default.nix") (lib.filesystem.listFilesRecursive folder)
    else [ ];
  folders = folder:
    if builtins.pathExists folder
    then builtins.attrNames (lib.filterAttrs (_: kind: kind == "directory") (builtins.readDir folder))
    else [ ];
  pathOf = text: if builtins.isPath text then text else /. + "${text}";

  mkLib = options@{ inputs, src, ... }:
    let
      settings = options.snowfall or { };
      root = pathOf (settings.root or src);
      namespace = settings.namespace or "internal";
      others = removeAttrs inputs [ "self" ];
      inputLibs = builtins.mapAttrs (_: input: input.lib) others;
      base = lib // inputLibs // { snowfall = { }; };
      inner = base // { ${namespace} = own; };
      arguments = { inherit inputs namespace; lib = inner; snowfall-inputs = others; };
      read = file:
        let imported = import file; in
        if builtins.isFunction imported then imported (builtins.intersectAttrs (builtins.functionArgs imported) arguments) else imported;
      own = lib.foldr lib.recursiveUpdate { } (map read (filesBelow (root + "/lib")));

      mkFlake = given:
        let
          targets = builtins.filter (lib.hasSuffix "-linux") (folders (root + "/systems"));
          shared = map (file: file) (filesBelow (root + "/modules/nixos"));
          host = target: name: lib.nameValuePair name (
            let more = given.systems.hosts.${name} or { }; in
            {
              system = target;
              modules = [ (root + "/systems/${target}/${name}") ] ++ shared ++ more.modules or [ ] ++ given.systems.modules.nixos or [ ];
              specialArgs = more.specialArgs or { } // {
                inherit target inputs namespace; system = target; lib = inner; host = name; virtual = false; systems = { };
              };
            }
          );
          hosts = lib.listToAttrs (builtins.concatMap (target: map (host target) (folders (root + "/systems/${target}"))) targets);
          modules = lib.listToAttrs (map
            (file: lib.nameValuePair (lib.removePrefix "/" (lib.removePrefix (toString (root + "/modules/nixos")) (dirOf (toString file)))) (import file))
            (filesBelow (root + "/modules/nixos")));
        in
        makeHosts {
          inherit (inputs) self;
          inherit inputs hosts;
          lib = own;
          nixosModules = modules // given.modules.nixos or { };
        };
    in
    lib.recursiveUpdate base own // { inherit mkFlake; };
in
{
  inherit mkLib;
  mkFlake = options: (mkLib options).mkFlake options;
}
