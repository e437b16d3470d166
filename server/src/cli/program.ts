/**
 * What Node is told to run. Editors wait for the language server, so it starts without the commands being read: they are
 * a bundle of their own (scripts/build.mjs).
 */
async function run(argv: readonly string[]): Promise<void> {
  const [command, ...rest] = argv;
  if (command === "lsp" && rest.every((argument) => argument === "--stdio")) {
    const { startServer } = await import("../server.ts");
    startServer({ stdio: true });
    return;
  }
  const [{ main }, { processTerminal }] = await Promise.all([import("./main.ts"), import("./process-terminal.ts")]);
  const { terminal, end } = processTerminal();
  end(await main(argv, terminal));
}

void run(process.argv.slice(2));
