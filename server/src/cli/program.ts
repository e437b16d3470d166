import { setFlagsFromString } from "node:v8";

/**
 * What Node is told to run. Editors wait for the language server, so it starts without the commands being read: they are
 * a bundle of their own (scripts/build.mjs).
 */
async function run(argv: readonly string[]): Promise<void> {
  const [command, ...rest] = argv;
  if (command === "lsp" && rest.every((argument) => argument === "--stdio")) {
    const { startServer } = await import("../server/server.ts");
    startServer({ stdio: true });
    return;
  }
  optimiseLater();
  const [{ main }, { processTerminal }] = await Promise.all([
    import("./main.ts"),
    import("./frame/process-terminal.ts"),
  ]);
  const { terminal, end } = processTerminal();
  end(await main(argv, terminal));
}

/**
 * A command ends before most of what V8 would optimise has paid for itself: nine times the usual budget before a
 * function is, which saves a third of the processor's time. Not in Electron, where such switches may be fixed, nor with a
 * V8 that may not know this one.
 */
function optimiseLater(): void {
  const { electron, v8 } = process.versions;
  if (electron === undefined && /^11\./.test(v8)) setFlagsFromString("--interrupt-budget=600000");
}

void run(process.argv.slice(2));
