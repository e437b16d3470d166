import type { Definition } from "./definition.ts";
export const versionBuiltins: readonly Definition[] = [];
