import type { Definition } from "../../definition.ts";
import asserts from "./asserts.nix";
import attrsets from "./attrsets.nix";
import cli from "./cli.nix";
import customisation from "./customisation.nix";
import debug from "./debug.nix";
import derivations from "./derivations.nix";
import fileset from "./fileset.nix";
import filesystem from "./filesystem.nix";
import fixedPoints from "./fixed-points.nix";
import generators from "./generators.nix";
import gvariant from "./gvariant.nix";
import kernel from "./kernel.nix";
import lists from "./lists.nix";
import meta from "./meta.nix";
import misc from "./misc.nix";
import modules from "./modules.nix";
import network from "./network.nix";
import options from "./options.nix";
import root from "./root.nix";
import sources from "./sources.nix";
import strings from "./strings.nix";
import stringsWithDeps from "./strings-with-deps.nix";
import trivial from "./trivial.nix";
import versions from "./versions.nix";
import { writtenSet } from "./written.ts";

/**
 * Functions of nixpkgs' lib that are seldom used, or that only compute: one file of Nix for each file of nixpkgs. What they
 * make of something unknown is unknown by itself.
 */
export const writtenFunctions: readonly Definition[] = [
  ...writtenSet("trivial", "lib/trivial.nix", trivial),
  ...writtenSet("fixedPoints", "lib/fixed-points.nix", fixedPoints),
  ...writtenSet("versions", "lib/versions.nix", versions),
  ...writtenSet("asserts", "lib/asserts.nix", asserts),
  ...writtenSet("debug", "lib/debug.nix", debug),
  ...writtenSet("lists", "lib/lists.nix", lists),
  ...writtenSet("attrsets", "lib/attrsets.nix", attrsets),
  ...writtenSet("strings", "lib/strings.nix", strings),
  ...writtenSet("stringsWithDeps", "lib/strings-with-deps.nix", stringsWithDeps),
  ...writtenSet("modules", "lib/modules.nix", modules),
  ...writtenSet("options", "lib/options.nix", options),
  ...writtenSet("customisation", "lib/customisation.nix", customisation),
  ...writtenSet("derivations", "lib/derivations.nix", derivations),
  ...writtenSet("meta", "lib/meta.nix", meta),
  ...writtenSet("sources", "lib/sources.nix", sources),
  ...writtenSet("fileset", "lib/fileset/default.nix", fileset),
  ...writtenSet("filesystem", "lib/filesystem.nix", filesystem),
  ...writtenSet("generators", "lib/generators.nix", generators),
  ...writtenSet("cli", "lib/cli.nix", cli),
  ...writtenSet("gvariant", "lib/gvariant.nix", gvariant),
  ...writtenSet("", "lib/default.nix", root),
  ...writtenSet("misc", "lib/deprecated/misc.nix", misc),
  ...writtenSet("network.ipv6", "lib/network/default.nix", network),
  ...writtenSet("kernel", "lib/kernel.nix", kernel),
];
