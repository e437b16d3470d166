import { attributes, boolean, integer, list, nullValue, string } from "../../nix/eval/make.ts";
import { selectAttribute } from "../../nix/eval/ops.ts";
import type { AttributesValue, Thunk, Value } from "../../nix/eval/value.ts";
import { delayed, ready } from "../../nix/eval/value.ts";
import { baseModule, systemValue } from "../../nix/flakes/models/nixos-system.ts";
import type { World } from "../../nix/flakes/world.ts";
import { attrsOf, emptyList, nullOr } from "../../nix/modules/types/containers.ts";
import { submodule } from "../../nix/modules/types/modules.ts";
import { described, mergeOne, scalar } from "../../nix/modules/types/scalars.ts";
import type { ModuleInput, OptionType } from "../../nix/modules/types/type.ts";
import { declareBelow } from "../options/declare.ts";
import { hostOptions as table } from "../options/table.ts";
import { guestModule, moduleFunction } from "./guest.ts";
import { type Provenance, provenanceModule } from "./provenance.ts";

/** `key` of the host module: a configuration that has it runs guests. */
export const hostKey = "/<microvm.nix>/nixos-modules/host";

/** The state directory where `microvm.stateDir` is not set (nixos-modules/host/options.nix). */
export const defaultStateDir = "/var/lib/microvms";

/** The host module, `nixosModules.host`. Source: nixos-modules/host/options.nix of microvm.nix. */
export function hostModule(world: World, provenance: Provenance | null = null): Value {
  const told = provenance ? [ready(provenanceModule(provenance))] : [];
  return moduleFunction((args) =>
    attributes([
      ["_file", string(hostKey)],
      ["key", string(hostKey)],
      ["imports", list(told)],
      ["options", ready(attributes([["microvm", ready(hostOptions(world, args("config"), provenance))]]))],
      ["config", attributes([])],
    ]),
  ).force();
}

function hostOptions(world: World, config: Thunk, provenance: Provenance | null): AttributesValue {
  const hostPackages = delayed(null, () => {
    const internal = selectAttribute(config.force(), "_module", null);
    return selectAttribute(selectAttribute(internal, "args", null), "pkgs", null);
  });
  return declareBelow(["microvm"], table, hostKey, {
    "microvm.vms": { type: attrsOf(machine(world, hostPackages, provenance)) },
  });
}

/** One of `microvm.vms`. */
function machine(world: World, hostPackages: Thunk, provenance: Provenance | null): OptionType {
  const module = moduleFunction((args) => {
    const own = (name: string) => delayed(null, () => selectAttribute(args("config").force(), name, null));
    return attributes([
      [
        "options",
        ready(
          declareBelow(["microvm", "vms", "<name>"], table, hostKey, {
            "microvm.vms.<name>.config": { type: nullOr(guestConfiguration(world, own, provenance)) },
            "microvm.vms.<name>.nixpkgs": { type: source, fallback: string("/<nixpkgs>") },
            "microvm.vms.<name>.pkgs": { fallback: hostPackages },
            "microvm.vms.<name>.extraModules": { fallback: emptyList() },
            "microvm.vms.<name>.flake": { type: nullOr(source), fallback: nullValue() },
            "microvm.vms.<name>.updateFlake": { fallback: nullValue() },
            "microvm.vms.<name>.restartIfChanged": {
              fallback: delayed(null, () => {
                const value = own("config").force();
                return value.type === "unknown" ? value : boolean(value.type !== "null");
              }),
            },
          }),
        ),
      ],
    ]);
  });
  return submodule([{ value: module, file: hostKey }]);
}

/** A path, or a flake: only what is surely neither is refused. */
const source: OptionType = described(
  scalar(
    "path",
    (value) => {
      if (value.type === "unknown" || value.type === "attrs") return true;
      return value.type === "path" || (value.type === "string" && value.value.startsWith("/"));
    },
    mergeOne,
  ),
  "absolute path",
);

/** The type of `config`: its definitions are the modules of a NixOS configuration of its own. */
function guestConfiguration(world: World, own: (name: string) => Thunk, provenance: Provenance | null): OptionType {
  return {
    kind: "Toplevel NixOS config",
    name: "NixOS configuration",
    check: () => true,
    parts: () => true,
    empty: null,
    merge: (_context, loc, definitions, open) => {
      const name = loc[loc.length - 2] ?? "";
      const special = own("specialArgs").force();
      const specialArgs = new Map<string, Thunk>([["modulesPath", ready(string("/<nixpkgs>/nixos/modules"))]]);
      if (special.type === "attrs") for (const [key, { thunk }] of special.entries) specialArgs.set(key, thunk);
      const modules: ModuleInput[] = [
        baseModule(world, own("pkgs"), null, null),
        ...listed(own("extraModules").force()),
        { value: ready(defaultHostName(name)), file: hostKey },
        { value: ready(guestModule(provenance)), file: hostKey },
        ...definitions.map(({ thunk, file, conditional }) => ({ value: thunk, file, conditional })),
        ...(open ? [{ value: ready(open), file: hostKey }] : []),
      ];
      return systemValue(world.evaluateSystem({ modules, specialArgs, prefix: [] }));
    },
  };
}

/** `networking.hostName = mkDefault name` */
export function defaultHostName(name: string): Value {
  const byDefault = attributes([
    ["_type", string("override")],
    ["priority", integer(1000)],
    ["content", string(name)],
  ]);
  return attributes([["config", attributes([["networking", ready(attributes([["hostName", ready(byDefault)]]))]])]]);
}

function listed(value: Value): ModuleInput[] {
  if (value.type !== "list") return value.type === "unknown" ? [{ value: ready(value), file: hostKey }] : [];
  const items: ModuleInput[] = value.items.map((i) => ({
    value: i.thunk,
    file: hostKey,
    conditional: i.conditional ?? null,
  }));
  return value.rest ? [...items, { value: ready(value.rest), file: hostKey }] : items;
}
