import * as vscode from "vscode";
import { registerCommands } from "./commands.ts";
import { evaluateOnSave } from "./evaluate.ts";
import { configureLanguage } from "./language.ts";
import { Server } from "./server.ts";
import { showStatus } from "./status.ts";
import { GuestsView } from "./view.ts";

let server: Server | null = null;

/** What tests inside the extension host may use; not an interface for other extensions. */
export interface Exports {
  /** Settles when the server answers. */
  readonly ready: Promise<void>;
}

export function activate(context: vscode.ExtensionContext): Exports {
  const log = vscode.window.createOutputChannel("MicroVM Lens", { log: true });
  context.subscriptions.push(log);
  configureLanguage(context);
  const started = new Server(context, log);
  server = started;
  const view = new GuestsView(started);
  context.subscriptions.push(started, view);
  registerCommands(context, started, view, log);
  evaluateOnSave(context, started, log);
  showStatus(context, started);
  return { ready: started.start() };
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
