import type { Thunk } from "../../value.ts";
import type { Definition } from "../definition.ts";
import { apply, later } from "./combine.ts";
import { section } from "./kit.ts";

/** `lib.fixedPoints.fix` needs a knot in our own terms; the others are written in Nix. */
export const fixedPoints: readonly Definition[] = [
  section("fixedPoints", "lib/fixed-points.nix")("fix", "f", "(a -> a) -> a", (call, f) => {
    const self: Thunk = later(call, () => apply(call, f, self));
    return self.force();
  }),
];
