lib:
let
  ownArguments = [
    "inputs" "hosts" "hostDefaults" "nixosProfiles" "channels" "channelsConfig" "self" "sharedOverlays" "supportedSystems" "outputsBuilder"
  ];
in
{
  mkFlake = arguments@{ self, inputs, hosts ? { }, hostDefaults ? { }, channels ? { }, sharedOverlays ? [ ], ... }:
    let
      fieldOf = name: fallback: host: host.${name} or (hostDefaults.${name} or fallback);
      both = name: host: hostDefaults.${name} or { } // host.${name} or { };
      configuration = reverseName: host:
        let
          system = fieldOf "system" "x86_64-linux" host;
          channel = fieldOf "channelName" "nixpkgs" host;
          labels = lib.reverseList (lib.splitString "." reverseName);
          input = channels.${channel}.input or inputs.${channel};
          build = host.builder or (hostDefaults.builder or lib.nixosSystem);
        in
        build {
          inherit system;
          pkgs = import input { inherit system; overlays = sharedOverlays; };
          modules = [
            { networking.hostName = builtins.head labels; _module.args = { inherit inputs; } // both "extraArgs" host; }
          ] ++ hostDefaults.modules or [ ] ++ host.modules or [ ];
          specialArgs = both "specialArgs" host;
        };
      isNixos = _: host: fieldOf "output" "nixosConfigurations" host == "nixosConfigurations";
      own = lib.mapAttrs configuration (lib.filterAttrs isNixos hosts);
      others = removeAttrs arguments ownArguments;
    in
    others // { nixosConfigurations = own // others.nixosConfigurations or { }; };
}
