import type { Definition } from "./definition.ts";
export const jsonBuiltins: readonly Definition[] = [];
