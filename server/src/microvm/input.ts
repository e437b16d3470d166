import { attributes, external, list, string } from "../nix/eval/make.ts";
import type { Value } from "../nix/eval/value.ts";
import { ready } from "../nix/eval/value.ts";
import type { InputModel, World } from "../nix/flakes/world.ts";
import { hypervisors } from "./model.ts";
import { guestModule, guestOptionsModule } from "./schema/guest.ts";
import { hostModule } from "./schema/host.ts";
import { type Provenance, provenanceOfInput } from "./schema/provenance.ts";

/** The flake of microvm.nix, whoever's fork it is. Source: flake.nix of microvm.nix. */
export const microvmNix: InputModel = {
  name: "microvm.nix",
  matches: ({ repo }) => repo === "microvm.nix" || repo === "microvm",
  outputs: (world, input) => {
    const modules = nixosModules(world, provenanceOfInput(input));
    return world.openInput(input, [
      ["nixosModules", { ...modules, rest: external("a module of microvm.nix") }],
      [
        "lib",
        {
          ...attributes([
            ["hypervisors", names()],
            ["hypervisorsWithNetwork", names()],
            ["defaultFsType", string("ext4")],
          ]),
          rest: external("lib of microvm.nix"),
        },
      ],
      ["overlay", overlay()],
      ["overlays", attributes([["default", overlay()]])],
    ]);
  },
  // However it is pinned: npins, niv, a channel, a checkout of one's own. Nothing else has folders of these names.
  locate: (end) => {
    const found = /\/nixos-modules\/(host|microvm)(\/options\.nix)?(\/default\.nix|\/)?$/.exec(end);
    if (!found || (found[1] === "host" && found[2])) return null;
    return `/nixos-modules/${found[1]}${found[2] ?? ""}`;
  },
  file: (world, input, path) => {
    const provenance = provenanceOfInput(input);
    switch (path.replace(/\/(default\.nix)?$/, "")) {
      case "/nixos-modules/microvm":
        return guestModule(provenance);
      case "/nixos-modules/microvm/options.nix":
        return guestOptionsModule();
      case "/nixos-modules/host":
      case "/nixos-modules/host.nix":
        return hostModule(world, provenance);
      default:
        return null;
    }
  },
};

function nixosModules(world: World, provenance: Provenance) {
  return attributes([
    ["microvm", guestModule(provenance)],
    ["host", hostModule(world, provenance)],
    ["microvm-options", guestOptionsModule()],
  ]);
}

function names(): Value {
  return list(hypervisors.map((name) => ready(string(name))));
}

/** It adds packages only. */
function overlay(): Value {
  const origin = { at: null, step: "builtin" as const, from: [] };
  const inner: Value = {
    type: "function",
    name: "overlay",
    formals: null,
    ellipsis: false,
    origin,
    apply: () => attributes([]),
  };
  return { ...inner, apply: () => inner };
}
