import { attributes, becauseOf, boolean, fails, integer, list, string } from "../eval/make.ts";
import { applyFunction } from "../eval/ops.ts";
import type { Place, Thunk, Value } from "../eval/value.ts";
import { delayed, ready } from "../eval/value.ts";
import { type Definition, type Open, typeTag } from "./definition.ts";
import { priorities, type Resolved } from "./discharge.ts";
import { mergeDefinitions } from "./merge.ts";
import { submodule, unspecified } from "./types/compound.ts";
import { typeOf } from "./types/from-value.ts";
import type { MergeContext, Merged, OptionType } from "./types/type.ts";

/** One module's declaration at a place of the option tree: an option or a set of further options. */
export interface Declaration {
  readonly file: string;
  readonly value: Thunk;
  readonly at: Place;
}

/** An option with its value. */
export interface EvaluatedOption {
  readonly loc: readonly string[];
  readonly type: OptionType;
  /** The final value, after `apply`. */
  readonly value: Thunk;
  /** The definitions that made the value; those of the default have its priority. */
  readonly final: () => readonly Resolved[];
  readonly declarations: readonly Declaration[];
  /** As an attribute of `options`. */
  readonly asValue: Thunk;
}

export function isOption(value: Value): boolean {
  return value.type === "attrs" && typeTag(value) === "option";
}

/** Evaluates an option from all its declarations and definitions, like `evalOptionValue` of lib/modules.nix. */
export function evaluateOption(
  context: MergeContext,
  loc: readonly string[],
  declarations: readonly Declaration[],
  definitions: readonly Definition[],
  opens: readonly Open[],
): EvaluatedOption {
  const type = joinedType(declarations);
  const fallback = partOf(declarations, "default");
  const given: readonly Definition[] = fallback
    ? [{ ...fallback, wrappers: [{ kind: "override", priority: optionDefault }] }, ...definitions]
    : definitions;
  let merged: Merged | null = null;
  const merge = () => (merged ??= mergeDefinitions(context, loc, type, given, opens));
  const change = partOf(declarations, "apply");
  const at = definitions[0]?.at ?? declarations[0]?.at ?? null;
  const value = delayed(at, () => {
    if (!change) return merge().read();
    const before = delayed(at, () => merge().read());
    return applyFunction(change.value.force(), [before], change.at);
  });
  const final = () => merge().final;
  return {
    loc,
    type,
    value,
    final,
    declarations,
    asValue: delayed(at, () => optionValue(loc, declarations, value, merge)),
  };
}

const optionDefault = ready(integer(priorities.optionDefault));

/** The first declaration's part of this name: two would be an error. */
function partOf(declarations: readonly Declaration[], name: string): Definition | null {
  for (const { value, file } of declarations) {
    const option = value.force();
    const part = option.type === "attrs" ? option.entries.get(name) : undefined;
    if (part) return { value: part.thunk, wrappers: [], file, at: part.at };
  }
  return null;
}

/** The type of all declarations together; sets of options beside a submodule are further modules of it. */
function joinedType(declarations: readonly Declaration[]): OptionType {
  let type: OptionType | null = null;
  for (const { value, file } of declarations) {
    const option = value.force();
    if (option.type !== "attrs") continue;
    let next: OptionType | null = null;
    if (isOption(option)) {
      const declared = option.entries.get("type");
      if (declared) next = typeOf(declared.thunk.force());
    } else {
      next = submodule([{ value: ready(attributes([["options", ready(option)]])), file }], new Map(), null);
    }
    if (!next) continue;
    type = type === null ? next : (join(type, next) ?? type);
  }
  return type ?? unspecified;
}

function join(a: OptionType, b: OptionType): OptionType | null {
  return a.join?.(b) ?? b.join?.(a) ?? null;
}

function optionValue(
  loc: readonly string[],
  declarations: readonly Declaration[],
  value: Thunk,
  merge: () => Merged,
): Value {
  const entries: [string, Thunk][] = [];
  for (const { value: declared } of declarations) {
    const option = declared.force();
    if (option.type !== "attrs") continue;
    for (const [name, { thunk }] of option.entries) entries.push([name, thunk]);
  }
  const at = declarations[0]?.at ?? null;
  const final = (part: (d: Resolved) => Thunk) =>
    delayed(at, () => {
      const definitions = merge().final;
      const unsure = definitions.find((d) => d.conditional)?.conditional;
      return unsure ? becauseOf(unsure, "definitions") : list(definitions.map(part));
    });
  entries.push(
    ["loc", ready(list(loc.map((name) => ready(string(name)))))],
    ["value", value],
    ["isDefined", delayed(at, () => definedness(merge()))],
    ["highestPrio", delayed(at, () => highest(merge()))],
    ["declarations", ready(list(declarations.map((d) => ready(string(d.file)))))],
    ["files", final((d) => ready(string(d.file)))],
    ["definitions", final((d) => d.thunk)],
    [
      "definitionsWithLocations",
      final((d) =>
        ready(
          attributes([
            ["file", string(d.file)],
            ["value", d.thunk],
          ]),
        ),
      ),
    ],
  );
  return attributes(entries, { at, step: "merge", from: [] });
}

function definedness(merged: Merged): Value {
  return typeof merged.defined === "boolean" ? boolean(merged.defined) : becauseOf(merged.defined, "isDefined");
}

function highest(merged: Merged): Value {
  const unsure = merged.final.find((d) => d.conditional)?.conditional;
  if (unsure) return becauseOf(unsure, "highestPrio");
  const [first] = merged.final;
  return first ? integer(first.priority) : fails("the option has no definition");
}
