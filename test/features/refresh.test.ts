import { readFileSync, truncateSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadEngine } from "../../server/src/server/answers.ts";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { type ClientOptions, modern, TestClient } from "./client.ts";

const [small, large] = [512 << 20, 2048 * 1024 * 1024];
const refresh = "workspace/diagnostic/refresh";

let workspace: Workspace;
let client: TestClient;
let uri: string;
/** Tells the server that something on disk changed: here the test decides when it hears of that. */
let report: () => void;
/** What is seen on disk the next time is what is there then. */
let lookAgain: () => void;
/** Happens when the server hears of typing, before it has done anything about it. */
let whileTyping: () => void;

beforeEach(async () => {
  whileTyping = () => undefined;
  workspace = await makeWorkspace();
});

afterEach(async () => {
  await client.stop();
  workspace.remove();
});

async function start(options: Partial<ClientOptions> = {}): Promise<void> {
  client = await TestClient.start({
    folder: workspace.folder,
    capabilities: modern,
    ...options,
    loadEngine: async (...of) => {
      const engine = await loadEngine(...of);
      const setDocument = engine.setDocument.bind(engine);
      engine.setDocument = (...of) => {
        whileTyping();
        setDocument(...of);
      };
      engine.watchDisk = (changed) => {
        lookAgain = () => engine.refreshDisk();
        report = () => {
          lookAgain();
          changed();
        };
      };
      return engine;
    },
  });
  uri = await client.open(workspace.guest, readFileSync(workspace.guest, "utf8"));
  await client.pull(uri);
}

it("a client that has asked by itself in between is asked again all the same", async () => {
  await start();
  report();
  await client.pull(uri);
  await client.pull(uri);
  truncateSync(workspace.image, large);
  lookAgain();
  expect(await client.pull(uri)).not.toMatchObject([{ code: "size-differs-from-image" }]);
  truncateSync(workspace.image, small);
  client.heard.length = 0;
  report();
  await client.until(() => client.heard.includes(refresh));
  expect(await client.pull(uri)).toMatchObject([{ code: "size-differs-from-image" }]);
});

it("a client that would be told the same is left alone", async () => {
  await start();
  truncateSync(workspace.image, large);
  lookAgain();
  await client.pull(uri);
  report();
  // Answers come in the order of the questions: by this one, the refresh would have been heard.
  await client.request("textDocument/hover", { textDocument: { uri }, position: { line: 0, character: 0 } });
  await new Promise((later) => setImmediate(later));
  await client.request("textDocument/hover", { textDocument: { uri }, position: { line: 0, character: 0 } });
  expect(client.heard).not.toContain(refresh);
});

it("typing does not swallow what happened on disk", async () => {
  await start({ initializationOptions: { extension: { trusted: true } } });
  const text = readFileSync(workspace.host, "utf8");
  const host = await client.open(workspace.host, text);
  await client.pull(host);
  truncateSync(workspace.image, large);
  whileTyping = () => report();
  await client.change(host, `${text}\n`);
  await client.until(() => client.heard.includes(refresh));
});

it("an edit of another document makes the client ask again, once", async () => {
  await start();
  const host = await client.open(workspace.host, readFileSync(workspace.host, "utf8"));
  await client.pull(host);
  client.heard.length = 0;
  // Without the host the guest has no state directory, so that nothing is known of its image.
  await client.change(host, "{ }\n");
  await client.until(() => client.heard.includes(refresh));
  expect(await client.pull(uri)).not.toMatchObject([{ code: "size-differs-from-image" }]);
});

it("a document that is opened with other text than its file makes the client ask again", async () => {
  await start();
  client.heard.length = 0;
  await client.open(workspace.host, "{ }\n");
  await client.until(() => client.heard.includes(refresh));
});

it("a document that is closed without saving makes the client ask again", async () => {
  await start();
  const host = await client.open(workspace.host, "{ }\n");
  await client.until(() => client.heard.includes(refresh));
  await client.pull(uri);
  client.heard.length = 0;
  await client.notify("textDocument/didClose", { textDocument: { uri: host } });
  await client.until(() => client.heard.includes(refresh));
  expect(await client.pull(uri)).toMatchObject([{ code: "size-differs-from-image" }]);
});
