import { charge } from "../eval/budget.ts";
import { attributes, becauseOf, boolean, fails, integer, list, string, unsupported } from "../eval/make.ts";
import { applyFunction, isError } from "../eval/ops.ts";
import { positionValue } from "../eval/position.ts";
import type { FunctionValue, Place, Thunk, Unknown, Value } from "../eval/value.ts";
import { delayed, placeSpan, ready } from "../eval/value.ts";
import { type Definition, isOurModel, type Open, typeTag } from "./definition.ts";
import { priorities, type Resolved } from "./discharge.ts";
import { mergeDefinitions, metaOf } from "./merge.ts";
import { refuse, showOption } from "./refusal.ts";
import { unspecified } from "./types/compound.ts";
import { located, submodule } from "./types/modules.ts";
import { wordsOf } from "./types/phrase.ts";
import { opaque } from "./types/scalars.ts";
import type { MergeContext, Merged, OptionType } from "./types/type.ts";
import { typeValue } from "./types/view.ts";

/** One module's declaration at a place of the option tree: an option or a set of further options. */
export interface Declaration {
  readonly file: string;
  readonly value: Thunk;
  readonly at: Place;
  /** The set that it stands in is written out, not made by a function. */
  readonly written?: boolean;
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

/** What it takes to evaluate an option, in units of work: none of it is an expression. */
const optionUnits = 200;

/** Evaluates an option from all its declarations and definitions, like `evalOptionValue` of lib/modules.nix. */
export function evaluateOption(
  context: MergeContext,
  loc: readonly string[],
  declarations: readonly Declaration[],
  definitions: readonly Definition[],
  opens: readonly Open[],
): EvaluatedOption {
  charge(optionUnits + definitions.length);
  const type = joinedType(context, loc, declarations);
  if (type.kind === refusedType) return refused(loc, type, declarations);
  const fallback = partOf(declarations, "default");
  const given: readonly Definition[] = fallback
    ? [{ ...fallback, wrappers: [{ kind: "override", priority: optionDefault }] }, ...definitions]
    : definitions;
  let merged: Merged | null = null;
  const merge = () => (merged ??= mergeDefinitions(context, loc, type, given, opens));
  const change = partOf(declarations, "apply");
  const at = definitions[0]?.at ?? declarations[0]?.at ?? null;
  const value = delayed(at, () => {
    const twice = setTwice(loc, declarations, given);
    if (twice) return twice;
    if (!change) return merge().read();
    const before = delayed(at, () => merge().read());
    return applyFunction(change.value.force(), [before], change.at);
  });
  const final = () => merge().final;
  const meta = delayed(at, () => metaOf(context, loc, type, given));
  return {
    loc,
    type,
    value,
    final,
    declarations,
    asValue: delayed(at, () => optionValue(context, { loc, type, declarations, value, merge, meta })),
  };
}

/** A read-only option that is defined more than once, its default included. */
function setTwice(
  loc: readonly string[],
  declarations: readonly Declaration[],
  definitions: readonly Definition[],
): Unknown | null {
  if (definitions.length < 2) return null;
  const flag = partOf(declarations, "readOnly")?.value.force();
  if (flag?.type !== "boolean" || !flag.value) return null;
  const sure = definitions.filter((d) => !d.wrappers.some((w) => w.kind === "uncertain"));
  if (sure.length < 2) return null;
  const message = `The option \`${showOption(loc)}' is read-only, but it's set multiple times.`;
  return refuse({ kind: "conflict", loc, message, definitions: sure }, sure[1]?.at ?? null);
}

/** An option whose declarations real Nix refuses. */
function refused(loc: readonly string[], type: OptionType, declarations: readonly Declaration[]): EvaluatedOption {
  const problem = type.merge(nothing, loc, [], null);
  const value = ready(problem);
  return { loc, type, value, final: () => [], declarations, asValue: value };
}
const nothing = null as unknown as MergeContext;

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

const refusedType = "refused";

/** Stands for a type where real Nix refuses the declarations. */
function refusal(problem: Unknown): OptionType {
  return opaque(refusedType, problem, () => problem);
}

/**
 * The type of all declarations together; sets of options beside a submodule are further modules of it. Two declarations may
 * not both have a default, a description …; where a model of ours is one of them, that is not looked at.
 */
function joinedType(context: MergeContext, loc: readonly string[], declarations: readonly Declaration[]): OptionType {
  let type: OptionType | null = null;
  const seen = new Set<string>();
  const strict = !declarations.some((d) => isOurModel(d.file));
  const clash = (at: Place, file: string) => {
    const files = declarations.map((d) => `\`${d.file}'`).join(" and ");
    const message = `The option \`${showOption(loc)}' in \`${file}' is already declared in ${files}.`;
    return refusal(refuse({ kind: "declaration", loc, message, definitions: declarations }, at));
  };
  for (const { value, file, at } of declarations) {
    const option = value.force();
    if (option.type !== "attrs") continue;
    let next: OptionType | null = null;
    if (isOption(option)) {
      for (const name of ["default", "example", "description", "apply"]) {
        if (!option.entries.has(name)) continue;
        if (seen.has(name) && strict) return clash(at, file);
        seen.add(name);
      }
      const declared = option.entries.get("type");
      const given = declared?.thunk.force();
      if (given?.type === "unknown" && isError(given)) return refusal(becauseOf(given, "type", declared?.at ?? at));
      const own = given ? context.typeOf(given) : null;
      next = own && located(own, file);
      if (!own?.submodule && strict && declarations.some((d) => !isOption(d.value.force()))) {
        return parentOfOptions(context, loc, own, declarations);
      }
    } else {
      next = submodule([{ value: ready(attributes([["options", ready(option)]])), file }], { onlyConfig: null });
    }
    if (!next) continue;
    if (type === null) {
      type = next;
      continue;
    }
    const joined: OptionType | Unknown | null = join(type, next);
    if (joined && "type" in joined) return refusal(joined);
    if (joined === null && strict) return clash(at, file);
    type = joined ?? type;
  }
  return type ?? unspecified;
}

function parentOfOptions(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType | null,
  declarations: readonly Declaration[],
): OptionType {
  const words = type ? wordsOf(type, context) : "<no description>";
  const parent = declarations.find((d) => isOption(d.value.force()));
  const message = `The option \`${showOption(loc)}' in module \`${parent?.file}' would be a parent of other options, but its type \`${words}' does not support nested options.`;
  return refusal(refuse({ kind: "declaration", loc, message, definitions: declarations }, parent?.at ?? null));
}

function join(a: OptionType, b: OptionType): OptionType | Unknown | null {
  return a.join?.(b) ?? null;
}

interface OptionParts {
  readonly loc: readonly string[];
  readonly type: OptionType;
  readonly declarations: readonly Declaration[];
  readonly value: Thunk;
  readonly merge: () => Merged;
  readonly meta: Thunk;
}

function optionValue(context: MergeContext, option: OptionParts): Value {
  const { loc, type, declarations, value, merge, meta } = option;
  const entries: [string, Thunk][] = [];
  for (const { value: declared } of [...declarations].reverse()) {
    const set = declared.force();
    if (set.type !== "attrs" || !isOption(set)) continue;
    for (const [name, { thunk }] of set.entries) entries.push([name, thunk]);
  }
  const at = declarations[0]?.at ?? null;
  const final = (part: (d: Resolved) => Thunk) =>
    delayed(at, () => {
      const definitions = merge().final;
      const unsure = definitions.find((d) => d.conditional)?.conditional;
      return unsure ? becauseOf(unsure, "definitions") : list(definitions.map(part));
    });
  entries.push(
    ["type", delayed(at, () => typeValue(type, context))],
    ["loc", ready(list(loc.map((name) => ready(string(name)))))],
    ["value", value],
    ["isDefined", delayed(at, () => definedness(merge()))],
    ["highestPrio", delayed(at, () => highest(merge()))],
    ["declarations", ready(list(declarations.map((d) => ready(string(d.file)))))],
    ["declarationPositions", ready(list(declarations.map((d) => delayed(at, () => positionOf(context, d)))))],
    ["valueMeta", meta],
    ["__toString", ready(shownAs(loc))],
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

/** Where an option is declared; the line is known where the set of options is written out. */
function positionOf(context: MergeContext, { file, at, written }: Declaration): Value {
  if (written && placeSpan(at)) return positionValue(context.evaluator.files, at);
  const unsure = unsupported("places in the source");
  return attributes([
    ["file", string(file)],
    ["line", unsure],
    ["column", unsure],
  ]);
}

function shownAs(loc: readonly string[]): FunctionValue {
  return {
    type: "function",
    name: "__toString",
    formals: null,
    ellipsis: false,
    origin: { at: null, step: "builtin", from: [] },
    apply: () => string(showOption(loc)),
  };
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
