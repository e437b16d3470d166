import type { AttributesValue, Place, Unknown, Value } from "../eval/value.ts";
import { type Evaluation, evaluationOf } from "./evaluate.ts";
import type { EvaluatedOption } from "./option.ts";
import { type Refusal, refusalOf, showOption } from "./refusal.ts";
import { Level } from "./tree.ts";

/** What real Nix refuses of a configuration, at the definition at fault. */
export interface Problem extends Refusal {
  readonly at: Place;
}

export interface Problems {
  /** Sure ones only: nothing that hangs on an unknown condition or value. In the order of the option tree. */
  readonly found: readonly Problem[];
  /**
   * Modules that are not seen, or declarations that cannot be read, may declare further options: then problems of the kind
   * `undeclared` need not be true.
   */
  readonly mayDeclareMore: Unknown | null;
}

/** More values than these are not looked at. */
const mostValues = 20_000;

/**
 * Looks at the options at a path and below it, through lists, sets and submodules. Asks for their values: Nix refuses a
 * value of a wrong type only where it is asked for as well, and a `missing` one is none before that. A definition that is
 * overridden (`mkForce`) or switched off (`mkIf false`) is never refused for its type; one of an option that does not exist
 * is refused even under `mkIf false`, as in lib/modules.nix.
 */
export function problemsOf(evaluation: Evaluation, path: readonly string[] = []): Problems {
  const search = new Search();
  const top = evaluation.top();
  if (!(top instanceof Level)) {
    search.unknown(top);
    return { found: search.found, mayDeclareMore: top };
  }
  search.evaluation(evaluation, path);
  return { found: search.found, mayDeclareMore: doubtAbout(evaluation, top, path) };
}

function doubtAbout(evaluation: Evaluation, top: Level, path: readonly string[]): Unknown | null {
  const unseen = evaluation.unseen()[0]?.because ?? null;
  let level: Level | EvaluatedOption | Unknown | null = top;
  let doubt = unseen;
  for (const name of path) {
    if (!(level instanceof Level)) break;
    doubt ??= level.doubts[0]?.because ?? null;
    level = level.node(name);
  }
  return level instanceof Level ? (doubt ?? level.doubts[0]?.because ?? null) : doubt;
}

class Search {
  readonly found: Problem[] = [];
  readonly #seen = new Set<object>();
  #left = mostValues;

  evaluation(evaluation: Evaluation, path: readonly string[]): void {
    if (this.#known(evaluation.identity)) return;
    const top = evaluation.top();
    if (!(top instanceof Level)) {
      this.unknown(top);
      return;
    }
    const prefix = evaluation.request.prefix ?? [];
    for (const { path: own, definition } of evaluation.undeclared()) {
      const inside = path.every((name, i) => own[i] === undefined || own[i] === name) && own.length >= path.length;
      if (!inside || definition.wrappers.length > 0 || own[0] === "_module") continue;
      const loc = [...prefix, ...own];
      const message = `The option \`${showOption(loc)}' does not exist.`;
      this.found.push({ kind: "undeclared", loc, message, definitions: [definition], at: definition.at });
    }
    let node: Level | EvaluatedOption | Unknown | null = top;
    for (const name of path) node = node instanceof Level ? node.node(name) : null;
    this.#node(node);
    if (path.length === 0 && evaluation.freeform() !== null) this.#freeform(evaluation.config.force(), top);
  }

  /** Values of a free-form type. */
  #freeform(config: Value, top: Level): void {
    if (config.type !== "attrs") {
      if (config.type === "unknown") this.unknown(config);
      return;
    }
    const declared = new Set(top.names);
    for (const [name, { thunk, conditional }] of config.entries) {
      if (!declared.has(name) && !conditional) this.#value(thunk.force(), 0);
    }
  }

  #node(node: Level | EvaluatedOption | Unknown | null): void {
    if (node === null) return;
    if (node instanceof Level) {
      for (const name of node.names) if (name !== "_module") this.#node(node.node(name));
      // A definition of the whole level that is no set.
      for (const { because, fails } of node.doubts) if (fails) this.unknown(because);
      return;
    }
    if ("declarations" in node) this.#value(node.value.force(), 0);
    else this.unknown(node);
  }

  #value(value: Value, depth: number): void {
    if (this.#left-- <= 0 || depth > 30) return;
    if (value.type === "unknown") this.unknown(value);
    if (value.type === "list") {
      if (value.rest) this.unknown(value.rest);
      for (const { thunk, conditional } of value.items) if (!conditional) this.#value(thunk.force(), depth + 1);
    }
    if (value.type === "attrs") this.#set(value, depth);
  }

  #set(value: AttributesValue, depth: number): void {
    if (this.#known(value)) return;
    const inner = evaluationOf(value);
    if (inner) {
      this.evaluation(inner, []);
      return;
    }
    // Packages and the like are values of their own, not sets of options.
    if (["outPath", "_type", "__functor", "__toString"].some((name) => value.entries.has(name))) return;
    if (value.rest) this.unknown(value.rest);
    for (const { thunk, conditional } of value.entries.values())
      if (!conditional) this.#value(thunk.force(), depth + 1);
  }

  /** Tells a refusal once, however many values depend on it. */
  unknown(of: Unknown): void {
    const refusal = refusalOf(of);
    if (!refusal || this.#known(refusal)) return;
    this.found.push({ ...refusal, at: refusal.definitions[0]?.at ?? null });
  }

  #known(object: object): boolean {
    if (this.#seen.has(object)) return true;
    this.#seen.add(object);
    return false;
  }
}
