# Facts about the options of microvm.nix, read from its own declarations. Run by generate.mjs.
{
  lib,
  microvm,
  namesOnly ? false,
}:
let
  nixpkgs = import lib;

  # What the declarations mention of the rest of NixOS.
  surroundings = hostName: {
    options.networking.hostName = nixpkgs.mkOption { default = hostName; };
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

  # What a default may hang on: a default that differs is computed.
  otherwise = {
    config.microvm = {
      guest.enable = false;
      hotplugMem = 7;
      shares = [
        {
          tag = "store";
          source = "/nix/store";
          mountPoint = "/nix/store";
        }
      ];
    };
  };

  optionsOf =
    file: more:
    (nixpkgs.evalModules {
      modules = [ (microvm + file) ] ++ more;
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
  enumValues =
    type: builtins.filter builtins.isString (type.functor.payload.values or type.functor.payload);
  valuesOf =
    option:
    let
      type = bare option.type;
    in
    if (type.name or "") == "enum" then enumValues type else null;

  # The type as data: its name, and the types inside it.
  shapeOf =
    type:
    let
      inner = shapeOf type.nestedTypes.elemType;
    in
    {
      kind = type.name;
    }
    // (
      if
        builtins.elem type.name [
          "nullOr"
          "listOf"
          "attrsOf"
        ]
      then
        { of = inner; }
      else if type.name == "enum" then
        { values = enumValues type; }
      else if type.name == "either" then
        {
          sides = [
            (shapeOf type.nestedTypes.left)
            (shapeOf type.nestedTypes.right)
          ];
        }
      else if type.name == "submodule" && type.nestedTypes ? freeformType then
        { freeform = true; }
      else
        { }
    );

  words =
    value: if builtins.isString value then value else value.text or (builtins.toJSON value);
  short = text: if text == null || builtins.stringLength text > 200 then null else nixpkgs.trim text;

  # The default as it is, where it is plain data that hangs on nothing else.
  plainDefault =
    option: other:
    let
      known =
        option ? default && !(option ? defaultText) && attempt (option.default == other.default) == true;
    in
    if known then { value = option.default; } else { };

  facts = path: option: other: {
    name = nixpkgs.concatStringsSep "." path;
    type = attempt (option.type.description or null);
    shape = attempt (shapeOf option.type);
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
    plain = plainDefault option other;
    required = !(option ? default || option ? defaultText);
    readOnly = option.readOnly or false;
    internal = option.internal or false;
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
    each: path: options: others:
    nixpkgs.concatLists (
      nixpkgs.mapAttrsToList (
        name: value:
        let
          here = path ++ [ name ];
          other = others.${name} or { };
          isOption = (value._type or "") == "option";
        in
        # A removed option is declared so that its definitions are told of: it is none.
        if isOption && (value.visible or true) == false && (value ? apply) then
          [ ]
        else if isOption then
          [ (each here value other) ] ++ walk each (here ++ element value) (childrenOf value) (childrenOf other)
        else if builtins.isAttrs value then
          walk each here value other
        else
          [ ]
      ) (builtins.removeAttrs options [ "_module" ])
    );

  nameOf =
    path: _: _:
    nixpkgs.concatStringsSep "." path;
  all =
    file: more:
    if namesOnly then
      walk nameOf [ "microvm" ] (optionsOf file [ (surroundings "a") ]) { }
    else
      walk facts [ "microvm" ] (optionsOf file [ (surroundings "a") ]) (
        optionsOf file ([ (surroundings "b") ] ++ more)
      );
in
{
  guest = all "/nixos-modules/microvm" [ otherwise ];
  host = all "/nixos-modules/host" [ ];
}
