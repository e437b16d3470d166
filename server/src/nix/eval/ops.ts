/**
 * The only place where values combine. Every operation is three-valued: an unknown input gives what is known of the
 * result all the same, and the reason is kept.
 */
export { applyFunction } from "./ops/apply.ts";
export {
  belowUnknown,
  fromRest,
  hasAttribute,
  selectAttribute,
  selectOr,
  unshaped,
  updateAttributes,
} from "./ops/attributes.ts";
export { compareBytes, equals, equalThunks, lessThan } from "./ops/compare.ts";
export { concatLists, concatManyLists } from "./ops/lists.ts";
export { and, implies, not, or } from "./ops/logic.ts";
export {
  addNumbers,
  checkedInteger,
  divide,
  largestInteger,
  multiply,
  negate,
  subtract,
} from "./ops/numbers.ts";
export { baseName, normalisePath, parentPath, resolvePath } from "./ops/paths.ts";
export {
  add,
  type CoercionMode,
  coerceToString,
  concatStrings,
  floatToString,
  joinStrings,
  unknownText,
} from "./ops/strings.ts";
export { branch, join, mapUndecided } from "./ops/undecided.ts";
export {
  forward,
  isCatchable,
  isError,
  isUnfinished,
  overBudget,
  pass,
  rootOf,
} from "./ops/unknowns.ts";
