/** What a shell needs to know of one command. */
export interface Completable {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletableOption[];
  /** Words that may follow the command; empty: paths. */
  readonly words: readonly string[];
}

export interface CompletableOption {
  /** Without the dashes. */
  readonly name: string;
  readonly does: string;
  /** Null: it takes no value; empty: any, such as a path. */
  readonly values: readonly string[] | null;
}
