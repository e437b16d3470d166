import type { Definition } from "./definition.ts";
export const hashBuiltins: readonly Definition[] = [];
