import { attached } from "../../../base/attached.ts";
import type { Evaluator } from "../../eval/builtins/definition.ts";
import {
  attributes,
  becauseOf,
  boolean,
  fails,
  list,
  nullValue,
  string,
  unsupported,
  wrongType,
} from "../../eval/make.ts";
import type { AttributesValue, FunctionValue, Thunk, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import type { Resolved } from "../discharge.ts";
import { priorities } from "../discharge.ts";
import { phraseOf } from "./phrase.ts";
import { familyOf } from "./scalars.ts";
import { bindType, type MergeContext, type ModuleInput, type OptionType } from "./type.ts";

/** Types are shared by all evaluations, what they look like from inside is of one. */
const views = attached<Evaluator, WeakMap<OptionType, AttributesValue>>();
const functors = attached<AttributesValue, OptionType>();
const sources = attached<OptionType, AttributesValue>();

/** The value of `lib.types` that a type was read from. */
export function comesFrom(type: OptionType, value: AttributesValue): void {
  sources.set(type, value);
}

/** A type as a value: that of `lib.types` it was read from, or one made for it. */
export function typeValue(type: OptionType, context: MergeContext): AttributesValue {
  return sources.get(type) ?? viewOf(type, context);
}

/** The parts of a type as mkOptionType of lib/types.nix puts them together. */
export function viewOf(type: OptionType, context: MergeContext): AttributesValue {
  const known = views.get(context.evaluator) ?? new WeakMap<OptionType, AttributesValue>();
  views.set(context.evaluator, known);
  const before = known.get(type);
  if (before) return before;
  const made = makeView(type, context);
  known.set(type, made);
  bindType(made, type);
  return made;
}

/** `type.functor`, if the type has one that is known. */
export function functorOf(type: OptionType): Thunk | null {
  const own = sources.get(type)?.entries.get("functor")?.thunk;
  if (own) return own;
  const made = attributes([
    ["name", string(familyOf(type))],
    ["payload", nullValue()],
  ]);
  functors.set(made, type);
  return ready(made);
}

function makeView(type: OptionType, context: MergeContext): AttributesValue {
  const words = () => phraseOf(type, context);
  const inside = (other: OptionType) => delayed(null, () => typeValue(other, context));
  const { submodule, subOptions, withModules } = type;
  return attributes([
    ["_type", string("option-type")],
    ["name", string(type.name)],
    ["description", delayed(null, () => textOf(words().text))],
    [
      "descriptionClass",
      delayed(null, () => {
        const named = words().class;
        return named === null ? nullValue() : string(named);
      }),
    ],
    ["deprecationMessage", nullValue()],
    ["check", lambda("check", 1, ([value]) => verdictOf(type, value as Thunk))],
    ["merge", lambda("merge", 2, ([loc, definitions]) => merged(type, context, loc as Thunk, definitions as Thunk))],
    ["emptyValue", emptyValue(type, context)],
    [
      "nestedTypes",
      delayed(null, () => attributes([...(type.nested?.() ?? [])].map(([name, other]) => [name, inside(other)]))),
    ],
    [
      "getSubOptions",
      lambda("getSubOptions", 1, ([prefix]) => {
        const path = namesOf(prefix as Thunk);
        if ("type" in path) return path;
        return subOptions ? subOptions(context, path) : attributes([]);
      }),
    ],
    ["getSubModules", submodule && withModules ? list(submodule.modules.map((module) => module.value)) : nullValue()],
    [
      "substSubModules",
      lambda("substSubModules", 1, ([modules]) => {
        const given = (modules as Thunk).force();
        if (!withModules) return nullValue();
        if (given.type !== "list") return given.type === "unknown" ? given : wrongType("a list", given.type);
        const inputs = given.items.map(({ thunk }): ModuleInput => ({ value: thunk, file: "<unknown-file>" }));
        return typeValue(withModules(inputs), context);
      }),
    ],
    ["typeMerge", lambda("typeMerge", 1, ([functor]) => joinedWith(type, (functor as Thunk).force(), context))],
    ["functor", delayed(null, () => functorValue(type, context))],
  ]);
}

function textOf(text: string | Extract<Value, { type: "unknown" }>): Value {
  return typeof text === "string" ? string(text) : text;
}

function verdictOf(type: OptionType, thunk: Thunk): Value {
  const verdict = type.check(thunk.force());
  return typeof verdict === "boolean" ? boolean(verdict) : becauseOf(verdict, "check", null, { type: "boolean" });
}

function emptyValue(type: OptionType, context: MergeContext): Value {
  const { empty } = type;
  return attributes(empty ? [["value", delayed(null, () => empty(context, []))]] : []);
}

/** `type.merge loc defs`: neither properties nor the type of the definitions are looked at. */
function merged(type: OptionType, context: MergeContext, place: Thunk, given: Thunk): Value {
  const loc = namesOf(place);
  if ("type" in loc) return loc;
  const definitions = given.force();
  if (definitions.type !== "list")
    return definitions.type === "unknown" ? definitions : wrongType("a list", definitions.type);
  const unsure = definitions.rest ?? definitions.items.find((item) => item.conditional)?.conditional;
  if (unsure) return becauseOf(unsure, "merge");
  const resolved: Resolved[] = [];
  for (const { thunk } of definitions.items) {
    const definition = thunk.force();
    const value = definition.type === "attrs" ? definition.entries.get("value") : undefined;
    if (definition.type !== "attrs" || !value)
      return definition.type === "unknown" ? definition : fails("attribute 'value' missing", thunk.at);
    const file = definition.entries.get("file")?.thunk.force();
    const found = value.thunk.force();
    if (found.type === "unknown" && !type.parts([])) return becauseOf(found, "merge", thunk.at);
    resolved.push({
      value: found,
      thunk: value.thunk,
      priority: priorities.plain,
      order: 1000,
      ordered: false,
      conditional: null,
      file: file?.type === "string" || file?.type === "path" ? file.value : "<unknown-file>",
      at: value.at,
    });
  }
  return type.merge(context, loc, resolved, null);
}

function namesOf(thunk: Thunk): string[] | Extract<Value, { type: "unknown" }> {
  const value = thunk.force();
  if (value.type !== "list") return value.type === "unknown" ? value : wrongType("a list", value.type);
  if (value.rest) return value.rest;
  const names: string[] = [];
  for (const { thunk: part } of value.items) {
    const name = part.force();
    if (name.type !== "string") return name.type === "unknown" ? name : wrongType("a string", name.type);
    names.push(name.value);
  }
  return names;
}

function functorValue(type: OptionType, context: MergeContext): Value {
  const parts: (readonly [string, Thunk | Value])[] = [];
  const { element, sides } = type;
  if (element) parts.push(["elemType", delayed(null, () => typeValue(element, context))]);
  if (sides) parts.push(["elemType", list(sides.map((side) => delayed(null, () => typeValue(side, context))))]);
  parts.push(...(type.payload?.() ?? []));
  const made: AttributesValue = {
    ...attributes([
      ["name", string(familyOf(type))],
      ["payload", parts.length > 0 ? attributes(parts) : nullValue()],
      ...(element ? [["wrapped", delayed(null, () => typeValue(element, context))] as const] : []),
    ]),
    rest: unsupported("a part of a functor that only the module system uses"),
  };
  functors.set(made, type);
  return made;
}

function joinedWith(type: OptionType, functor: Value, context: MergeContext): Value {
  if (functor.type !== "attrs") return functor.type === "unknown" ? functor : wrongType("a functor", functor.type);
  const other = functors.get(functor);
  if (!other) return unsupported("joining with a type of another make");
  const joined = type.join?.(other) ?? null;
  if (joined === null) return nullValue();
  return "type" in joined ? joined : typeValue(joined, context);
}

function lambda(name: string, arity: number, run: (args: readonly Thunk[]) => Value): FunctionValue {
  const curried = (given: readonly Thunk[]): FunctionValue => ({
    type: "function",
    name,
    formals: null,
    ellipsis: false,
    origin: { at: null, step: "builtin", from: [] },
    apply: (argument) => {
      const all = [...given, argument];
      return all.length === arity ? run(all) : curried(all);
    },
  });
  return curried([]);
}
