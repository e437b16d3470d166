import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Connection, createConnection } from "vscode-languageserver/node";
import type { EngineSettings } from "../engine/engine.ts";
import { beginModules } from "../grammar/modules.ts";
import { usualFolder } from "../history/store.ts";
import { guardProcess } from "./guard.ts";
import { loadAnswers } from "./handlers.ts";
import { LanguageServer } from "./language-server.ts";
import type { EngineLike } from "./lazy-engine.ts";
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
  const connection =
    options.connection ?? (options.stdio || process.argv.includes("--stdio") ? overStdio() : createConnection());
  if (options.connection === undefined) guardProcess((words) => process.stderr.write(`${words}\n`));
  new LanguageServer(connection, {
    historyFolder: options.historyFolder ?? (options.connection === undefined ? usualFolder() : null),
    loadEngine: options.loadEngine ?? engineLoader(connection),
    ...(options.answerLimitMs === undefined ? {} : { answerLimitMs: options.answerLimitMs }),
    trusted: options.trusted === true,
    ruleUrl: (rule, locale) =>
      pathToFileURL(join(documentation, "rules", ...(locale === "en" ? [] : [locale]), `${rule}.md`)).href,
  }).listen();
}

function engineLoader(connection: Connection): NonNullable<ServerOptions["loadEngine"]> {
  const modules = beginModules(here);
  return async (roots, settings) => {
    const { loadEngine } = await loadAnswers();
    return loadEngine(roots, settings, (words) => connection.console.error(words), modules);
  };
}

/** The project's docs/ beside the folder of this file: both in the sources (server/src) and in the package (dist). */
const here = dirname(fileURLToPath(import.meta.url));
const documentation = join(here, basename(here) === "dist" ? ".." : "../../..", "docs");

/** The library takes a writer for the output where its types speak of two streams or none. */
function overStdio(): Connection {
  // Only messages belong there: what a package may print goes where nobody takes it for one.
  globalThis.console = new console.Console(process.stderr);
  return createConnection(process.stdin, new MessageOutput(process.stdout) as unknown as NodeJS.WritableStream);
}
