import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Hover } from "vscode-languageserver";
import { readHistory } from "../../server/src/history/samples.ts";
import { folderOfHost, readFolder, record } from "../../server/src/history/store.ts";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";
import { modern, TestClient } from "./client.ts";

const day = 86_400;

describe("the history of what an editor looked at", () => {
  let workspace: Workspace;
  let client: TestClient;
  let folder: string;

  beforeEach(async () => {
    workspace = await makeWorkspace();
    folder = join(workspace.scratch, "history");
  });
  afterEach(async () => {
    await client.stop();
    workspace.remove();
  });

  async function open(settings: object = {}, initializationOptions?: object): Promise<string> {
    client = await TestClient.start({
      folder: workspace.folder,
      capabilities: modern,
      settings,
      initializationOptions,
      historyFolder: folder,
    });
    return client.open(workspace.guest, readFileSync(workspace.guest, "utf8"));
  }

  const hover = async (uri: string) => {
    const position = { line: 13, character: 16 };
    return JSON.stringify(
      await client.request<Hover | null>("textDocument/hover", { textDocument: { uri }, position }),
    );
  };
  const own = () => folderOfHost(folder, hostname()) as string;

  it("takes down how full each volume is, once", async () => {
    const uri = await open();
    await hover(uri);
    await hover(uri);
    await hover(uri);
    const samples = readHistory(readFileSync(join(own(), "hours.jsonl"), "utf8"));
    expect(samples.map(({ guest }) => guest)).toContain("web");
    const web = samples.filter(({ guest }) => guest === "web");
    expect(web).toMatchObject([{ image: workspace.image }]);
    expect(web[0]?.usedBytes).toBeLessThan(512 * 1024 * 1024);
  });

  it("tells from it which way a volume goes", async () => {
    const now = Math.floor(Date.now() / 1000);
    const probe = await open();
    await hover(probe);
    await hover(probe);
    const [seen] = readFolder(own()).filter(({ guest }) => guest === "web");
    await client.stop();
    const { usedBytes = 0, availableBytes = 0 } = seen ?? {};
    // The image is a fresh one: for three weeks a fortieth of it was deleted every day.
    const step = (usedBytes + availableBytes) / 40;
    const past = Array.from({ length: 21 }, (_, index) => ({
      at: now - (21 - index) * day,
      guest: "web",
      image: workspace.image,
      usedBytes: Math.round(usedBytes + (21 - index) * step),
      availableBytes: Math.round(availableBytes - (21 - index) * step),
    }));
    for (const kind of ["hours", "days"]) writeFileSync(join(own(), `${kind}.jsonl`), "");
    record(own(), past, now, "owner");
    const words = await hover(await open());
    expect(words).toMatch(/[\u2581-\u2588]+ gets emptier by .* a day/);
  });

  it("keeps nothing where the setting is off", async () => {
    const uri = await open({ history: false });
    await hover(uri);
    await hover(uri);
    expect(existsSync(folder)).toBe(false);
  });

  it("keeps nothing in a workspace that is not trusted", async () => {
    const uri = await open({}, { extension: { trusted: false } });
    await hover(uri);
    await hover(uri);
    expect(existsSync(folder)).toBe(false);
  });

  it("says once that it cannot be kept, and answers all the same", async () => {
    writeFileSync(folder, "");
    const uri = await open();
    expect(await hover(uri)).toContain("512 MiB");
    await hover(uri);
    expect(client.heard.filter((method) => method === "window/logMessage")).toHaveLength(1);
  });
});
