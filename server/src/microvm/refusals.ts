import type { Place, Unknown, Value } from "../nix/eval/value.ts";
import { priorities, type Resolved } from "../nix/modules/discharge.ts";
import { type Evaluation, evaluationOf } from "../nix/modules/evaluate.ts";
import { takesNoOther } from "../nix/modules/freeform.ts";
import type { EvaluatedOption } from "../nix/modules/option.ts";
import { type RefusalKind, refusalOf } from "../nix/modules/refusal.ts";
import { Level, type UndeclaredDefinition } from "../nix/modules/tree.ts";
import { wordsOf } from "../nix/modules/types/phrase.ts";
import type { OptionType } from "../nix/modules/types/type.ts";
import { leadsToRequired, optionNamed } from "./options/table.ts";

/** What was defined: its type, and the value itself where it is a string or a number. */
export interface Given {
  readonly type: Value["type"];
  readonly value: string | number | null;
}

/** A definition that real Nix refuses. */
export interface Refused {
  readonly kind: RefusalKind;
  /** The option by its name in the table: `microvm.volumes.*.size`. */
  readonly option: string;
  /** Where: the value, or the name of an option that nobody declares. */
  readonly at: Place;
  readonly given: Given | null;
  /** The type that is wanted, as Nix describes it. */
  readonly wanted: string | null;
  /** The definition is there only if this unknown condition holds. */
  readonly conditional: Unknown | null;
  /** Some module that we cannot read may declare options of its own. */
  readonly open: boolean;
}

/** An option that some module defines, with the place. */
export interface Used {
  readonly option: string;
  readonly at: Place;
}

export interface Checked {
  readonly refused: readonly Refused[];
  readonly used: readonly Used[];
}

/**
 * Looks at everything that modules define below `microvm`: at what is not of its option's type, contradicts itself, lacks
 * what is required, or is no option. Nothing is looked at that no module defines.
 */
export function checkOptions(evaluation: Evaluation): Checked {
  const refused: Refused[] = [];
  const used = new Map<string, Place>();
  const found: Found = { refused, used, open: mayBeDeclared(evaluation) };
  const top = evaluation.top();
  const level = top instanceof Level ? top.node("microvm") : null;
  if (level instanceof Level) {
    checkLevel(level, ["microvm"], null, found);
    if (takesNoOther(top as Level)) undeclaredIn(level.undeclared(), ["microvm"], null, found);
  }
  return { refused, used: [...used].map(([option, at]) => ({ option, at })) };
}

interface Found {
  readonly refused: Refused[];
  readonly used: Map<string, Place>;
  readonly open: boolean;
}

/** May a module that we do not see declare options below `microvm`? Public flakes that know nothing of microvm.nix do not. */
function mayBeDeclared(evaluation: Evaluation): boolean {
  const { foreign } = evaluation.request;
  return evaluation.unseen().some((unseen) => {
    const kind = foreign?.(unseen) ?? null;
    return kind !== "foreign" && kind !== "stranger";
  });
}

/** Names that are guests of their own, or packages: not looked into. */
const closed = new Set(["microvm.vms.<name>.config", "microvm.vms.<name>.evaluatedConfig", "microvm.vms.<name>.flake"]);

function checkLevel(level: Level, path: readonly string[], conditional: Unknown | null, found: Found): void {
  for (const name of level.names) {
    if (name === "_module" || !level.defines([name])) continue;
    const here = [...path, name];
    const node = level.node(name);
    if (node instanceof Level) checkLevel(node, here, conditional, found);
    else if (node && "declarations" in node) checkOption(node, here, conditional, found);
  }
}

function checkOption(
  option: EvaluatedOption,
  path: readonly string[],
  conditional: Unknown | null,
  found: Found,
): void {
  const name = path.join(".");
  const definitions = option.final().filter((d) => d.priority < priorities.optionDefault);
  const [first] = definitions;
  if (!first) return;
  // The user's own options below `microvm` are checked by their own types, too.
  if (!found.used.has(name)) found.used.set(name, first.at);
  if (closed.has(name)) return;
  const wrong = definitions.filter((d) => d.value.type !== "unknown" && option.type.check(d.value) === false);
  for (const definition of wrong) {
    found.refused.push({
      kind: "type",
      option: name,
      at: valuePlaceOf(definition),
      given: givenBy(definition.value),
      wanted: wordsOf(option.type, null),
      conditional: conditional ?? definition.conditional,
      open: found.open,
    });
  }
  if (wrong.length > 0) return;
  const value = option.value.force();
  if (value.type === "unknown") refusedValue(value, option.loc, name, definitions, conditional, found);
  else checkValue(option.type, value, path, option.loc, conditional, found);
}

