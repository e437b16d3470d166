# Facts about the options of microvm.nix, read from its own declarations. Run by generate.mjs.
{ lib, microvm }:
let
  nixpkgs = import lib;

  # What the declarations mention of the rest of NixOS.
  surroundings = {
    options.networking.hostName = nixpkgs.mkOption { default = ""; };
    config._module = {
      check = false;
      args.modulesPath = "";
      args.pkgs = {
        system = "x86_64-linux";
        stdenv.hostPlatform = {
          system = "x86_64-linux";
          isLinux = true;
          isDarwin = false;
        };
      };
    };
  };

  optionsOf =
    file:
    (nixpkgs.evalModules {
      modules = [
        surroundings
        (microvm + file)
      ];
    }).options.microvm;

  # Some facts need packages that are not here: then they are null.
  attempt =
    value:
    let
      result = builtins.tryEval (builtins.deepSeq value value);
    in
    if result.success then result.value else null;

  childrenOf =
    option:
    let
      result = builtins.tryEval (option.type.getSubOptions [ ]);
    in
    if result.success then
      builtins.removeAttrs result.value [
        "_module"
        "_freeformOptions"
      ]
    else
      { };

  # The step from an option to those of its elements.
  element =
    option:
    let
      type = option.type.name or "";
    in
    if nixpkgs.hasInfix "attrsOf" type || nixpkgs.hasInfix "AttrsOf" type then
      [ "<name>" ]
    else if type == "listOf" then
      [ "*" ]
    else
      [ ];

  bare = type: if (type.name or "") == "nullOr" then type.nestedTypes.elemType else type;
  valuesOf =
    option:
    let
      type = bare option.type;
    in
    if (type.name or "") == "enum" then
      builtins.filter builtins.isString (type.functor.payload.values or type.functor.payload)
    else
      null;

  words =
    value: if builtins.isString value then value else value.text or (builtins.toJSON value);
  short = text: if text == null || builtins.stringLength text > 200 then null else nixpkgs.trim text;

  facts = path: option: {
    name = nixpkgs.concatStringsSep "." path;
    type = attempt (option.type.description or null);
    values = attempt (valuesOf option);
    default = short (
      attempt (
        if option ? defaultText then
          words option.defaultText
        else if option ? default then
          nixpkgs.generators.toPretty { multiline = false; } option.default
        else
          null
      )
    );
    required = !(option ? default || option ? defaultText);
    example = short (
      attempt (
        if option ? example then
          option.example.text or (nixpkgs.generators.toPretty { multiline = false; } option.example)
        else
          null
      )
    );
  };

  walk =
    path: options:
    nixpkgs.concatLists (
      nixpkgs.mapAttrsToList (
        name: value:
        let
          here = path ++ [ name ];
          isOption = (value._type or "") == "option";
          visible = !(value.internal or false) && (value.visible or true) != false;
        in
        if isOption then
          nixpkgs.optional visible (facts here value) ++ walk (here ++ element value) (childrenOf value)
        else if builtins.isAttrs value then
          walk here value
        else
          [ ]
      ) (builtins.removeAttrs options [ "_module" ])
    );
in
{
  guest = walk [ "microvm" ] (optionsOf "/nixos-modules/microvm/options.nix");
  host = walk [ "microvm" ] (optionsOf "/nixos-modules/host/options.nix");
}
