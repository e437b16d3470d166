import { type Command, flag, UsageError } from "./frame/command.ts";
import { problems } from "./frame/problems.ts";

export const lsp: Command = {
  name: "lsp",
  summary: "the language server, for editors",
  usage: "lsp [--trust] --stdio",
  help: `
Speaks the Language Server Protocol on stdin and stdout. Editors start it; how each of them is told to is in
docs/editors.md.

  --trust                 may ask hosts over ssh, and run Nix when told to, with the settings that the editor sends: only
                          where no folder that you open can set them
  --stdio                 the only way to speak; may be left out
  --clientProcessId PID   ends when this process ends
`,
  options: { stdio: { type: "boolean" }, trust: { type: "boolean" }, clientProcessId: { type: "string" } },
  async run(args) {
    if (args.positionals.length > 0) throw new UsageError(problems.lspNoPath());
    const { startServer } = await import("../server/server.ts");
    startServer({ stdio: true, trusted: flag(args, "trust") });
    // The server ends the process itself, when the editor says so or goes away.
    return new Promise(() => {});
  },
};
