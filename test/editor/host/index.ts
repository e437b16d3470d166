/**
 * Runs inside a real extension host (host.editor.test.ts bundles it): asks every provider as VS Code itself does and
 * writes what came back. Judging is left to the test outside.
 */
import { renameSync, truncateSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";

interface Job {
  readonly guest: string;
  readonly host: string;
  readonly image: string;
  /** The flake.nix of the workspace, which is written anew at the end. */
  readonly flake: string;
  /** Real Nix is there. */
  readonly nix: boolean;
  readonly result: string;
}

export async function run(): Promise<void> {
  const job = JSON.parse(process.env["MICROVM_LENS_JOB"] ?? "{}") as Job;
  const results: Record<string, unknown> = {};
  try {
    await session(job, results);
  } catch (problem) {
    results["problem"] = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
  }
  // Renamed when it is complete: the test outside waits for the name.
  writeFileSync(`${job.result}.part`, JSON.stringify(results));
  renameSync(`${job.result}.part`, job.result);
}

async function session(job: Job, results: Record<string, unknown>): Promise<void> {
  const extension = vscode.extensions.getExtension("microvm-lens.microvm-lens");
  if (!extension) throw new Error("the extension is not there");
  const document = await vscode.workspace.openTextDocument(job.guest);
  await vscode.window.showTextDocument(document);
  await ((await extension.activate()) as { ready: Promise<void> }).ready;
  const { uri } = document;
  const at = (words: string, more = 0) => document.positionAt(document.getText().indexOf(words) + more);
  const execute = <T>(command: string, ...argv: unknown[]) => vscode.commands.executeCommand<T>(command, ...argv);

  await diagnosticsUntil(uri, (list) => list.length > 0);
  results["diagnostics"] = vscode.languages.getDiagnostics(uri).map((diagnostic) => ({
    message: diagnostic.message,
    code: typeof diagnostic.code === "object" ? diagnostic.code.value : diagnostic.code,
    documentation: typeof diagnostic.code === "object" ? diagnostic.code.target.path : null,
    source: diagnostic.source,
    text: document.getText(diagnostic.range),
  }));
  const everything = new vscode.Range(0, 0, document.lineCount, 0);
  const hovers = await execute<vscode.Hover[]>("vscode.executeHoverProvider", uri, at("size ="));
  results["hovers"] = hovers.flatMap((hover) =>
    hover.contents.map((part) => (typeof part === "string" ? part : part.value)),
  );
  const elsewhere = await execute<vscode.Hover[]>("vscode.executeHoverProvider", uri, at("networking"));
  results["hoversElsewhere"] = elsewhere.length;
  const hints = await execute<vscode.InlayHint[]>("vscode.executeInlayHintProvider", uri, everything);
  results["hints"] = hints.map(({ label }) => label);
  const symbols = await execute<vscode.DocumentSymbol[]>("vscode.executeDocumentSymbolProvider", uri);
  results["symbols"] = JSON.stringify(symbols);
  const found = await execute<vscode.SymbolInformation[]>("vscode.executeWorkspaceSymbolProvider", "overlay");
  results["workspaceSymbols"] = found.map(({ name }) => name);
  const links = await execute<vscode.DocumentLink[]>("vscode.executeLinkProvider", uri);
  results["links"] = links.map(({ range, target }) => [document.getText(range), target?.scheme]);
  const completion = async (words: string, more: number) => {
    const list = await execute<vscode.CompletionList>("vscode.executeCompletionItemProvider", uri, at(words, more));
    return list.items
      .filter(({ detail }) => detail !== undefined)
      .map(({ label }) => (typeof label === "string" ? label : label.label));
  };
  results["completion"] = await completion("mountPoint", 2);

  const actions = await execute<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    uri,
    new vscode.Range(at("2048"), at("2048", 4)),
    vscode.CodeActionKind.QuickFix.value,
    20,
  );
  const ours = actions.filter(({ edit, command }) => edit !== undefined || command?.command.startsWith("microvm-lens"));
  results["actions"] = ours.map(({ title }) => title);
  results["preferred"] = ours.filter(({ isPreferred }) => isPreferred).map(({ title }) => title);
  // The number was raised, so that setting it back is not offered without a look: here it is typed.
  const edit = new vscode.WorkspaceEdit();
  edit.replace(uri, new vscode.Range(at("2048"), at("2048", 4)), "512");
  await vscode.workspace.applyEdit(edit);
  results["afterFix"] = document.getText();
  await diagnosticsUntil(uri, (list) => list.length === 0);
  await execute("undo");
  await diagnosticsUntil(uri, (list) => list.length > 0);

  const settings = vscode.workspace.getConfiguration("microvmLens");
  await settings.update("rules", { "size-differs-from-image": "off" }, vscode.ConfigurationTarget.Global);
  await diagnosticsUntil(uri, (list) => list.length === 0);
  await settings.update("rules", undefined, vscode.ConfigurationTarget.Global);
  await diagnosticsUntil(uri, (list) => list.length > 0);
  await settings.update("codeLens.enable", true, vscode.ConfigurationTarget.Global);

  const host = await vscode.workspace.openTextDocument(job.host);
  const lenses = await until(
    () => execute<vscode.CodeLens[]>("vscode.executeCodeLensProvider", host.uri, 10),
    (list) => list.length > 0,
  );
  results["lenses"] = lenses.map(({ command }) => command?.title);
  await settings.update("codeLens.enable", undefined, vscode.ConfigurationTarget.Global);
  const name = host.positionAt(host.getText().indexOf("microvm.vms.web") + "microvm.vms.we".length);
  const references = await execute<vscode.Location[]>("vscode.executeReferenceProvider", host.uri, name);
  results["references"] = references.map((location) => location.uri.path.split("/").at(-1));

  truncateSync(job.image, 2048 * 1024 * 1024);
  await diagnosticsUntil(uri, (list) => !list.some(isIgnoredSize));
  results["afterGrowing"] = true;

  const commands = await vscode.commands.getCommands(true);
  results["commands"] = commands.filter((command) => command.startsWith("microvm-lens.")).sort();
  await execute("microvm-lens.refresh");
  await execute("microvm-lens.restartServer");
  truncateSync(job.image, 512 * 1024 * 1024);
  await diagnosticsUntil(uri, (list) => list.some(isIgnoredSize));
  results["afterRestart"] = true;

  const listed = await vscode.workspace.openTextDocument(job.host);
  await vscode.window.showTextDocument(listed);
  await execute("workbench.action.closeOtherEditors");
  // Nothing of web.nix is open any more, and its problems are still told.
  await diagnosticsUntil(uri, (list) => list.some(isIgnoredSize));
  results["closedFiles"] = vscode.languages.getDiagnostics(uri).length;
  // What a click on the code of a diagnostic does.
  const [{ code } = { code: undefined }] = vscode.languages.getDiagnostics(uri);
  if (typeof code === "object") {
    await execute("vscode.open", code.target);
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    results["rulePage"] = input instanceof vscode.TabInputCustom ? input.viewType : "text";
  }

  if (job.nix) await secondOpinions(job, results);
}

