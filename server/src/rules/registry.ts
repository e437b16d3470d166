import { fstypeDiffersFromImage } from "./fstype-differs-from-image.ts";
import { imageBlank } from "./image-blank.ts";
import { imageShared } from "./image-shared.ts";
import { requiredOptionMissing } from "./required-option-missing.ts";
import type { Rule } from "./rule.ts";
import { sizeDiffersFromImage } from "./size-differs-from-image.ts";
import { unknownSuppression } from "./unknown-suppression.ts";
import { unusedSuppression } from "./unused-suppression.ts";

/** Every rule there is, in the order in which `explain` lists them. A rule that is not here does not exist. */
export const rules: readonly Rule[] = [
  sizeDiffersFromImage,
  imageBlank,
  fstypeDiffersFromImage,
  imageShared,
  requiredOptionMissing,
  unknownSuppression,
  unusedSuppression,
];

/** The rule of this id. */
export function ruleById(id: string): Rule | undefined {
  return rules.find((rule) => rule.id === id);
}
