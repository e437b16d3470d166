import type { FileSource } from "../../files.ts";
import type { Expression } from "../../syntax/ast.ts";
import type { Place, Thunk, Value } from "../value.ts";

/** What a builtin or library function may ask of the interpreter. One per evaluation; never shared between snapshots. */
export interface Evaluator {
  readonly files: FileSource;
  /** `import path`: memoised per path. Folders mean their default.nix. Unknown when the file cannot be had. */
  importFile(path: string, at: Place): Value;
  /** `scopedImport names path`: evaluated anew each time, with more names in scope. */
  importScoped(names: ReadonlyMap<string, { readonly thunk: Thunk }>, path: string, at: Place): Value;
  /** Evaluates an expression of ours in the scope of the builtins. */
  evaluate(expression: Expression, at: Place): Value;
  /** Counts one step of work; false when the budget is used up: return unknown({reason:"budget"}) then. */
  spend(steps?: number): boolean;
  /** The modelled nixpkgs `lib` as a value. */
  readonly lib: Thunk;
  /** `builtins` as a value. */
  readonly builtins: Thunk;
  /** When nixpkgs was last changed, in seconds since 1970, of all that are used; null when that is not known. */
  nixpkgsDate?(): number | null;
  /** What is known of a source without fetching it; null: nothing. */
  fetched?(address: string): FetchedSource | null;
}

/** A source that a configuration names by its address. */
export interface FetchedSource {
  /** What paths into it begin with. */
  readonly path: string;
  /** What it gives as a flake. */
  flake(): Value;
}

export interface Call {
  readonly evaluator: Evaluator;
  /** Where the function is called. */
  readonly at: Place;
}

/** One modelled function: builtin of Nix or of nixpkgs' lib. Curried by {@link functionOf}. */
export interface Definition {
  /** `map`, `lib.strings.concatMapStrings` … */
  readonly name: string;
  readonly parameters: readonly string[];
  /** `(a -> b) -> [a] -> [b]` */
  readonly signature: string;
  /** Where its meaning is written down: `Nix manual, builtins` or a file of nixpkgs such as `lib/lists.nix`. */
  readonly source: string;
  /** Why the result is never known, where that is so: what it depends on. For documentation. */
  readonly unknown?: string;
  /** Must not throw; unknown inputs give unknown results, with the reason kept. */
  run(call: Call, ...args: Thunk[]): Value;
}