/** Asks real Nix, about a flake that needs nothing from outside, and about one that it refuses. */
async function secondOpinions({ flake }: Job, results: Record<string, unknown>): Promise<void> {
  const evaluate = () => vscode.commands.executeCommand("microvm-lens.evaluateWithNix");
  writeFileSync(flake, "{ outputs = { self }: { nixosConfigurations = { }; }; }\n");
  results["agreement"] = await evaluate();
  writeFileSync(flake, '{ outputs = { self }: { nixosConfigurations = throw "these are words of Nix"; }; }\n');
  results["refusal"] = await evaluate();
}

function isIgnoredSize({ code }: vscode.Diagnostic): boolean {
  return (typeof code === "object" ? code.value : code) === "size-differs-from-image";
}

/** How long one step may take before the session ends with a word about what was seen last. */
const patience = 60_000;

/** Waits for events, and looks again after each. */
function diagnosticsUntil(uri: vscode.Uri, condition: (list: vscode.Diagnostic[]) => boolean): Promise<void> {
  return new Promise((done, failed) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      listening.dispose();
      settle();
    };
    const look = () => {
      if (condition(vscode.languages.getDiagnostics(uri))) end(done);
    };
    const timer = setTimeout(() => {
      const seen = vscode.languages.getDiagnostics(uri).map(({ message }) => message);
      end(() => failed(new Error(`waited for other diagnostics (${condition}) than ${JSON.stringify(seen)}`)));
    }, patience);
    const listening = vscode.languages.onDidChangeDiagnostics(look);
    look();
  });
}

/** Asks until the answer is the one that is waited for. */
async function until<T>(ask: () => Thenable<T>, condition: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (condition(answer)) return answer;
    if (Date.now() > end) throw new Error(`waited for another answer than ${JSON.stringify(answer)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
