import type { Text } from "../base/text.ts";
import type { ImageFacts } from "../disk/facts.ts";

/** What a volume's image is known to be at one moment of the start. */
export type ImageState =
  | { readonly is: "absent" }
  /** As it was seen, but for its size, which may be another one by now. */
  | { readonly is: "seen"; readonly image: ImageFacts; readonly bytes: number | null }
  /** Made by a mkfs of this start; sizes in bytes. */
  | {
      readonly is: "made";
      readonly type: string;
      /** Null: not known; "" is none. */
      readonly label: string | null;
      readonly bytes: number | null;
      readonly filesystemBytes: number | null;
    }
  /** Nothing but zeros, of this size in bytes where that is known. */
  | { readonly is: "blank"; readonly bytes: number | null }
  /** A link that leads nowhere: `[ ! -e ]` calls it absent. */
  | { readonly is: "dangling"; readonly image: ImageFacts }
  | { readonly is: "unknown"; readonly why: Text };
