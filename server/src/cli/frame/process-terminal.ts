import type { ExitCode, Terminal } from "./command.ts";

/**
 * The terminal of this process. A reader that goes away (`microvm-lens check | head`) ends the program quietly. `end`
 * waits until everything is written.
 */
export function processTerminal(): { readonly terminal: Terminal; end(code: ExitCode): void } {
  let held = 0;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // EIO: the terminal was closed.
      const gone = error.code === "EPIPE" || error.code === "EIO";
      if (gone && held > 0) return;
      if (gone) process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
  const terminal: Terminal = {
    cwd: process.cwd(),
    env: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colour: { out: mayPaint(process.stdout), err: mayPaint(process.stderr) },
    width: process.stdout.isTTY ? process.stdout.columns : null,
    interactive: process.stdin.isTTY && process.stdout.isTTY && process.stderr.isTTY,
    hold: () => {
      held++;
      return () => void held--;
    },
  };
  return {
    terminal,
    end(code) {
      process.exitCode = code;
      process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
    },
  };
}

/** no-color.org: any value of NO_COLOR but the empty one; FORCE_COLOR is what CI systems set to have colours in their logs. */
function mayPaint(stream: NodeJS.WriteStream): boolean {
  if (process.env["NO_COLOR"]) return false;
  const force = process.env["FORCE_COLOR"];
  if (force !== undefined && force !== "") return force !== "0";
  return stream.isTTY === true && process.env["TERM"] !== "dumb";
}
