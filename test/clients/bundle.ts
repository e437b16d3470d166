import { existsSync } from "node:fs";
import { join } from "node:path";

/** The command line as it is shipped; `npm test` builds it before the tests. */
export function cliBundle(): string {
  const file = join(import.meta.dirname, "../../dist/microvm-lens.cjs");
  if (!existsSync(file)) throw new Error("dist/microvm-lens.cjs is missing: npm run build");
  return file;
}
