import { attributes, becauseOf, boolean, fails, list, string } from "../../eval/make.ts";
import { applyFunction } from "../../eval/ops.ts";
import type { Attribute, Item, Thunk, Unknown, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import type { Resolved } from "../discharge.ts";
import { attrsOf, emptySet, inner } from "./containers.ts";
import { anyValue, hasAttribute, isStringLike, mergeEqual, mergeOne } from "./scalars.ts";
import type { MergeContext, ModuleInput, OptionType } from "./type.ts";

/** `either`: the first type that all definitions are of. */
export function either(left: OptionType, right: OptionType): OptionType {
  const check = (value: Value) => or(left.check(value), () => right.check(value));
  return {
    kind: "either",
    name: `${left.name} or ${right.name}`,
    check,
    parts: () => false,
    empty: null,
    merge: (context, loc, definitions) => {
      for (const type of [left, right]) {
        let unsure: Unknown | null = null;
        let fits = true;
        for (const { value } of definitions) {
          const checked = type.check(value);
          if (checked === false) fits = false;
          else if (checked !== true) unsure ??= checked;
        }
        if (fits && unsure) return becauseOf(unsure, loc.join("."));
        if (fits) return type.merge(context, loc, definitions, null);
      }
      return mergeOne(loc, definitions);
    },
  };
}

/** `coercedTo`: definitions of the first type go through the function. */
export function coercedTo(from: OptionType, convert: Thunk, final: OptionType): OptionType {
  const converted = (definition: Resolved): Resolved | Unknown => {
    const checked = from.check(definition.value);
    if (checked === false) return definition;
    if (checked !== true) return checked;
    const thunk = delayed(definition.at, () => applyFunction(convert.force(), [definition.thunk], definition.at));
    return { ...definition, thunk, value: thunk.force() };
  };
  return {
    kind: "coercedTo",
    name: final.name,
    check: (value) => or(from.check(value), () => final.check(value)),
    parts: () => false,
    empty: final.empty,
    ...inner(final, (type) => coercedTo(from, convert, type)),
    merge: (context, loc, definitions) => {
      const made: Resolved[] = [];
      for (const definition of definitions) {
        const result = converted(definition);
        if ("type" in result) return becauseOf(result, loc.join("."), definition.at);
        if (result.value.type === "unknown") return becauseOf(result.value, loc.join("."), definition.at);
        if (final.check(result.value) === false)
          return fails(
            `A definition for option \`${loc.join(".")}' is not of type \`${final.name}'.`,
            definition.at,
            "throw",
          );
        made.push(result);
      }
      return final.merge(context, loc, made, null);
    },
  };
}

/** `submoduleWith`. `onlyConfig`: a set that defines it is its `config` (`types.submodule`). */
export function submodule(
  modules: readonly ModuleInput[],
  specialArgs: ReadonlyMap<string, Thunk> = new Map(),
  onlyConfig: boolean | null = true,
): OptionType {
  const evaluate = (
    context: MergeContext,
    loc: readonly string[],
    definitions: readonly Resolved[],
    open: Unknown | null,
  ): Value => {
    const refused = definitions.find((d) => d.ordered);
    // `map ({ value, file }: …)` of lib/types.nix is called with the order as well.
    if (refused) return fails("mkOrder around a submodule", refused.at);
    return context.submodule({
      loc,
      specialArgs,
      open,
      modules: [
        ...modules,
        ...definitions.map(({ value, thunk, file, conditional }) => ({
          value: thunk,
          file,
          conditional,
          onlyConfig: value.type === "attrs" && onlyConfig === true,
        })),
      ],
    });
  };
  return {
    kind: "submodule",
    name: "submodule",
    check: (value) =>
      ["attrs", "function", "path"].includes(value.type) || (value.type === "string" && value.value.startsWith("/")),
    parts: () => true,
    empty: null,
    submodule: { modules },
    withModules: (more) => submodule([...modules, ...more], specialArgs, onlyConfig),
    join: (other) =>
      other.kind === "submodule" && other.submodule
        ? submodule([...modules, ...other.submodule.modules], specialArgs, onlyConfig)
        : null,
    merge: evaluate,
  };
}

/** `deferredModule`: a module that imports all definitions. */
export function deferredModule(staticModules: readonly Thunk[] = []): OptionType {
  return {
    kind: "deferredModule",
    name: "module",
    check: (value) => ["attrs", "function", "path", "string"].includes(value.type),
    parts: () => true,
    empty: null,
    staticModules,
    join: (other) =>
      other.kind === "deferredModule" ? deferredModule([...staticModules, ...(other.staticModules ?? [])]) : null,
    merge: (_context, _loc, definitions, open) => {
      const imports: Item[] = staticModules.map((thunk) => ({ thunk }));
      for (const { thunk, file, conditional } of definitions) {
        const located = ready(
          attributes([
            ["_file", string(file)],
            ["imports", list([thunk])],
          ]),
        );
        imports.push(conditional ? { thunk: located, conditional } : { thunk: located });
      }
      const origin = definitions[0]?.value.type === "unknown" ? undefined : definitions[0]?.value.origin;
      return attributes([["imports", { ...list([]), items: imports, rest: open }]], origin);
    },
  };
}

/** `unique` and `uniq`. */
export function unique(elemType: OptionType): OptionType {
  return {
    ...elemType,
    kind: "unique",
    ...inner(elemType, unique),
    merge: (context, loc, definitions, open) =>
      definitions.length > 1
        ? fails(`The option \`${loc.join(".")}' is defined multiple times.`, definitions[1]?.at ?? null, "throw")
        : elemType.merge(context, loc, definitions, open),
  };
}

/** `anything`: sets deeply, functions pointwise, everything else must be equal. */
export const anything: OptionType = {
  kind: "anything",
  name: "anything",
  check: () => true,
  parts: (definitions) =>
    definitions.length > 0 && definitions.every((d) => d.value.type === "attrs" && isStringLike(d.value) === false),
  empty: null,
  join: (other) => (other.kind === "anything" ? anything : null),
  merge: (context, loc, definitions, open) => {
    if (anything.parts(definitions)) return attrsOf(anything).merge(context, loc, definitions, open);
    const [first] = definitions;
    if (first?.value.type === "function" && definitions.length > 1)
      return fails("several functions", first.at, "error");
    return definitions.some((d) => d.value.type === "attrs")
      ? mergeOne(loc, definitions)
      : mergeEqual(loc, definitions);
  },
};

/** `functionTo`: definitions are called, their results merged. */
export function functionTo(elemType: OptionType): OptionType {
  return {
    kind: "functionTo",
    name: `function to ${elemType.name}`,
    check: (value) => value.type === "function" || (value.type === "attrs" && hasAttribute(value, "__functor")),
    parts: () => false,
    empty: null,
    ...inner(elemType, functionTo),
    merge: (context, loc, definitions) => ({
      type: "function",
      name: loc.join("."),
      formals: null,
      ellipsis: false,
      origin: { at: definitions[0]?.at ?? null, step: "merge", from: [] },
      apply: (argument, at) =>
        context
          .merge(
            [...loc, "<function body>"],
            elemType,
            definitions.map((d) => ({
              value: delayed(at, () => applyFunction(d.value, [argument], at)),
              wrappers: [],
              file: d.file,
              at: d.at,
            })),
            [],
          )
          .read(),
    }),
  };
}

/** `unspecified`: merged by what the values are (`mergeDefaultOption`, lib/options.nix). */
export const unspecified: OptionType = { ...anyValue("unspecified", mergeByValues), parts: () => false };

export function mergeByValues(loc: readonly string[], definitions: readonly Resolved[]): Value {
  const [first] = definitions;
  if (definitions.length === 1 && first) return first.value;
  const values = definitions.map((d) => d.value);
  if (values.every((v) => v.type === "list")) {
    const items = values.flatMap((v) => v.items);
    return { ...list([]), items, rest: values.find((v) => v.rest)?.rest ?? null };
  }
  if (values.every((v) => v.type === "attrs")) {
    const entries = new Map<string, Attribute>();
    for (const value of values) for (const [name, entry] of value.entries) entries.set(name, entry);
    return { ...emptySet(), entries, rest: values.find((v) => v.rest)?.rest ?? null };
  }
  if (values.every((v) => v.type === "boolean")) return boolean(values.some((v) => v.value));
  if (values.every((v) => v.type === "string")) return string(values.map((v) => v.value).join(""));
  return mergeEqual(loc, definitions);
}

/** `mkOptionType { … }` of the user's: its own `merge` is called with the definitions. */
export function custom(name: string, check: OptionType["check"], merge: Thunk): OptionType {
  return anyValueNamed(name, check, (loc, definitions) => {
    const places = ready(list(loc.map((part) => ready(string(part)))));
    const given = ready(
      list(
        definitions.map((d) =>
          ready(
            attributes([
              ["file", string(d.file)],
              ["value", d.thunk],
            ]),
          ),
        ),
      ),
    );
    const at = definitions[0]?.at ?? null;
    return applyFunction(merge.force(), [places, given], at);
  });
}

function anyValueNamed(name: string, check: OptionType["check"], merge: Parameters<typeof anyValue>[1]): OptionType {
  return { ...anyValue("custom", merge), name, check };
}

function or(first: boolean | Unknown, second: () => boolean | Unknown): boolean | Unknown {
  if (first === true) return true;
  const other = second();
  if (other === true || first === false) return other;
  return first;
}
