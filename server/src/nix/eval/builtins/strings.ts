import type { Definition } from "./definition.ts";
export const stringBuiltins: readonly Definition[] = [];
