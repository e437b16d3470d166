import { attached } from "../../base/attached.ts";
import { printable } from "../../base/printable.ts";
import { verbatim } from "../../base/text.ts";
import type { VolumeOnDisk } from "../world.ts";
import type { ImageState } from "./state.ts";

/** The state of an image that nothing happens to before the volume script looks. */
export function seenState({ image }: Pick<VolumeOnDisk, "image">): ImageState {
  const before = states.get(image);
  if (before) return before;
  const made = readState(image);
  states.set(image, made);
  return made;
}

const states = attached<VolumeOnDisk["image"], ImageState>();

function readState(image: VolumeOnDisk["image"]): ImageState {
  if (image.state === "absent") return { is: "absent" };
  if (image.state === "unreadable") return { is: "unknown", why: verbatim(printable(image.detail)) };
  const { value } = image;
  if (value.linkKind === "symlink" && value.kind === "unknown") return { is: "dangling", image: value };
  return { is: "seen", image: value, bytes: null };
}
