import { attached } from "../../../base/attached.ts";
import { originalOf } from "../../eval/builtins/lib/type-parts.ts";
import { becauseOf, unsupported } from "../../eval/make.ts";
import { applyFunction } from "../../eval/ops.ts";
import type { AttributesValue, Thunk, Unknown, Value } from "../../eval/value.ts";
import { ready } from "../../eval/value.ts";
import { refuse, showOption } from "../refusal.ts";
import { anything, coercedTo, either, functionTo, mismatch, unique, unspecified } from "./compound.ts";
import { attrsOf, listOf, nonEmptyListOf, nullOr, shallowSet } from "./containers.ts";
import { custom, emptyOf, mergedBy, phraseOfValue } from "./custom.ts";
import { deferredModule, submodule } from "./modules.ts";
import { optionTypes } from "./option-types.ts";
import { phrase, phraseOf } from "./phrase.ts";
import {
  anyValue,
  bool,
  described,
  enumeration,
  float,
  hasAttribute,
  int,
  integerBetween,
  mergeEqual,
  mergeOne,
  ofType,
  opaque,
  pathWith,
  scalar,
  separated,
  str,
} from "./scalars.ts";
import { fileset, isPackage, numberWords, passwdEntry, withoutLastBreak } from "./special.ts";
import { attrListOf, attrTag } from "./tagged.ts";
import { boundType, type ModuleInput, type OptionType } from "./type.ts";
import { comesFrom } from "./view.ts";

const read = attached<AttributesValue, OptionType>();

/** The type that a value of `lib.types` describes (shape: doc comment of eval/builtins/lib/types.ts). */
export function typeOf(value: Value): OptionType {
  if (value.type === "unknown") return opaque("unknown", value);
  if (value.type !== "attrs")
    return opaque("unknown", unsupported("an option type that is not a set", value.origin.at));
  const known = boundType(value) ?? read.get(value);
  if (known) return known;
  const made = { ...fromParameters(value) };
  comesFrom(made, value);
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
  const type = byKind(kind.value, value, get, parameters);
  return kind.value === "custom"
    ? checkedBy(value.entries.get("check")?.thunk, type)
    : changed(type, value, parameters);
}

type Get = (name: string) => Value;

function byKind(kind: string, value: AttributesValue, get: Get, parameters: AttributesValue): OptionType {
  const element = () => typeOf(get("elemType"));
  const own = () => value.entries.get("check")?.thunk;
  const flag = (name: string) => {
    const given = get(name);
    return given.type === "boolean" ? given.value : null;
  };
  switch (kind) {
    case "bool":
      return bool;
    case "boolByOr":
      return described(scalar(kind, ofType("boolean"), mergeByOr), "boolean (merged using or)");
    case "int":
      return int;
    case "float":
      return float;
    case "str":
      return str;
    case "nonEmptyStr":
      return described(
        scalar(kind, (v) => (v.type === "unknown" ? v : v.type === "string" && !/^[ \t\n]*$/.test(v.value))),
        "non-empty string",
      );
    case "strMatching":
      return matching(get("pattern"), own());
    case "ints.between":
      return integerBetween(nameOf(value) ?? kind, integerOf(get("lowest")), integerOf(get("highest")));
    case "path":
      return pathWith(true, null);
    case "pathWith":
      return pathWith(flag("absolute"), flag("inStore"));
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
      return nonEmptyListOf(element());
    case "attrsOf":
    case "lazyAttrsOf": {
      const placeholder = parameters.entries.has("placeholder") ? get("placeholder") : null;
      const shown = placeholder?.type === "string" ? placeholder.value : "name";
      return attrsOf(element(), kind === "lazyAttrsOf", shown);
    }
    case "attrListOf":
      return attrListOf(element(), {
        asAttrs: parameters.entries.has("asAttrs") && flag("asAttrs") === true,
        mergeValues: parameters.entries.get("mergeAttrValues")?.thunk ?? null,
      });
    case "attrTag": {
      const tags = get("tags");
      if (tags.type === "attrs" && !tags.rest) return attrTag(tags.entries, typeOf);
      return opaque(kind, tags.type === "unknown" ? tags : unsupported("attrTag with tags that are not known"));
    }
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
      return submoduleOf(get, parameters);
    case "deferredModule": {
      const modules = parameters.entries.has("staticModules") ? get("staticModules") : null;
      return deferredModule(modules?.type === "list" ? modules.items.map((i) => i.thunk) : []);
    }
    case "addCheck":
      return checkedBy(own(), element());
    case "passwdEntry":
      return passwdEntry(checkedBy(own(), element()), element());
    case "attrs":
      return shallowSet;
    case "anything":
      return anything;
    case "unspecified":
      return unspecified;
    case "raw":
      return described(anyValue(kind, mergeOne), "raw value");
    case "package":
      return described(scalar(kind, isPackage, mergeOne), "package");
    case "fileset":
      return fileset;
    case "optionType":
      return optionTypes;
    case "optionDeclaration":
      return described(scalar(kind, checkBy(own()), unspecifiedMerge), "option declaration");
    case "luaInline":
      return described(scalar(kind, checkBy(own())), "inline lua");
    case "custom":
      return custom(value, typeOf);
    case "json":
    case "toml":
    case "serializable":
      return serializable(kind, get, parameters);
    case "singleLineStr":
      return described(
        checkedBy(
          own(),
          scalar(kind, () => true, withoutLastBreak),
        ),
        "(optionally newline-terminated) single-line string",
      );
    case "numbers.between":
      return {
        ...checkedBy(own(), either(int, float)),
        name: nameOf(value) ?? kind,
        phrase: () => numberWords(nameOf(value), get),
      };
    default:
      // One value, or equal ones; the type's own `check` judges it.
      return checkedBy(
        own(),
        scalar(kind, () => true),
      );
  }
}

