import type { Definition } from "./definition.ts";
export const tomlBuiltins: readonly Definition[] = [];
