import { attributes, boolean, nullValue, string, unknown } from "../eval/make.ts";
import type { AttributesValue, Thunk, Value } from "../eval/value.ts";
import { ready } from "../eval/value.ts";
import { attrsOf, nullOr } from "./types/containers.ts";
import { optionTypes } from "./types/option-types.ts";
import { anyValue, bool, described, mergeOne } from "./types/scalars.ts";
import { bindType, type ModuleInput, type OptionType } from "./types/type.ts";

/** A list of modules as a program gives it; what is not known of it becomes an unknown module. */
export function inputsOf(value: Value, file: string): ModuleInput[] {
  if (value.type !== "list") {
    const reason =
      value.type === "unknown" ? value : unknown({ reason: "wrong-type", expected: "a list", found: value.type });
    return [{ value: ready(reason), file }];
  }
  const inputs: ModuleInput[] = value.items.map((item) => ({
    value: item.thunk,
    file,
    conditional: item.conditional ?? null,
  }));
  return value.rest ? [...inputs, { value: ready(value.rest), file }] : inputs;
}

/** `name` of a submodule: the attribute name that it is bound to; while nothing binds it, a default for documentation. */
export function nameModule(name: string | undefined): ModuleInput {
  const bound =
    name === undefined
      ? attributes([
          ["_type", string("override")],
          ["priority", { type: "integer", value: 1500n, origin: { at: null, step: "builtin", from: [] } }],
          ["content", string("‹name›")],
        ])
      : string(name);
  const args = attributes([["name", bound]]);
  const config = attributes([["_module", ready(attributes([["args", ready(args)]]))]]);
  return { value: ready(config), file: "<lib/types.nix>", onlyConfig: true };
}

/** Made once: all evaluations share it. */
let internalOptions: Thunk | null = null;

function makeInternalOptions(): Thunk {
  const options = attributes([
    ["args", declared(attrsOf(described(anyValue("raw", mergeOne), "raw value"), true))],
    ["check", declared(bool, boolean(true))],
    ["freeformType", declared(nullOr(optionTypes), nullValue())],
    ["specialArgs", declared(anyValue("unspecified", mergeOne))],
  ]);
  return ready(attributes([["_module", ready(options)]]));
}

/** The options `_module.…` that every evaluation has, and the arguments that every module gets. */
export function internalModule(
  special: ReadonlyMap<string, Thunk>,
  args: Iterable<readonly [string, Thunk | Value]>,
): ModuleInput {
  internalOptions ??= makeInternalOptions();
  const parts = attributes([
    ["specialArgs", attributes(special)],
    ["args", attributes(args)],
  ]);
  const module = attributes([
    ["_file", string("lib/modules.nix")],
    ["key", string("lib/modules.nix")],
    ["options", internalOptions],
    ["config", attributes([["_module", parts]])],
  ]);
  return { value: ready(module), file: "lib/modules.nix" };
}

/** An option for `options` that is written in TypeScript. */
export function declared(type: OptionType, fallback?: Value | Thunk): AttributesValue {
  const tag = attributes([
    ["_type", string("option-type")],
    ["name", string(type.name)],
  ]);
  bindType(tag, type);
  const entries: [string, Value | Thunk][] = [
    ["_type", string("option")],
    ["type", tag],
  ];
  if (fallback) entries.push(["default", fallback]);
  return attributes(entries);
}
