import { format } from "node:util";

/**
 * Keeps the process alive when something of ours fails where nobody waits for it: it is told on stderr, which editors
 * show, and everything else goes on. A failure that comes while one is told is left alone.
 */
export function guardProcess(tell: (words: string) => void, of: Pick<NodeJS.Process, "on"> = process): void {
  let isTelling = false;
  const report = (what: string) => (problem: unknown) => {
    if (isTelling) return;
    isTelling = true;
    try {
      tell(`MicroVM Lens: ${what}, which is a bug of ours: ${format(problem)}`);
    } catch {
      // Nobody is there to hear it.
    } finally {
      isTelling = false;
    }
  };
  of.on("uncaughtException", report("something failed"));
  of.on("unhandledRejection", report("something was not awaited and failed"));
}
