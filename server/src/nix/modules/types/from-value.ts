import { attached } from "../../../base/attached.ts";
import { becauseOf, unsupported } from "../../eval/make.ts";
import { applyFunction } from "../../eval/ops.ts";
import type { AttributesValue, Thunk, Unknown, Value } from "../../eval/value.ts";
import { ready } from "../../eval/value.ts";
import {
  anything,
  coercedTo,
  custom,
  deferredModule,
  either,
  functionTo,
  submodule,
  unique,
  unspecified,
} from "./compound.ts";
import { attrsOf, listOf, nullOr, shallowSet } from "./containers.ts";
import {
  absolutePath,
  anyValue,
  bool,
  enumeration,
  hasAttribute,
  int,
  integerBetween,
  isStringLike,
  mergeEqual,
  mergeOne,
  ofType,
  opaque,
  scalar,
  separated,
  str,
} from "./scalars.ts";
import { boundType, type ModuleInput, type OptionType } from "./type.ts";

const read = attached<AttributesValue, OptionType>();

/** The type that a value of `lib.types` describes (shape: doc comment of eval/builtins/lib/types.ts). */
export function typeOf(value: Value): OptionType {
  if (value.type === "unknown") return opaque("unknown", value);
  if (value.type !== "attrs")
    return opaque("unknown", unsupported("an option type that is not a set", value.origin.at));
  const known = boundType(value) ?? read.get(value);
  if (known) return known;
  const made = fromParameters(value);
  read.set(value, made);
  return made;
}

function fromParameters(value: AttributesValue): OptionType {
  const parameters = value.entries.get("__parameters")?.thunk.force();
  if (parameters?.type !== "attrs") {
    return opaque(
      "unknown",
      parameters?.type === "unknown" ? parameters : unsupported("an option type of unknown make", value.origin.at),
    );
  }
  const get = (name: string): Value =>
    parameters.entries.get(name)?.thunk.force() ?? unsupported(`type parameter ${name}`);
  const kind = get("kind");
  if (kind.type !== "string") return opaque("unknown", unsupported("an option type of unknown make", value.origin.at));
  const element = () => typeOf(get("elemType"));
  const type = byKind(kind.value, value, get, element, parameters);
  return checkedByUser(kind.value, type, value);
}

type Get = (name: string) => Value;

function byKind(
  kind: string,
  value: AttributesValue,
  get: Get,
  element: () => OptionType,
  parameters: AttributesValue,
): OptionType {
  switch (kind) {
    case "bool":
      return bool;
    case "boolByOr":
      return scalar(kind, ofType("boolean"), (loc, definitions) => {
        const unsure = definitions.find((d) => d.value.type === "unknown");
        if (unsure?.value.type === "unknown") return becauseOf(unsure.value, loc.join("."));
        return (definitions.find((d) => d.value.type === "boolean" && d.value.value) ?? definitions[0])?.value as Value;
      });
    case "int":
      return int;
    case "float":
      return scalar(kind, ofType("float"));
    case "str":
      return str;
    case "nonEmptyStr":
      return scalar(kind, (v) => (v.type === "unknown" ? v : v.type === "string" && !/^[ \t\n]*$/.test(v.value)));
    case "ints.between":
      return integerBetween(kind, integerOf(get("lowest")), integerOf(get("highest")));
    case "path":
      return absolutePath;
    case "pathWith":
      return scalar(kind, (v) => (v.type === "string" || v.type === "path" ? true : isStringLike(v)));
    case "separatedString": {
      const separator = get("sep");
      return separator.type === "string"
        ? separated(separator.value)
        : opaque(kind, unsupported("a separator that is not known"));
    }
    case "enum": {
      const values = get("values");
      if (values.type !== "list" || values.rest || values.items.some((i) => i.conditional)) {
        return scalar(kind, (v) => (values.type === "unknown" ? values : v.type !== "unknown"));
      }
      return enumeration(values.items.map((item) => item.thunk.force()));
    }
    case "listOf":
      return listOf(element());
    case "nonEmptyListOf":
      return listOf(element(), false);
    case "attrsOf":
      return attrsOf(element());
    case "lazyAttrsOf":
      return attrsOf(element(), true);
    case "nullOr":
      return nullOr(element());
    case "unique":
      return unique(element());
    case "functionTo":
      return functionTo(element());
    case "either":
      return either(typeOf(get("left")), typeOf(get("right")));
    case "coercedTo": {
      const convert = parameters.entries.get("coerceFunc")?.thunk;
      return convert
        ? coercedTo(typeOf(get("coercedType")), convert, typeOf(get("finalType")))
        : opaque(kind, unsupported("types.coercedTo without a function"));
    }
    case "submodule":
      return submoduleOf(get);
    case "deferredModule": {
      const modules = parameters.entries.has("staticModules") ? get("staticModules") : null;
      return deferredModule(modules?.type === "list" ? modules.items.map((i) => i.thunk) : []);
    }
    case "addCheck":
      return { ...element() };
    case "attrs":
      return shallowSet;
    case "anything":
      return anything;
    case "unspecified":
      return unspecified;
    case "raw":
      return anyValue(kind, mergeOne);
    case "package":
      return anyValue(kind, mergeOne);
    case "optionType":
      return scalar(kind, (v) => (v.type === "unknown" ? v : v.type === "attrs"), mergeOne);
    case "custom": {
      const merge = value.entries.get("merge")?.thunk;
      const name = value.entries.get("name")?.thunk.force();
      const shown = name?.type === "string" ? name.value : "custom";
      return merge ? custom(shown, () => true, merge) : { ...unspecified, kind, name: shown };
    }
    case "json":
    case "toml":
      return serializable(kind);
    default:
      // strMatching, singleLineStr, numbers, pathInStore …: one value, or equal ones; the type's own `check` judges it.
      return scalar(kind, () => true, mergeEqual);
  }
}

