import { keeperOptions } from "../../microvm/options/keeper.ts";
import type { OptionFacts } from "../../microvm/options/option-facts.ts";
import {
  allOptions,
  childrenOf,
  guestOptions,
  hostOptions,
  optionNamed,
  optionPath,
} from "../../microvm/options/table.ts";
import frequencies from "./frequencies.json" with { type: "json" };

/** Made by microvm.nix itself, or of no use to anybody who writes a configuration. */
const internal: ReadonlySet<string> = new Set(
  ["declaredRunner", "runner", "binScripts", "initrdPath", "systemSymlink", "vmHostPackages"].map(
    (name) => `microvm.${name}`,
  ),
);
/** Options of other modules than options.nix that microvm.nix makes, too. */
const made = /^microvm\.(storeDisk|bootDisk|deploy(\..*)?)$/;

const counts: Readonly<Record<string, number>> = frequencies.counts;

/** How often people set an option, or one below it; 0 for those that were not met. */
export function frequency(name: string): number {
  return counts[name] ?? 0;
}

export type Side = "guest" | "host";

const bySide = { guest: guestOptions, host: hostOptions };

/** The names that may stand below a path, with the option where the name is one itself. */
export function optionsBelow(
  path: readonly string[],
  side: Side | null = null,
): ReadonlyMap<string, OptionFacts | null> {
  const own = optionPath(path);
  if (!own) return new Map();
  if (own[0] === "services") return childrenOf(own, keeperOptions);
  const isList = optionNamed(own.join("."))?.type.startsWith("list of") === true;
  const options = (side === null ? allOptions : bySide[side]).filter(
    ({ name }) => !internal.has(name) && !made.test(name),
  );
  return childrenOf([...own, ...(isList ? ["*"] : [])], options);
}
