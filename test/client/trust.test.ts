import { beforeEach, expect, test, vi } from "vitest";

/** As much of the editor as the guards of trust touch. */
const editor = vi.hoisted(() => ({
  trusted: false,
  nix: "onSave",
  asked: [] as string[],
  saved: [] as ((document: object) => void)[],
}));
vi.mock("vscode", () => ({
  workspace: {
    get isTrusted() {
      return editor.trusted;
    },
    getConfiguration: () => ({ get: (name: string) => (name === "nix.evaluate" ? editor.nix : undefined) }),
    onDidSaveTextDocument: (listener: (document: object) => void) => {
      editor.saved.push(listener);
      return { dispose: () => {} };
    },
  },
  window: {
    showWarningMessage: (message: string) => {
      editor.asked.push(`warning: ${message}`);
      return Promise.resolve(undefined);
    },
    showQuickPick: () => {
      editor.asked.push("which way");
      return Promise.resolve(undefined);
    },
    showInputBox: () => {
      editor.asked.push("which host");
      return Promise.resolve(undefined);
    },
  },
  l10n: { t: (text: string) => text },
  CancellationTokenSource: class {
    token = { isCancellationRequested: false };
    cancel() {}
    dispose() {}
  },
  ShellExecution: class {},
  Uri: { file: (path: string) => ({ fsPath: path, toString: () => path }) },
}));

const { evaluateOnSave } = await import("../../client/src/evaluate.ts");
const { lookAt } = await import("../../client/src/hosts.ts");
const { offerOperation } = await import("../../client/src/operation.ts");

const log = { info: () => {}, show: () => {} };
let done: string[] = [];
const server = {
  evaluate: () => {
    done.push("nix");
    return Promise.resolve([]);
  },
  refresh: () => {
    done.push("refresh");
    return Promise.resolve();
  },
  hosts: () => Promise.resolve([]),
};

beforeEach(() => {
  editor.trusted = false;
  editor.nix = "onSave";
  editor.asked.length = 0;
  editor.saved.length = 0;
  done = [];
});

function save(languageId = "nix"): void {
  evaluateOnSave({ subscriptions: [] } as never, server as never, log as never);
  for (const listener of editor.saved) listener({ languageId, uri: "file:///x" });
}

test("a save asks Nix only in a trusted workspace, of a Nix file, where that was chosen", () => {
  save();
  expect(done).toEqual([]);
  editor.trusted = true;
  save("markdown");
  editor.nix = "manual";
  save();
  expect(done).toEqual([]);
  editor.saved.length = 0;
  editor.nix = "onSave";
  save();
  expect(done).toEqual(["nix"]);
});

test("another host is added only in a trusted workspace", async () => {
  await lookAt(server as never, { name: "atlas" });
  expect(editor.asked).toEqual(["warning: Other hosts are asked only in a trusted workspace."]);
  editor.trusted = true;
  editor.asked.length = 0;
  await lookAt(server as never, { name: "atlas" });
  expect(editor.asked).toEqual(["which way"]);
  expect(done).toEqual([]);
});

test("an operation is not even planned in a workspace that is not trusted", async () => {
  // A command line that would be found to have been started.
  const cli = "/nonexistent/microvm-lens.cjs";
  expect(
    await offerOperation(cli, { title: "Grow", command: ["image", "grow", "/a.img"] } as never, server as never),
  ).toBe(false);
  expect(editor.asked).toEqual(["warning: Operations on a host need a trusted workspace."]);
});
