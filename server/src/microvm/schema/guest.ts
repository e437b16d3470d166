import { attributes, becauseOf, boolean, external, nullValue, string } from "../../nix/eval/make.ts";
import { concatStrings, equals, selectAttribute } from "../../nix/eval/ops.ts";
import type { AttributesValue, Thunk, Unknown, Value } from "../../nix/eval/value.ts";
import { delayed, ready } from "../../nix/eval/value.ts";
import { declared } from "../../nix/modules/inputs.ts";
import { unspecified } from "../../nix/modules/types/compound.ts";
import { attrsOf, emptyList, listOf } from "../../nix/modules/types/containers.ts";
import { submodule } from "../../nix/modules/types/modules.ts";
import { anyValue, mergeOne } from "../../nix/modules/types/scalars.ts";
import type { OptionType } from "../../nix/modules/types/type.ts";
import { declareBelow } from "../options/declare.ts";
import { optionNamed, guestOptions as table } from "../options/table.ts";
import { typeOfShape } from "../options/types.ts";
import { type Provenance, provenanceModule } from "./provenance.ts";
import { runnerOf, runnersOf } from "./runner.ts";

/** `key` of the guest module: a configuration that has it is a guest. */
export const guestKey = "/<microvm.nix>/nixos-modules/microvm";
const optionsKey = "/<microvm.nix>/nixos-modules/microvm/options.nix";

const anything = anyValue("package", mergeOne);
const off = boolean(false);
const on = boolean(true);
const none = nullValue();

/**
 * The options of a guest, from the table (microvm/options), with the defaults that hang on other options. Those whose
 * default is a package or depends on NixOS are unknown unless set.
 */
function guestOptions(config: Thunk): AttributesValue {
  const option = (...path: string[]): Value =>
    path.reduce<Value>((at, name) => selectAttribute(at, name, null), config.force());
  const hostName = delayed(null, () => option("networking", "hostName"));
  const socket = delayed(null, () => concatStrings([hostName.force(), string(".sock")], "interpolation", null));
  const runner = runnerOf(config);
  const own: Readonly<Record<string, () => Value>> = {
    declaredRunner: () => declared(anything, runner),
    // Those of the host's system where `cpu` is set: packages have the same names there.
    vmHostPackages: () =>
      declared(
        typeNamed("vmHostPackages"),
        delayed(null, () => option("_module", "args", "pkgs")),
      ),
    runner: () => declared(attrsOf(anything), runnersOf(runner)),
    socket: () => declared(typeNamed("socket"), socket),
    hotpluggedMem: () =>
      declared(
        typeNamed("hotpluggedMem"),
        delayed(null, () => option("microvm", "hotplugMem")),
      ),
    shares: () => declared(listOf(share(hostName)), emptyList()),
    storeOnDisk: () =>
      declared(
        typeNamed("storeOnDisk"),
        delayed(null, () => storeOnDisk(option("microvm", "shares"))),
      ),
    systemSymlink: () =>
      declared(
        typeNamed("systemSymlink"),
        delayed(null, () => operateNot(option("microvm", "storeOnDisk"))),
      ),
    registerClosure: () =>
      declared(
        typeNamed("registerClosure"),
        delayed(null, () => option("microvm", "guest", "enable")),
      ),
  };
  optionsOfAll ??= declareBelow(["microvm"], table, optionsKey);
  const entries = [...optionsOfAll.entries].map(([name, { thunk }]) => {
    const make = own[name];
    return [name, make ? delayed(null, make) : thunk] as const;
  });
  return attributes(entries);
}

/** The options that are the same for every guest, made when the first is read. */
let optionsOfAll: AttributesValue | null = null;

/** The type of an option of guests that is no submodule. */
function typeNamed(name: string): OptionType {
  const shape = optionNamed(`microvm.${name}`)?.shape ?? { kind: "unspecified" };
  return typeOfShape(shape, () => unspecified);
}

function operateNot(value: Value): Value {
  if (value.type === "boolean") return boolean(!value.value);
  return value.type === "unknown" ? becauseOf(value, "systemSymlink") : external("systemSymlink");
}

function share(hostName: Thunk): OptionType {
  const options = (config: Thunk): AttributesValue => {
    const own = (name: string) => selectAttribute(config.force(), name, null);
    const socket = () => {
      const proto = own("proto");
      if (proto.type === "unknown") return becauseOf(proto, "socket");
      if (proto.type !== "string" || proto.value !== "virtiofs") return none;
      return concatStrings(
        [hostName.force(), string("-virtiofs-"), own("tag"), string(".sock")],
        "interpolation",
        null,
      );
    };
    return declareBelow(["microvm", "shares", "*"], table, optionsKey, {
      "microvm.shares.*.socket": { fallback: delayed(null, socket) },
    });
  };
  return submodule([
    { value: moduleFunction((args) => attributes([["options", ready(options(args("config")))]])), file: optionsKey },
  ]);
}

/** `! any ({ source, … }: source == "/nix/store") config.microvm.shares` */
function storeOnDisk(shares: Value): Value {
  if (shares.type !== "list") return shares.type === "unknown" ? becauseOf(shares, "storeOnDisk") : boolean(true);
  let unsure: Unknown | null = shares.rest;
  for (const { thunk, conditional } of shares.items) {
    const same = equals(selectAttribute(thunk.force(), "source", null), string("/nix/store"), null);
    if (same.type === "boolean" && !same.value) continue;
    if (same.type === "boolean" && !conditional) return off;
    unsure ??= conditional ?? (same.type === "unknown" ? same : null);
  }
  return unsure ? becauseOf(unsure, "storeOnDisk") : on;
}

/** The guest module, `nixosModules.microvm`. */
export function guestModule(provenance: Provenance | null = null): Value {
  const imports = provenance ? [guestOptionsModule(), provenanceModule(provenance)] : [guestOptionsModule()];
  return attributes([
    ["_file", string(guestKey)],
    ["key", string(guestKey)],
    [
      "imports",
      {
        type: "list",
        items: imports.map((module) => ({ thunk: ready(module) })),
        rest: null,
        origin: { at: null, step: "builtin", from: [] },
      },
    ],
    ["config", attributes([])],
  ]);
}

/** The options alone, `nixosModules.microvm-options`. */
export function guestOptionsModule(): Value {
  return moduleFunction((args) =>
    attributes([
      ["_file", string(optionsKey)],
      ["key", string(optionsKey)],
      ["options", ready(attributes([["microvm", ready(guestOptions(args("config")))]]))],
      ["config", attributes([])],
    ]),
  ).force();
}

/** A module that is a function of its arguments. */
export function moduleFunction(make: (args: (name: string) => Thunk) => Value): Thunk {
  return ready({
    type: "function",
    name: "microvm.nix",
    formals: null,
    ellipsis: true,
    origin: { at: null, step: "builtin", from: [] },
    apply: (argument) => {
      const given = argument.force();
      const missing = ready(external("a module argument"));
      return make((name) => (given.type === "attrs" ? given.entries.get(name)?.thunk : undefined) ?? missing);
    },
  });
}
