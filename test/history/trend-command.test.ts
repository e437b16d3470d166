import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderOfHost, hostsIn, record } from "../../server/src/history/store.ts";
import { run } from "../cli/run.ts";
import { schemaErrors } from "../cli/schemas.ts";
import { makeWorkspace, type Workspace } from "../editor/harness/workspace.ts";

const GiB = 1024 ** 3;
const day = 86_400;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lens-trend-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A volume that fills at 1 GiB a day, and has 12 GiB left; and one that does nothing. */
function remember(folder: string): void {
  const now = Math.floor(Date.now() / 1000);
  const samples = Array.from({ length: 21 }, (_, index) => {
    const common = { at: now - (20 - index) * day, guest: "web" };
    return [
      { ...common, image: "/x/data.img", usedBytes: (index + 1) * GiB, availableBytes: (32 - index) * GiB },
      { ...common, image: "/x/idle.img", usedBytes: 5 * GiB, availableBytes: GiB },
    ];
  });
  record(folder, samples.flat(), now, "owner");
}

describe("trend", () => {
  test("tells what the editor remembers: the volume that is full soonest first", async () => {
    const env = { XDG_STATE_HOME: root };
    remember(folderOfHost(join(root, "microvm-lens/history"), "nuc") as string);
    const { code, out } = await run(["trend"], { env });
    expect(code).toBe(0);
    expect(out.split("\n").map((line) => line.replace(/\s{2,}/g, " | "))).toEqual([
      "GUEST | IMAGE | USED | SO FAR | TREND",
      expect.stringMatching(
        /^web \| \/x\/data\.img \| 64 % \| [\u2581-\u2588]{20} \| fills at 1 GiB a day, full in about 12 days \(12 to 12 days\)$/,
      ),
      expect.stringMatching(/^web \| \/x\/idle\.img \| 84 % \| \u2587{20} \| follows no line$/),
      "",
    ]);
  });

  test("tells it to tools, of several hosts and of a folder that metrics keeps", async () => {
    remember(root);
    remember(folderOfHost(root, "nuc") as string);
    const { out } = await run(["trend", "--history", root, "--json"]);
    const told = JSON.parse(out);
    expect(schemaErrors("trend", told)).toEqual([]);
    expect(told.volumes).toHaveLength(4);
    expect(told.volumes[0]).toMatchObject({ host: null, trend: { bytesPerDay: GiB, fullInSeconds: 12 * day } });
    expect(told.volumes[2]).toMatchObject({ host: "nuc", image: "/x/data.img", unknown: null });
    expect(told.volumes[3]).toMatchObject({ host: "nuc", image: "/x/idle.img", trend: null, unknown: "unclear" });
  });

  test("says where nothing is remembered, and what it cannot read", async () => {
    expect((await run(["trend", "--history", join(root, "none")])).out).toContain("nothing is remembered in");
    writeFileSync(join(root, "file"), "");
    expect((await run(["trend", "--history", join(root, "file")])).code).toBe(2);
    expect((await run(["trend", "some/path"])).code).toBe(2);
    expect((await run(["trend", "--history", root, "--record", root])).code).toBe(2);
  });
});

describe("--record", () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await makeWorkspace();
  });
  afterEach(() => workspace.remove());

  test("looks, remembers and tells", async () => {
    const folder = join(root, "kept");
    const { code, out } = await run(["trend", "--record", folder, workspace.folder]);
    expect(code).toBe(0);
    expect(out).toContain(workspace.image);
    expect(out).toContain("not yet known: too few looks");
    const [host] = hostsIn(folder);
    expect(readFileSync(join(host?.folder ?? "", "hours.jsonl"), "utf8")).toContain(workspace.image);
  });

  test("of a report, which only reads what the editor remembers", async () => {
    const env = { XDG_STATE_HOME: root };
    expect((await run(["report", "--html", "-", workspace.folder], { env })).code).toBe(0);
    expect(existsSync(join(root, "microvm-lens"))).toBe(false);
    expect((await run(["report", "--html", "-", "--record", join(root, "kept"), workspace.folder])).code).toBe(0);
    expect(hostsIn(join(root, "kept"))).toHaveLength(1);
  });
});
