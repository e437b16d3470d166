import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Connection, createConnection, type Message } from "vscode-languageserver/node";
import type { EngineSettings } from "../engine/engine.ts";
import { beginModules } from "../grammar/modules.ts";
import { usualFolder } from "../history/store.ts";
import { EarlyAnswers } from "./early-answers.ts";
import { guardProcess } from "./guard.ts";
import { loadAnswers } from "./handlers.ts";
import { LanguageServer } from "./language-server.ts";
import type { EngineLike } from "./lazy-engine.ts";
import { MessageInput } from "./message-input.ts";
import { MessageOutput } from "./message-output.ts";

export interface ServerOptions {
  /** Speak on stdin and stdout, whatever the arguments of the process say. */
  readonly stdio?: boolean;
  /** The user trusts every workspace: for clients that do not say which of them is (`lsp --trust`). Default: none is. */
  readonly trusted?: boolean;
  /** For tests: a connection over any two streams. */
  readonly connection?: Connection;
  /** For tests: where the history of volumes is kept; by default the user's state directory, with `connection` nowhere. */
  readonly historyFolder?: string;
  /** For tests: how long an answer of the client is waited for. */
  readonly answerLimitMs?: number;
  /** For tests: an engine of their own. */
  readonly loadEngine?: (roots: readonly string[], settings: EngineSettings) => Promise<EngineLike>;
}

/**
 * Starts the language server. Ends the process when the client says `exit` or goes away. Only what answers
 * `initialize` is loaded at once; the evaluator and the parser follow while the client is busy with the answer.
 */
export function startServer(options: ServerOptions = {}): void {
  const isStdio = options.connection === undefined && (options.stdio || process.argv.includes("--stdio"));
  const stdio = isStdio ? overStdio() : null;
  const connection = options.connection ?? stdio?.connection ?? createConnection();
  if (options.connection === undefined) guardProcess((words) => process.stderr.write(`${words}\n`));
  new LanguageServer(connection, {
    historyFolder: options.historyFolder ?? (options.connection === undefined ? usualFolder() : null),
    loadEngine: options.loadEngine ?? engineLoader(connection, stdio?.early),
    ...(stdio ? { early: stdio.early } : {}),
    ...(options.answerLimitMs === undefined ? {} : { answerLimitMs: options.answerLimitMs }),
    trusted: options.trusted === true,
    ruleUrl: (rule, locale) =>
      pathToFileURL(join(documentation, "rules", ...(locale === "en" ? [] : [locale]), `${rule}.md`)).href,
  }).listen();
}

function engineLoader(connection: Connection, early?: EarlyAnswers): NonNullable<ServerOptions["loadEngine"]> {
  const modules = beginModules(here);
  return async (roots, settings) => {
    const { loadEngine } = await loadAnswers();
    const tell = (words: string) => connection.console.error(words);
    return loadEngine(roots, settings, { tell, modules, ...(early ? { attendant: early } : {}) });
  };
}

/** The project's docs/ beside the folder of this file: both in the sources (server/src) and in the package (dist). */
const here = dirname(fileURLToPath(import.meta.url));
const documentation = join(here, basename(here) === "dist" ? ".." : "../../..", "docs");

function overStdio(): { readonly connection: Connection; readonly early: EarlyAnswers } {
  // Only messages belong there: what a package may print goes where nobody takes it for one.
  globalThis.console = new console.Console(process.stderr);
  const input = new MessageInput(process.stdin, true);
  const early = new EarlyAnswers(input);
  const output = new MessageOutput(process.stdout, (message) => early.mayAnswer(message));
  early.sendBy((message) => void output.send(message).catch(() => {}));
  let isShutDown = false;
  const end = () => process.exit(isShutDown ? 0 : 1);
  for (const event of ["end", "close"]) process.stdin.on(event, end);
  const connection = createConnection(input, output, {
    messageStrategy: {
      handleMessage(message, next) {
        if (isShutdown(message)) isShutDown = true;
        early.handled(message);
        next(message);
      },
    },
  });
  input.meet((message) => early.came(message));
  return { connection, early };
}

function isShutdown(message: Message): boolean {
  return "method" in message && message.method === "shutdown";
}