/** A value that the module system itself fails to give, for a reason of this very option. */
function refusedValue(
  value: Unknown,
  loc: readonly string[],
  name: string,
  definitions: readonly Resolved[],
  conditional: Unknown | null,
  found: Found,
): void {
  const refusal = refusalOf(value);
  if (!refusal || refusal.kind === "missing" || !startsWith(refusal.loc, loc)) return;
  const culprit = refusal.definitions.at(-1);
  const same = definitions.find((d) => d === culprit);
  const at = same ? valuePlaceOf(same) : placeOfValue(culprit?.at ?? value.at);
  const given = same ? givenBy(same.value) : null;
  const wanted = refusal.wanted ?? null;
  found.refused.push({ kind: refusal.kind, option: name, at, given, wanted, conditional, open: found.open });
}

function startsWith(loc: readonly string[], start: readonly string[]): boolean {
  return start.every((part, index) => loc[index] === part);
}

function checkValue(
  type: OptionType,
  value: Value,
  path: readonly string[],
  loc: readonly string[],
  conditional: Unknown | null,
  found: Found,
): void {
  const inner = evaluationOf(value);
  if (inner) {
    checkSubmodule(inner, path, conditional, found);
    return;
  }
  const element = type.element;
  if (!element) return;
  if (type.kind === "listOf" && value.type === "list") {
    for (const item of value.items) {
      checkElement(
        element,
        item.thunk.force(),
        [...path, "*"],
        loc,
        item.conditional ?? conditional,
        found,
        item.thunk.at,
      );
    }
  } else if (type.kind === "attrsOf" && value.type === "attrs") {
    for (const [name, entry] of value.entries) {
      const here = [...path, "<name>"];
      const below = [...loc, name];
      checkElement(element, entry.thunk.force(), here, below, entry.conditional ?? conditional, found, entry.at);
    }
  } else if (type.kind === "nullOr" && value.type !== "null") {
    checkValue(element, value, path, loc, conditional, found);
  }
}

function checkElement(
  type: OptionType,
  value: Value,
  path: readonly string[],
  loc: readonly string[],
  conditional: Unknown | null,
  found: Found,
  at: Place,
): void {
  if (value.type === "unknown") refusedElement(value, loc, path.join("."), conditional, found, at);
  else checkValue(type, value, path, loc, conditional, found);
}

function refusedElement(
  value: Unknown,
  loc: readonly string[],
  name: string,
  conditional: Unknown | null,
  found: Found,
  at: Place,
): void {
  const refusal = refusalOf(value);
  if (!refusal || refusal.kind === "missing" || !startsWith(refusal.loc, loc)) return;
  const culprit = refusal.definitions.at(-1);
  found.refused.push({
    kind: refusal.kind,
    option: name,
    at: placeOfValue(culprit?.at ?? at),
    given: null,
    wanted: refusal.wanted ?? null,
    conditional,
    open: found.open,
  });
}

/** An element of `volumes`, `shares` …: its options, what is no option of it, and what is required. */
function checkSubmodule(
  evaluation: Evaluation,
  path: readonly string[],
  conditional: Unknown | null,
  found: Found,
): void {
  const top = evaluation.top();
  if (!(top instanceof Level)) return;
  checkLevel(top, path, conditional, found);
  undeclaredIn(evaluation.undeclared(), path, conditional, found);
  if (top.doubts.length > 0) return;
  const origin = evaluation.request.modules.at(-1)?.value.force();
  const at = origin && origin.type !== "unknown" ? origin.origin.at : null;
  requiredIn(top, path, at, conditional, found);
}

function requiredIn(level: Level, path: readonly string[], at: Place, conditional: Unknown | null, found: Found): void {
  for (const name of level.names) {
    const here = [...path, name];
    const option = here.join(".");
    if (!leadsToRequired(option)) continue;
    const node = level.node(name);
    if (node instanceof Level) {
      requiredIn(node, here, at, conditional, found);
      continue;
    }
    if (!optionNamed(option)?.required || !node || !("declarations" in node)) continue;
    const value = node.value.force();
    if (value.type !== "unknown" || refusalOf(value)?.kind !== "missing" || node.final().length > 0) continue;
    found.refused.push({ kind: "missing", option, at, given: null, wanted: null, conditional, open: found.open });
  }
}

function undeclaredIn(
  definitions: readonly UndeclaredDefinition[],
  path: readonly string[],
  conditional: Unknown | null,
  found: Found,
): void {
  for (const { path: below, definition } of definitions) {
    const unsure = definition.wrappers.find((wrapper) => wrapper.kind === "uncertain");
    found.refused.push({
      kind: "undeclared",
      option: [...path, ...below].join("."),
      at: definition.at,
      given: null,
      wanted: null,
      conditional: conditional ?? (unsure?.kind === "uncertain" ? unsure.because : null),
      open: found.open,
    });
  }
}

/** Where a definition gives the value, as Nix tells it: not where a name in it comes from. */
function valuePlaceOf({ value, at }: Resolved): Place {
  return placeOfValue(at) ?? (value.type === "unknown" ? null : value.origin.at);
}

function placeOfValue(at: Place): Place {
  return at !== null && "kind" in at && at.kind === "binding" ? at.value : at;
}

function givenBy(value: Value): Given {
  if (value.type === "string") return { type: "string", value: value.value };
  if (value.type === "integer" || value.type === "float") return { type: value.type, value: Number(value.value) };
  return { type: value.type, value: null };
}
