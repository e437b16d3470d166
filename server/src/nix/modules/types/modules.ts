import { attributes, fails, list, string } from "../../eval/make.ts";
import type { Item, Thunk, Unknown } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import type { Resolved } from "../discharge.ts";
import { refuse, showOption } from "../refusal.ts";
import { composed, inPhrase, phrase, phraseOf } from "./phrase.ts";
import type { MergeContext, ModuleInput, OptionType, SubmoduleParts, SubmoduleShape } from "./type.ts";

/** What `submoduleWith` takes beside the modules. */
export type SubmoduleOptions = Partial<Omit<SubmoduleShape, "modules">>;

/** `submoduleWith`. Without options it is `types.submodule`: a set that defines it is its `config`. */
export function submodule(modules: readonly ModuleInput[], given: SubmoduleOptions = {}): OptionType {
  const shape: SubmoduleShape = {
    modules,
    specialArgs: given.specialArgs ?? new Map(),
    onlyConfig: given.onlyConfig === undefined ? true : given.onlyConfig,
    kind: given.kind ?? null,
    description: given.description ?? null,
  };
  const evaluate = (
    context: MergeContext,
    loc: readonly string[],
    definitions: readonly Resolved[],
    open: Unknown | null,
    name?: string,
  ): SubmoduleParts =>
    context.submodule({
      loc,
      specialArgs: shape.specialArgs,
      open,
      kind: shape.kind,
      ...(name === undefined ? {} : { name }),
      modules: [
        ...modules,
        ...definitions.map(({ value, thunk, file, conditional }) => ({
          value: thunk,
          file,
          conditional,
          onlyConfig: value.type === "attrs" && shape.onlyConfig === true,
        })),
      ],
    });
  const bound = (
    context: MergeContext,
    loc: readonly string[],
    definitions: readonly Resolved[],
    open: Unknown | null,
  ): SubmoduleParts | Unknown => {
    const refused = definitions.find((d) => d.ordered);
    // `map ({ value, file }: …)` of lib/types.nix is called with the order as well.
    if (refused) return fails("mkOrder around a submodule", refused.at);
    return evaluate(context, loc, definitions, open, loc[loc.length - 1] ?? "");
  };
  return {
    kind: "submodule",
    name: "submodule",
    phrase: (context) => {
      if (shape.description !== null || context === null) return phrase(shape.description ?? "submodule");
      const freeform = evaluate(context, [], [], null).freeform();
      if (freeform === null) return phrase("submodule");
      if (freeform.type === "unknown") return phrase(freeform);
      const inside = phraseOf(context.typeOf(freeform), context);
      return composed(null, "open submodule of ", inPhrase(inside, "noun", "composite"));
    },
    check: (value) =>
      value.type === "unknown"
        ? value
        : ["attrs", "function", "path"].includes(value.type) ||
          (value.type === "string" && value.value.startsWith("/")),
    parts: () => true,
    empty: (context, loc) => evaluate(context, loc, [], null).config.force(),
    submodule: shape,
    withModules: (others) => submodule(others, shape),
    join: (other) => (other.kind === "submodule" && other.submodule ? joined(shape, other.submodule) : null),
    merge: (context, loc, definitions, open) => {
      const parts = bound(context, loc, definitions, open);
      return "config" in parts ? parts.config.force() : parts;
    },
    meta: (context, loc, definitions) => {
      const parts = bound(context, loc, definitions, null);
      return "config" in parts ? attributes([["configuration", parts.configuration]]) : parts;
    },
    subOptions: (context, prefix) => {
      const parts = evaluate(context, prefix, [], null);
      const options = parts.options.force();
      const freeform = parts.freeform();
      if (options.type !== "attrs" || freeform === null) return options;
      const below = delayed(null, () => context.subOptions(freeform, prefix));
      return { ...options, entries: new Map([...options.entries, ["_freeformOptions", { thunk: below, at: null }]]) };
    },
    payload: () => [
      ["modules", list(modules.map((module) => module.value))],
      ["specialArgs", attributes(shape.specialArgs)],
    ],
  };
}

function joined(a: SubmoduleShape, b: SubmoduleShape): OptionType | Unknown {
  const clash = (what: string) =>
    refuse({
      kind: "declaration",
      loc: [],
      message: `A submoduleWith option is declared multiple times with ${what}`,
      definitions: [],
    });
  if (a.kind !== null && b.kind !== null && a.kind !== b.kind)
    return clash(`conflicting class values "${a.kind}" and "${b.kind}".`);
  const twice = [...a.specialArgs.keys()].find((name) => b.specialArgs.has(name));
  if (twice !== undefined) return clash(`the same specialArgs "${twice}"`);
  if (a.onlyConfig !== null && b.onlyConfig !== null && a.onlyConfig !== b.onlyConfig)
    return clash("conflicting shorthandOnlyDefinesConfig values");
  if (a.description !== null && b.description !== null && a.description !== b.description)
    return clash("conflicting descriptions");
  return submodule([...a.modules, ...b.modules], {
    kind: a.kind ?? b.kind,
    specialArgs: new Map([...a.specialArgs, ...b.specialArgs]),
    onlyConfig: a.onlyConfig ?? b.onlyConfig,
    description: a.description ?? b.description,
  });
}

/** The type with its modules in the file of the declaration, as `fixupOptionType` of lib/modules.nix has it. */
export function located(type: OptionType, file: string): OptionType {
  const { submodule: shape, withModules } = type;
  if (!shape || !withModules || shape.modules.every((module) => module.file !== unknownFile)) return type;
  return withModules(shape.modules.map((module) => (module.file === unknownFile ? { ...module, file } : module)));
}

/** The file of a module that nobody named. */
const unknownFile = "<unknown-file>";

/** `deferredModule`: a module that imports all definitions. */
export function deferredModule(staticModules: readonly Thunk[] = []): OptionType {
  const inputs = staticModules.map((value): ModuleInput => ({ value, file: unknownFile }));
  const documented = submodule(inputs, { onlyConfig: false });
  return {
    kind: "deferredModule",
    name: "deferredModule",
    family: "deferredModuleWith",
    phrase: () => phrase("module", "noun"),
    check: (value) =>
      value.type === "unknown"
        ? value
        : ["attrs", "function", "path"].includes(value.type) ||
          (value.type === "string" && value.value.startsWith("/")),
    parts: () => true,
    empty: null,
    staticModules,
    ...(documented.subOptions ? { subOptions: documented.subOptions } : {}),
    join: (other) =>
      other.kind === "deferredModule" ? deferredModule([...staticModules, ...(other.staticModules ?? [])]) : null,
    merge: (_context, loc, definitions, open) => {
      const imports: Item[] = staticModules.map((thunk) => ({ thunk }));
      for (const { thunk, file, conditional } of definitions) {
        const located = ready(
          attributes([
            ["_file", string(`${file}, via option ${showOption(loc)}`)],
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
