/** The type of an option as data: the name of the constructor in lib.types, and the types inside it. */
export interface TypeShape {
  readonly kind: string;
  readonly of?: TypeShape;
  readonly sides?: readonly [TypeShape, TypeShape];
  readonly values?: readonly string[];
  /** A submodule that takes attributes that nobody declares. */
  readonly freeform?: boolean;
}

/** Plain data. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** One option of microvm.nix, as its own declarations have it (generate.mjs). */
export interface OptionFacts {
  /** Full name, e.g. `microvm.volumes.*.size`; `*` is an element of a list, `<name>` any name. */
  readonly name: string;
  readonly type: string;
  readonly shape: TypeShape;
  readonly default?: string;
  /** The default as data, where it is plain data and hangs on no other option. */
  readonly plain?: Plain;
  readonly required?: boolean;
  readonly readOnly?: boolean;
  readonly internal?: boolean;
  readonly values?: readonly string[];
  readonly example?: string;
  /** When it came to microvm.nix, in seconds since 1970; absent: before 2024, as far back as its history can be read. */
  readonly since?: number;
}
