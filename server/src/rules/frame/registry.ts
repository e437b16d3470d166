import { cleanupServiceIneffective } from "../cleanup-service-ineffective.ts";
import { deviceByPosition } from "../device-by-position.ts";
import { evaluationFails } from "../evaluation-fails.ts";
import { filesystemLargerThanImage } from "../filesystem-larger-than-image.ts";
import { filesystemSmallerThanImage } from "../filesystem-smaller-than-image.ts";
import { fstypeDiffersFromImage } from "../fstype-differs-from-image.ts";
import { fstypeUnsupported } from "../fstype-unsupported.ts";
import { guestUndeclared } from "../guest-undeclared.ts";
import { hostOvercommitted } from "../host-overcommitted.ts";
import { imageBlank } from "../image-blank.ts";
import { imageDirectoryMissing } from "../image-directory-missing.ts";
import { imageFormatDiffers } from "../image-format-differs.ts";
import { imageMissing } from "../image-missing.ts";
import { imageNotWritable } from "../image-not-writable.ts";
import { imageShared } from "../image-shared.ts";
import { imageUndeclared } from "../image-undeclared.ts";
import { inputOutdated } from "../input-outdated.ts";
import { labelDiffersFromImage } from "../label-differs-from-image.ts";
import { labelInvalid } from "../label-invalid.ts";
import { mountPointDuplicate } from "../mount-point-duplicate.ts";
import { mountedElsewhere } from "../mounted-elsewhere.ts";
import { notDeployed } from "../not-deployed.ts";
import { optionIgnoredByHypervisor } from "../option-ignored-by-hypervisor.ts";
import { optionType } from "../option-type.ts";
import { optionUnknown } from "../option-unknown.ts";
import { overlayUpperUnsuitable } from "../overlay-upper-unsuitable.ts";
import { overlayWithStoreOptimise } from "../overlay-with-store-optimise.ts";
import { overlayWithoutMount } from "../overlay-without-mount.ts";
import { readonlyNeedsRecovery } from "../readonly-needs-recovery.ts";
import { requiredOptionMissing } from "../required-option-missing.ts";
import { sizeBelowMinimum } from "../size-below-minimum.ts";
import { sizeDiffersFromImage } from "../size-differs-from-image.ts";
import { sizeUnitSuspicious } from "../size-unit-suspicious.ts";
import { spaceToGiveBack } from "../space-to-give-back.ts";
import { startRefused } from "../start-refused.ts";
import { tooManyVolumes } from "../too-many-volumes.ts";
import { unknownSuppression } from "../unknown-suppression.ts";
import { unsafeName } from "../unsafe-name.ts";
import { unusedSuppression } from "../unused-suppression.ts";
import { volumeNearlyFull } from "../volume-nearly-full.ts";
import type { Rule } from "./rule.ts";

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
  startRefused,
  readonlyNeedsRecovery,
  imageNotWritable,
  imageDirectoryMissing,
  imageMissing,
  imageShared,
  deviceByPosition,
  mountedElsewhere,
  volumeNearlyFull,
  spaceToGiveBack,
  hostOvercommitted,
  guestUndeclared,
  imageUndeclared,
  notDeployed,
  sizeUnitSuspicious,
  optionIgnoredByHypervisor,
  fstypeUnsupported,
  tooManyVolumes,
  mountPointDuplicate,
  requiredOptionMissing,
  optionUnknown,
  optionType,
  evaluationFails,
  unsafeName,
  cleanupServiceIneffective,
  inputOutdated,
  unknownSuppression,
  unusedSuppression,
];

/** The rule of this id. */
export function ruleById(id: string): Rule | undefined {
  return rules.find((rule) => rule.id === id);
}
