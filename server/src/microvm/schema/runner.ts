import { attached } from "../../base/attached.ts";
import { attributes, external, rootCause } from "../../nix/eval/make.ts";
import type { Thunk, Unknown, Value } from "../../nix/eval/value.ts";
import { ready } from "../../nix/eval/value.ts";
import { hypervisors } from "../model.ts";

/** Of each runner, the `config` of its guest. */
const guests = attached<Unknown, Thunk>();

/**
 * The runner of a guest, a package: unknown as such, but {@link runnerBehind} knows it again wherever it went. Source:
 * `runner` and `declaredRunner` in nixos-modules/microvm/options.nix of microvm.nix.
 */
export function runnerOf(config: Thunk): Unknown {
  const runner = external("the runner of a microVM");
  guests.set(runner, config);
  return runner;
}

/** One runner for each hypervisor. */
export function runnersOf(runner: Unknown): Value {
  return attributes(hypervisors.map((name) => [name, ready(runner)] as const));
}

/** The `config` of the guest whose runner this is, or is made from: a path into it, or a set that changes parts of it. */
export function runnerBehind(value: Value): Value | null {
  const reason = value.type === "unknown" ? value : value.type === "attrs" ? value.rest : null;
  return (reason && guests.get(rootCause(reason))?.force()) ?? null;
}
