import { filesystemLargerThanImage } from "./filesystem-larger-than-image.ts";
import { filesystemSmallerThanImage } from "./filesystem-smaller-than-image.ts";
import { fstypeDiffersFromImage } from "./fstype-differs-from-image.ts";
import { imageBlank } from "./image-blank.ts";
import { imageDirectoryMissing } from "./image-directory-missing.ts";
import { imageFormatDiffers } from "./image-format-differs.ts";
import { imageMissing } from "./image-missing.ts";
import { imageNotWritable } from "./image-not-writable.ts";
import { imageShared } from "./image-shared.ts";
import { labelDiffersFromImage } from "./label-differs-from-image.ts";
import { labelInvalid } from "./label-invalid.ts";
import { overlayUpperUnsuitable } from "./overlay-upper-unsuitable.ts";
import { overlayWithStoreOptimise } from "./overlay-with-store-optimise.ts";
import { overlayWithoutMount } from "./overlay-without-mount.ts";
import { requiredOptionMissing } from "./required-option-missing.ts";
import type { Rule } from "./rule.ts";
import { sizeBelowMinimum } from "./size-below-minimum.ts";
import { sizeDiffersFromImage } from "./size-differs-from-image.ts";
import { unknownSuppression } from "./unknown-suppression.ts";
import { unusedSuppression } from "./unused-suppression.ts";

/** Every rule there is, in the order in which `explain` lists them. A rule that is not here does not exist. */
export const rules: readonly Rule[] = [
  sizeDiffersFromImage,
  imageBlank,
  filesystemLargerThanImage,
  filesystemSmallerThanImage,
  fstypeDiffersFromImage,
  labelDiffersFromImage,
  labelInvalid,
  sizeBelowMinimum,
  overlayUpperUnsuitable,
  overlayWithoutMount,
  overlayWithStoreOptimise,
  imageFormatDiffers,
  imageNotWritable,
  imageDirectoryMissing,
  imageMissing,
  imageShared,
  requiredOptionMissing,
  unknownSuppression,
  unusedSuppression,
];

/** The rule of this id. */
export function ruleById(id: string): Rule | undefined {
  return rules.find((rule) => rule.id === id);
}
