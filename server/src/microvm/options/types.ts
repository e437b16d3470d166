import { external, string } from "../../nix/eval/make.ts";
import { packageOfNixpkgs } from "../../nix/eval/pieces.ts";
import type { Value } from "../../nix/eval/value.ts";
import { anything, either, unspecified } from "../../nix/modules/types/compound.ts";
import { attrsOf, listOf, nullOr, shallowSet } from "../../nix/modules/types/containers.ts";
import { deferredModule } from "../../nix/modules/types/modules.ts";
import {
  absolutePath,
  anyValue,
  bool,
  described,
  enumeration,
  int,
  integerBetween,
  mergeEqual,
  mergeOne,
  ofType,
  scalar,
  separated,
  str,
} from "../../nix/modules/types/scalars.ts";
import { isPackage } from "../../nix/modules/types/special.ts";
import type { OptionType } from "../../nix/modules/types/type.ts";
import type { TypeShape } from "./option-facts.ts";

/** The type that a shape of the table stands for; `submodule` gives the one with the options below. */
export function typeOfShape(shape: TypeShape, submodule: () => OptionType): OptionType {
  const { of: inner, sides } = shape;
  switch (shape.kind) {
    case "nullOr":
    case "listOf":
    case "attrsOf":
      return inner ? containers[shape.kind](typeOfShape(inner, submodule)) : unspecified;
    case "either":
      return sides ? either(typeOfShape(sides[0], submodule), typeOfShape(sides[1], submodule)) : unspecified;
    case "enum":
      return enumeration((shape.values ?? []).map((value) => string(value)));
    case "submodule":
      return shape.freeform ? freeform : submodule();
    case "deferredModule":
      return deferredModule();
    default:
      return plain[shape.kind] ?? unspecified;
  }
}

const containers = { nullOr, listOf, attrsOf };

/** A submodule that takes whatever can be written as JSON. */
const freeform: OptionType = {
  ...anything,
  kind: "freeform",
  check: ofType("attrs", "function", "path"),
};

/** A package set: its `_type` says so, but sets that we make up have none. */
const packages = described(
  scalar("pkgs", (value) => (value.type === "unknown" ? value : value.type === "attrs" ? unsure : false), mergeOne),
  "Nixpkgs package set",
);
const unsure = external("whether a set is a package set");

const plain: Readonly<Record<string, OptionType>> = {
  bool,
  int,
  str,
  path: absolutePath,
  attrs: shallowSet,
  package: described(scalar("package", isPackage, mergeOne), "package"),
  pkgs: packages,
  separatedString: separated("\n"),
  positiveInt: integerBetween("positiveInt", 1n, null),
  unsignedInt: integerBetween("unsignedInt", 0n, null),
  unsignedInt16: integerBetween("unsignedInt16", 0n, 65535n),
  nonEmptyStr: described(
    scalar(
      "nonEmptyStr",
      (value) => (value.type === "unknown" ? value : value.type === "string" && /[^ \t\n]/.test(value.value)),
      mergeEqual,
    ),
    "non-empty string",
  ),
  unspecified: anyValue("unspecified", mergeOne),
};

/** The value of an option that nobody sets, where its default is not plain data. */
export function unknownDefault(name: string, shape: TypeShape): Value {
  return external(shape.kind === "package" ? packageOfNixpkgs : `default of ${name}`);
}
