import type { Text } from "../../base/text.ts";
import type { ImageFacts } from "../../disk/facts.ts";
import type { Owner } from "../reasons.ts";

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
      /** Of one that is there when the volume script looks; null: not known, or its own. */
      readonly owner: Owner | null;
    }
  /** Nothing but zeros, of this size in bytes where that is known. */
  | { readonly is: "blank"; readonly bytes: number | null; readonly owner: Owner | null }
  /** A link that leads nowhere: `[ ! -e ]` calls it absent. */
  | { readonly is: "dangling"; readonly image: ImageFacts }
  | { readonly is: "unknown"; readonly why: Text };

/** Whether the same is known of both, whoever owns what is there. */
export function sameState(a: ImageState | null, b: ImageState | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  switch (a.is) {
    case "absent":
      return b.is === "absent";
    case "seen":
      return b.is === "seen" && a.bytes === b.bytes && sameImage(a.image, b.image);
    case "dangling":
      return b.is === "dangling" && sameImage(a.image, b.image);
    case "blank":
      return b.is === "blank" && a.bytes === b.bytes;
    case "made":
      return (
        b.is === "made" &&
        (["type", "label", "bytes", "filesystemBytes"] as const).every((field) => a[field] === b[field])
      );
    case "unknown":
      return false;
  }
}

function sameImage(a: ImageFacts, b: ImageFacts): boolean {
  return a.realPath === b.realPath && a.filesystem === b.filesystem && a.container === b.container;
}
