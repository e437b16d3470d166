import type { Terminal } from "./command.ts";

/** What ends a program from outside: Ctrl-C, `kill`, a terminal that is closed. */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs something that may be broken off and then puts in order what it began. The programs that it runs get a Ctrl-C of the
 * terminal themselves; what they leave is put in order before this process ends.
 */
export async function breakable<T>(terminal: Terminal, run: (breaking: AbortController) => Promise<T>): Promise<T> {
  const breaking = new AbortController();
  const breakOff = () => breaking.abort();
  for (const signal of endings) process.on(signal, breakOff);
  const release = terminal.hold?.();
  try {
    return await run(breaking);
  } finally {
    for (const signal of endings) process.off(signal, breakOff);
    release?.();
  }
}
