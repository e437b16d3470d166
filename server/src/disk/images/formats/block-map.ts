import type { ContainerFacts } from "../../facts.ts";
import type { Reading } from "../bytes.ts";

/** How the bytes of a guest's disk are found in the file. */
export interface BlockMap {
  /** `locate` answers for a whole block of this many bytes. */
  readonly blockBytes: number;
  /** Offset in the file of the block that holds `guestOffset`, its bytes, `zero`, or why it cannot be had. */
  locate(guestOffset: number): Reading<number | Uint8Array | "zero" | string>;
}

export interface Container {
  readonly facts: ContainerFacts;
  /** `null`: the file is the disk. Text: why the guest's bytes cannot be followed. */
  readonly map: BlockMap | string | null;
}