function submoduleOf(get: Get): OptionType {
  const modules = get("modules");
  const inputs: ModuleInput[] = [];
  const file = "<a submodule>";
  if (modules.type === "list") {
    for (const item of modules.items) inputs.push({ value: item.thunk, file, conditional: item.conditional ?? null });
    if (modules.rest) inputs.push({ value: ready(modules.rest), file });
  } else {
    inputs.push({ value: ready(modules), file });
  }
  const special = get("specialArgs");
  const args = new Map<string, Thunk>();
  if (special.type === "attrs") for (const [name, entry] of special.entries) args.set(name, entry.thunk);
  const shorthand = get("shorthandOnlyDefinesConfig");
  return submodule(inputs, args, shorthand.type === "boolean" ? shorthand.value : null);
}

/** `pkgs.formats.<x>.type`: scalars, lists and sets of themselves. */
function serializable(kind: string): OptionType {
  const leaf = scalar(kind, (v) =>
    v.type === "unknown" ? v : v.type !== "function" && v.type !== "attrs" && v.type !== "list",
  );
  const self: OptionType = {
    ...leaf,
    check: (v) => (v.type === "unknown" ? v : v.type !== "function"),
    parts: (definitions) =>
      definitions.length > 0 && (["list", "attrs"] as const).some((t) => definitions.every((d) => d.value.type === t)),
    merge: (context, loc, definitions, open) => {
      const type = definitions[0]?.value.type;
      const same = definitions.every((d) => d.value.type === type);
      if (same && type === "list") return listOf(self).merge(context, loc, definitions, open);
      if (
        same &&
        type === "attrs" &&
        definitions.every((d) => d.value.type === "attrs" && hasAttribute(d.value, "outPath") === false)
      ) {
        return attrsOf(self).merge(context, loc, definitions, open);
      }
      return mergeEqual(loc, definitions);
    },
    join: (other) => (other.kind === kind ? self : null),
  };
  return self;
}

/** The type's own `check` counts, also where a user has replaced it (`types.str // { check = …; }`). */
function checkedByUser(kind: string, type: OptionType, value: AttributesValue): OptionType {
  const check = value.entries.get("check")?.thunk;
  if (!check || structural.has(kind)) return type;
  return {
    ...type,
    check: (given): boolean | Unknown => {
      if (given.type === "unknown") return given;
      const verdict = applyFunction(check.force(), [ready(given)], check.at);
      if (verdict.type === "boolean") return verdict.value;
      return verdict.type === "unknown" ? verdict : unsupported("a check that gives no boolean", check.at);
    },
  };
}
/** Types of which our own check is the same and cheaper. A replaced check of these can only make real Nix fail. */
const structural = new Set([
  "bool",
  "int",
  "str",
  "listOf",
  "attrsOf",
  "lazyAttrsOf",
  "nullOr",
  "submodule",
  "enum",
  "anything",
  "raw",
  "attrs",
  "unspecified",
  "path",
]);

function integerOf(value: Value): bigint | null {
  return value.type === "integer" ? value.value : null;
}
