import type { Definition } from "./definition.ts";
export const regexBuiltins: readonly Definition[] = [];
