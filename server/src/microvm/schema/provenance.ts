import { attributes, string } from "../../nix/eval/make.ts";
import type { Value } from "../../nix/eval/value.ts";
import { ready } from "../../nix/eval/value.ts";
import type { InputInfo } from "../../nix/flakes/world.ts";
import type { Evaluation } from "../../nix/modules/evaluate.ts";

/** Which microvm.nix a machine is made with, as far as its flake tells. */
export interface Provenance {
  /** Not upstream's: it may have options, types and runners of its own. */
  readonly fork: boolean;
  /** When the locked commit was made, in seconds since 1970; null: no lock file says. */
  readonly lastModified: number | null;
}

/** Upstream's names: the repository moved in 2025. */
export const upstream: ReadonlySet<string> = new Set(["astro", "microvm-nix"]);

const prefix = "/<microvm.nix>/provenance/";

export function provenanceOfInput({ reference, lastModified }: InputInfo): Provenance {
  const owner = reference?.owner ?? null;
  return { fork: owner !== null && !upstream.has(owner), lastModified };
}

/** A module that does nothing but tell, by its key, where the modules that import it come from. */
export function provenanceModule({ fork, lastModified }: Provenance): Value {
  const key = string(`${prefix}${fork ? "fork" : "upstream"}/${lastModified ?? ""}`);
  return attributes([
    ["_file", key],
    ["key", key],
    ["config", ready(attributes([]))],
  ]);
}

/** Of the modules that a configuration takes in; null where nothing tells. */
export function provenanceOf(evaluation: Evaluation): Provenance | null {
  const module = evaluation.modules().find(({ key }) => key.startsWith(prefix));
  if (!module) return null;
  const [kind, date = ""] = module.key.slice(prefix.length).split("/");
  return { fork: kind === "fork", lastModified: date === "" ? null : Number(date) };
}
