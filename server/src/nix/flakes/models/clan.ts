import type { InputModel } from "../world.ts";
import source from "./clan.nix";

/**
 * Clan (git.clan.lol/clan/clan-core): machines that are NixOS configurations, given one by one or found as folders. Written
 * anew after modules/clan/module.nix, flakeModules/clan.nix, lib/clan/default.nix and nixosModules/machineModules/forName.nix.
 * Services of the inventory add their `extraModules`; those of clan-core itself set nothing of microvm.nix, those of others
 * are unknown.
 */
export const clan: InputModel = {
  name: "clan-core",
  matches: ({ repo, owner }) => repo === "clan-core" || (owner === "clan" && repo === "clan"),
  outputs: (world, input) => {
    const set = world.openInput(input);
    const model = world.ours("clan-core", source);
    if (model.type !== "attrs") return set;
    return { ...set, entries: new Map([...set.entries, ...model.entries]) };
  },
};
