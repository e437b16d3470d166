import type { Text } from "../../base/text.ts";
import type { Observed } from "../../disk/facts.ts";
import type { Volume } from "../../microvm/model.ts";
import type { ImageState } from "../image/state.ts";
import type { Owner, Reason } from "../reasons.ts";

/** The directory in which an image is or would be made: where it is a link, that of what it leads to. */
export interface Parent {
  readonly directory: string;
  readonly owner: Observed<Owner>;
}

/** One way in which what comes before the volume script may go. */
export interface BeforeWay {
  /** The images when the volume script looks; one that is not listed is as it was seen. */
  readonly states: ReadonlyMap<Volume, ImageState>;
  /** What was done to the image of a volume. */
  readonly reasons: ReadonlyMap<Volume, readonly Reason[]>;
  /** The start ends before the volume script. */
  readonly refused: Reason | null;
  /** It is the way of a boot of the host, and of no start of the guest alone. */
  readonly boots?: boolean;
  /** Of the image of a volume; null where nothing is known of it. Left out: as it was seen. */
  readonly parent?: (volume: Volume) => Parent | null;
}

/** What the host's units and `preStart` do before the volume script: each way that is possible, at least one. */
export interface Before {
  readonly ways: readonly BeforeWay[];
  /** Why there is more than one way. */
  readonly why: Text | null;
  /** There are two: that of a start of the guest alone, and that of a boot of the host. */
  readonly byBoot?: boolean;
}

/** Nothing happens. */
export const untouched: Before = {
  ways: [{ states: new Map(), reasons: new Map(), refused: null }],
  why: null,
};