const unspecifiedMerge: Parameters<typeof scalar>[2] = (loc, definitions) => {
  const [only] = definitions;
  return only && definitions.length === 1 ? only.value : mergeEqual(loc, definitions);
};

const mergeByOr: Parameters<typeof scalar>[2] = (loc, definitions) => {
  const unsure = definitions.find((d) => d.value.type === "unknown");
  if (unsure?.value.type === "unknown") return becauseOf(unsure.value, loc.join("."));
  return (definitions.find((d) => d.value.type === "boolean" && d.value.value) ?? definitions[0])?.value as Value;
};

function nameOf(value: AttributesValue): string | null {
  const name = value.entries.get("name")?.thunk.force();
  return name?.type === "string" ? name.value : null;
}

function matching(pattern: Value, check: Thunk | undefined): OptionType {
  if (pattern.type !== "string")
    return checkedBy(
      check,
      scalar("strMatching", () => true),
    );
  return {
    ...checkedBy(
      check,
      scalar("strMatching", () => true),
    ),
    name: `strMatching ${JSON.stringify(pattern.value).replace(/\$\{/g, "\\${")}`,
    pattern: pattern.value,
    phrase: () => phrase(`string matching the pattern ${pattern.value}`, "noun"),
    payload: () => [["pattern", pattern]],
    join: (other) => (other.pattern === pattern.value ? matching(pattern, check) : null),
  };
}

function submoduleOf(get: Get, parameters: AttributesValue): OptionType {
  const modules = get("modules");
  const inputs: ModuleInput[] = [];
  const file = "<unknown-file>";
  if (modules.type === "list") {
    for (const item of modules.items) inputs.push({ value: item.thunk, file, conditional: item.conditional ?? null });
    if (modules.rest) inputs.push({ value: ready(modules.rest), file });
  } else {
    inputs.push({ value: ready(modules), file });
  }
  const special = get("specialArgs");
  const specialArgs = new Map<string, Thunk>();
  if (special.type === "attrs") for (const [name, entry] of special.entries) specialArgs.set(name, entry.thunk);
  const shorthand = get("shorthandOnlyDefinesConfig");
  const text = (name: string) => {
    const given = parameters.entries.has(name) ? get(name) : null;
    return given?.type === "string" ? given.value : null;
  };
  return submodule(inputs, {
    specialArgs,
    onlyConfig: shorthand.type === "boolean" ? shorthand.value : null,
    kind: text("class"),
    description: text("description"),
  });
}

