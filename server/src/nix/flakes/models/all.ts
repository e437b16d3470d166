import type { InputModel } from "../world.ts";
import { blueprint } from "./blueprint.ts";
import { clan } from "./clan.ts";
import { colmena } from "./colmena.ts";
import { ezConfigs } from "./ez-configs.ts";
import { flakeCompat } from "./flake-compat.ts";
import { flakeParts } from "./flake-parts.ts";
import { flakeUtils } from "./flake-utils.ts";
import { flakeUtilsPlus } from "./flake-utils-plus.ts";
import { haumea } from "./haumea.ts";
import { importTree } from "./import-tree.ts";
import { nixosUnified } from "./nixos-unified.ts";
import { nixpkgs } from "./nixpkgs.ts";
import { snowfall } from "./snowfall.ts";
import { systems } from "./systems.ts";

/** The flakes that are known without their sources. The first that matches an input counts. */
export const flakeModels: readonly InputModel[] = [
  nixpkgs,
  flakeParts,
  flakeCompat,
  flakeUtils,
  importTree,
  systems,
  clan,
  colmena,
  flakeUtilsPlus,
  snowfall,
  haumea,
  blueprint,
  nixosUnified,
  ezConfigs,
];
