import type { Plain } from "../../microvm/options/option-facts.ts";

/**
 * A test of one setting; what is not known passes no test. A list of arguments `passes` a flag with a parameter, as
 * `["--cpus", "boot"]`, where an argument behind that flag is `…boot=…`.
 */
export type Test = readonly [
  option: string,
  is: "is" | "is not" | "above" | "below" | "longer than" | "one of" | "none of" | "contains" | "passes" | "not set",
  than: Plain,
];

/**
 * One thing that microvm.nix throws, asserts or warns about. All that is given has to hold: the hypervisor, the tests of
 * `when`, those of `item` for an element of the list `each`.
 */
export interface Row {
  /** The file of microvm.nix that says it. */
  readonly source: string;
  readonly kind: "refuses" | "warns";
  /** When it came to microvm.nix, in seconds since 1970, where a lock may be older; an older one does not say it. */
  readonly since?: number;
  readonly hypervisor?: string;
  readonly when?: readonly Test[];
  /** Asked of every element of this list. */
  readonly each?: string;
  readonly item?: readonly Test[];
  /** Of the elements for which `item` holds, one has the same value of this as another. */
  readonly twice?: string;
  /** No element of the list passes the tests. */
  readonly without?: readonly [list: string, ...tests: readonly Test[]];
  /** What Nix says; `{id}` stands for a value of the element, or of an option. */
  readonly says: string;
  /** The option at which it is told: of the element, where there is one. */
  readonly at: string;
}
