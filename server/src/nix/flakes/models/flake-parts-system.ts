import { attributes, becauseOf, external, integer, string } from "../../eval/make.ts";
import { selectAttribute } from "../../eval/ops.ts";
import type { Attribute, AttributesValue, Thunk, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import { type Evaluation, evaluateModules } from "../../modules/evaluate.ts";
import type { World } from "../world.ts";
import { packages } from "./packages.ts";

/** What `perSystem` makes, one evaluation per system (flake-parts, modules/perSystem.nix and modules/transposition.nix). */
export class PerSystem {
  readonly #world: World;
  readonly #inputs: Thunk;
  /** `config` of the flake's modules. */
  readonly #config: () => Value;
  readonly #evaluations = new Map<string, Evaluation>();

  constructor(world: World, inputs: Thunk, config: () => Value) {
    this.#world = world;
    this.#inputs = inputs;
    this.#config = config;
  }

  /** The arguments that modules and functions for one system get; of an unknown system they are unknown. */
  arguments(system: Thunk | null): AttributesValue {
    const name = system?.force();
    const known: [string, Thunk | Value][] = [["lib", this.#world.evaluator.lib]];
    if (name?.type !== "string") {
      for (const each of ["pkgs", "system", "config", "options", "self'", "inputs'"])
        known.push([each, external(`${each} of perSystem`)]);
      return { ...attributes(known), rest: external("an argument of perSystem") };
    }
    const evaluation = this.#of(name.value);
    const args = selectAttribute(evaluation.internal.force(), "args", null);
    const set = attributes([
      ...known,
      ["system", name],
      ["config", evaluation.config],
      ["options", evaluation.options],
    ]);
    if (args.type !== "attrs") return { ...set, rest: args.type === "unknown" ? args : null };
    return {
      ...set,
      entries: new Map([...set.entries, ...args.entries]),
      rest: args.rest ?? external("an argument of perSystem"),
    };
  }

  /** The configuration of one system. */
  configuration(system: Thunk): Value {
    const name = system.force();
    if (name.type !== "string") return name.type === "unknown" ? becauseOf(name, "getSystem") : external("getSystem");
    return this.#of(name.value).config.force();
  }

  /** `{ <system> = perSystem's value of this name; }` over all systems of the flake. */
  transposed(name: string): Value {
    const systems = selectAttribute(this.#config(), "systems", null);
    if (systems.type !== "list") return systems.type === "unknown" ? becauseOf(systems, name) : external(name);
    const entries = new Map<string, Attribute>();
    for (const { thunk } of systems.items) {
      const system = thunk.force();
      if (system.type !== "string") return external(`${name} of every system`);
      entries.set(system.value, {
        at: null,
        thunk: delayed(null, () => selectAttribute(this.#of(system.value).config.force(), name, null)),
      });
    }
    return { type: "attrs", entries, rest: systems.rest, origin: { at: null, step: "builtin", from: [] } };
  }

  #of(system: string): Evaluation {
    let evaluation = this.#evaluations.get(system);
    if (!evaluation) {
      const world = this.#world;
      const name = ready(string(system));
      const pkgs = attributes([
        ["_type", string("override")],
        ["priority", integer(1500)],
        ["content", delayed(null, () => packages(world, name, null))],
      ]);
      const base = attributes([
        [
          "_module",
          ready(
            attributes([
              [
                "args",
                ready(
                  attributes([
                    ["pkgs", pkgs],
                    ["inputs'", delayed(null, () => this.#inputsOf(system))],
                    ["self'", external("self' of perSystem")],
                  ]),
                ),
              ],
            ]),
          ),
        ],
      ]);
      const modules = delayed(null, () => selectAttribute(this.#config(), "perSystem", null));
      evaluation = evaluateModules({
        evaluator: world.evaluator,
        modules: [
          { value: ready(base), file: "<flake-parts>" },
          { value: modules, file: "<perSystem>" },
        ],
        specialArgs: new Map([["system", name]]),
        undeclared: "shape",
        foreign: (unseen) => world.foreignPart(unseen),
        importFile: (path) => world.importModule(path),
      });
      this.#evaluations.set(system, evaluation);
    }
    return evaluation;
  }

  /** `inputs'`: of every input, the outputs of this system. */
  #inputsOf(system: string): Value {
    const inputs = this.#inputs.force();
    if (inputs.type !== "attrs") return inputs;
    const entries = new Map<string, Attribute>();
    for (const [name, { thunk, at }] of inputs.entries) {
      entries.set(name, { at, thunk: delayed(at, () => outputsOf(thunk.force(), system)) });
    }
    return { ...inputs, entries };
  }
}

function outputsOf(input: Value, system: string): Value {
  if (input.type !== "attrs") return input;
  const entries = new Map<string, Attribute>();
  for (const name of ["packages", "legacyPackages", "apps", "checks", "devShells"]) {
    const output = input.entries.get(name);
    if (output)
      entries.set(name, {
        at: output.at,
        thunk: delayed(output.at, () => selectAttribute(output.thunk.force(), system, null)),
      });
  }
  return { ...input, entries, rest: input.rest ?? external("an output of another input") };
}
