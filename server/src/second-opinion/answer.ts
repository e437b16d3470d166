/** One value of real Nix; null: evaluating it throws. */
export type Attempt<T> = { readonly value: T } | null;

/** A volume as real Nix sees it. Sizes in MiB; a field is absent when microvm.nix's revision has no such option. */
export type NixVolume = Readonly<Record<string, Attempt<unknown>>>;

export interface NixGuest {
  readonly hostName: Attempt<string>;
  readonly hypervisor: Attempt<string>;
  readonly writableStoreOverlay: Attempt<string | null>;
  readonly volumes: Attempt<readonly NixVolume[]>;
}

/** What the expression gives for one element of `nixosConfigurations`. */
export interface NixConfiguration {
  readonly guest: NixGuest | null;
  readonly vms: Readonly<Record<string, NixGuest | null>>;
  readonly stateDir: Attempt<string>;
}

export type NixAnswer = Readonly<Record<string, NixConfiguration>>;

export type Failure = "nix-missing" | "timeout" | "too-much-output" | "failed" | "malformed" | "cancelled";

export type AnswerResult =
  | { readonly ok: true; readonly answer: NixAnswer; readonly seconds: number }
  | { readonly ok: false; readonly reason: Failure /** the end of what Nix printed */; readonly detail: string };
