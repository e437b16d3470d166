import { spawn } from "node:child_process";

/**
 * As much of the editor's API as client/src/operation.ts uses, for a program that has no editor: questions are answered
 * by their first button, and a task is a process, as the editor's own ProcessExecution is: words, no shell.
 */

const listeners = new Set<(event: { readonly execution: unknown }) => void>();

export class ProcessExecution {
  readonly process: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  constructor(program: string, args: readonly string[], options?: { readonly env?: Readonly<Record<string, string>> }) {
    this.process = program;
    this.args = args;
    this.env = options?.env ?? {};
  }
}

export class Task {
  readonly definition: object;
  readonly name: string;
  readonly execution: ProcessExecution;
  presentationOptions: object = {};
  constructor(definition: object, _scope: unknown, name: string, _source: string, execution: ProcessExecution) {
    this.definition = definition;
    this.name = name;
    this.execution = execution;
  }
}

function said(kind: string, words: readonly unknown[]): void {
  process.stdout.write(`${JSON.stringify([kind, ...words])}\n`);
}

function asked(
  kind: string,
  message: string,
  options: unknown,
  buttons: readonly string[],
): Promise<string | undefined> {
  const modal = typeof options === "object";
  said(kind, [message, ...(modal ? [(options as { readonly detail?: string }).detail, ...buttons] : [])]);
  return Promise.resolve(modal ? buttons[0] : undefined);
}

export const window = {
  showInformationMessage: (message: string, options?: unknown, ...buttons: readonly string[]) =>
    asked("information", message, options, buttons),
  showWarningMessage: (message: string) => asked("warning", message, undefined, []),
  showErrorMessage: (message: string, options?: unknown) => asked("error", message, options, []),
  withProgress<T>(
    _: object,
    work: (
      progress: { report(message: object): void },
      token: { onCancellationRequested(act: () => void): void },
    ) => Promise<T>,
  ) {
    return work({ report: () => {} }, { onCancellationRequested: () => {} });
  },
};

export const tasks = {
  executeTask(task: Task): Promise<object> {
    const { process: program, args, env } = task.execution;
    const execution = { task, terminate: () => {} };
    const child = spawn(program, args, { stdio: "ignore", env: { ...process.env, ...env } });
    const ended = (): void => {
      for (const listener of listeners) listener({ execution });
    };
    child.once("exit", ended).once("error", ended);
    return Promise.resolve(execution);
  },
  onDidEndTask(listener: (event: { readonly execution: unknown }) => void) {
    listeners.add(listener);
    return { dispose: () => listeners.delete(listener) };
  },
};

export const workspace = { isTrusted: true, workspaceFolders: undefined };
export const env = { language: "en" };
export const l10n = {
  t: (text: string, ...values: readonly unknown[]) =>
    text.replace(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)])),
};
export const ProgressLocation = { Window: 10, Notification: 15 };
export const TaskScope = { Workspace: 2 };
export const TaskRevealKind = { Always: 1 };
