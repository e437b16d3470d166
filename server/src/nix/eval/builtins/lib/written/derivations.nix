# Functions of lib/derivations.nix of nixpkgs, in our own words.
lib:
{
  # { derivation, meta ? …, passthru ? { }, outputs ? [ "out" ] } -> package
  lazyDerivation =
    { derivation, meta ? null, passthru ? { }, outputs ? [ "out" ] }@args:
    let
      checked =
        lib.throwIfNot (derivation.type or null == "derivation") "lazyDerivation: input must be a derivation."
          lib.throwIfNot (derivation.outputs == outputs) "lib.lazyDerivation: the outputs are not those that were assumed" derivation;
    in
    {
      type = "derivation";
      inherit (checked) outPath outputName drvPath name system;
      inherit outputs;
      meta = args.meta or checked.meta;
    } // lib.genAttrs outputs (output: checked.${output}) // passthru;

  # string -> package -> package
  warnOnInstantiate =
    message: drv:
    drv // builtins.mapAttrs (_: lib.warn message) (removeAttrs drv [ "meta" "name" "type" "outputName" ])
    // lib.optionalAttrs (drv ? overrideAttrs && builtins.isFunction drv.overrideAttrs) {
      overrideAttrs = change: lib.derivations.warnOnInstantiate message (drv.overrideAttrs change);
    };

  # bool -> a -> a | null
  optionalDrvAttr = condition: value: if condition then value else null;
}