/** `pkgs.formats.<x>.type`: scalars, lists and sets of themselves. */
function serializable(kind: string, get: Get, parameters: AttributesValue): OptionType {
  const given = parameters.entries.has("nullable") ? get("nullable") : null;
  const nullable = given?.type === "boolean" ? given.value : kind !== "toml";
  const named = parameters.entries.has("typeName") ? get("typeName") : null;
  const words = named?.type === "string" ? named.value : kind.toUpperCase();
  const self: OptionType = {
    ...scalar(kind, (v) => (v.type === "unknown" ? v : v.type !== "function" && (nullable || v.type !== "null"))),
    phrase: () => phrase(`${words} value`, "conjunction"),
    parts: (definitions) =>
      definitions.length > 0 && (["list", "attrs"] as const).some((t) => definitions.every((d) => d.value.type === t)),
    ...(nullable ? { empty: () => ({ type: "null", origin: { at: null, step: "option-default", from: [] } }) } : {}),
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

/** A type of which a user has replaced some attributes (`types.str // { check = …; }`). */
function changed(type: OptionType, value: AttributesValue, parameters: AttributesValue): OptionType {
  const original = originalOf(parameters);
  if (!original) return type;
  const other = (name: string) => {
    const thunk = value.entries.get(name)?.thunk;
    return thunk && thunk !== original.entries.get(name)?.thunk ? thunk : undefined;
  };
  const [check, merge, empty] = [other("check"), other("merge"), other("emptyValue")];
  const words = other("description");
  let made = type;
  if (check) made = modern.has(type.kind) ? adHoc(made, check) : checkedBy(check, made);
  if (merge) made = { ...made, ...mergedBy(merge) };
  if (empty) made = { ...made, empty: emptyOf(empty) };
  if (words) made = { ...made, phrase: () => phraseOfValue(value) };
  if (other("typeMerge") || other("functor")) {
    const join = custom(value, typeOf).join;
    made = join ? { ...made, join } : made;
  }
  return made;
}

/** Types whose check newer nixpkgs do not let replace: they throw where older ones call it. */
const modern = new Set(["listOf", "attrsOf", "lazyAttrsOf", "attrListOf", "submodule", "either", "coercedTo"]);

/** Seconds since 1970: nixpkgs 83fed2e6 (28 August 2025) and 58696117 (28 October 2025). */
const [lastCalling, firstRefusing] = [1756339200, 1761609600];

/** By the age of nixpkgs, where it is known. */
function adHoc(type: OptionType, replaced: Thunk): OptionType {
  const checked = checkedBy(replaced, type);
  const check = () => unsupported("a replaced check, which nixpkgs since October 2025 refuse and older ones call");
  return {
    ...type,
    check,
    parts: () => false,
    adHoc: true,
    merge: (context, loc, definitions, open) => {
      const date = context.evaluator.nixpkgsDate?.() ?? null;
      if (date !== null && date >= firstRefusing) {
        const words = phraseOf(type, context).text;
        const message = `The option \`${showOption(loc)}' has a type \`${words}' that uses an ad-hoc \`type // { check = ...; }' override, which is incompatible with the v2 merge mechanism.`;
        return refuse({ kind: "declaration", loc, message, definitions: [] }, replaced.at);
      }
      if (date === null || date >= lastCalling) return check();
      const wrong = definitions.filter((d) => checked.check(d.value) === false);
      return wrong.length > 0 ? mismatch(context, loc, type, wrong) : type.merge(context, loc, definitions, open);
    },
  };
}

function checkedBy(check: Thunk | undefined, type: OptionType): OptionType {
  return check ? { ...type, check: checkBy(check) } : type;
}

function checkBy(check: Thunk | undefined): OptionType["check"] {
  return (given): boolean | Unknown => {
    if (!check) return true;
    if (given.type === "unknown") return given;
    const verdict = applyFunction(check.force(), [ready(given)], check.at);
    if (verdict.type === "boolean") return verdict.value;
    return verdict.type === "unknown" ? verdict : unsupported("a check that gives no boolean", check.at);
  };
}

function integerOf(value: Value): bigint | null {
  return value.type === "integer" ? value.value : null;
}
