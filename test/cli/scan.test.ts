import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scan } from "../../server/src/cli/scan/scan.ts";
import type { Probe } from "../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { factsFromJson } from "../../server/src/disk/snapshot/deserialize.ts";
import { createSnapshotProbe } from "../../server/src/disk/snapshot/probe-snapshot.ts";
import { factsToJson } from "../../server/src/disk/snapshot/serialize.ts";
import { buildImage } from "../harness/disk-builder.ts";
import { schemaErrors } from "./schemas.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lens-scan-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(
  options: { json?: boolean; isTerminal?: boolean; columns?: number; probes?: Probe[]; stateDir?: string } = {},
) {
  let stdout = "";
  let stderr = "";
  const status = await scan(
    {
      stateDir: options.stateDir ?? folder,
      json: options.json ?? !options.isTerminal,
      probes: options.probes ?? [createLocalProbe({ host: "server1" })],
    },
    {
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
      ...(options.columns === undefined ? {} : { columns: options.columns }),
    },
  );
  return { status, stdout, stderr };
}

/** Everything that a scan may meet. */
function buildEverything(): void {
  const at = (...names: string[]): string => join(folder, ...names);
  buildImage(at("web", "data.img"), {
    sizeMiB: 2048,
    fsType: "ext4",
    label: "data",
    freeMiB: 512,
    lastMounted: "/var",
  });
  buildImage(at("web", "blank.img"), { sizeMiB: 64 });
  buildImage(at("web", "disk.qcow2"), { sizeMiB: 300, format: "qcow2", fsType: "btrfs", label: "中文" });
  buildImage(at("db", "evil.img"), { sizeMiB: 512, fsType: "xfs", label: "\u001b[2J\u202ex", state: "needs-recovery" });
  buildImage(at("db", "noise.img"), { sizeMiB: 1, noise: true });
  buildImage(at("db", "bytes.img"), { sizeMiB: 16, fsType: "ext4", state: "errors" });
  mkdirSync(at("db", "directory.img"));
  symlinkSync("nowhere.img", at("db", "dangling.img"));
  mkdirSync(at("idle"));
  symlinkSync("/nix/store/gone", at("idle", "current"));
  writeFileSync(at("idle", "flake"), "path:/etc/nixos");
}

describe("scan", () => {
  it("prints a table on a terminal, with nothing in it that a terminal obeys", async () => {
    buildEverything();
    const { status, stdout, stderr } = await run({ isTerminal: true });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/ {2,}/g, " | ").trim());
    // How much is allocated is up to the file system that the test runs on.
    expect(
      lines.map((line) => line.replace(/ \| \d[\d.]* [KMG]?i?B(?= \||$)(?! \| \d[\d.]* [KMG]?i?B)/, " | …")),
    ).toEqual([
      "GUEST | IMAGE | FORMAT | FS | VIRTUAL | ALLOCATED | USED | STATE",
      "db | bytes.img | raw | ext4 | 16 MiB | … | 51 % | has errors",
      "db | dangling.img | dangling link",
      String.raw`db | evil.img | raw | xfs | 512 MiB | … | 50 % | label \x1b[2J\u{202e}x, not cleanly unmounted`,
      "db | noise.img | raw | ? | 1 MiB | …",
      "idle | no images",
      "web | blank.img | raw | - | 64 MiB | … | blank",
      "web | data.img | raw | ext4 | 2 GiB | … | 76 % | label data",
      "web | disk.qcow2 | qcow2 | btrfs | 300 MiB | … | ? | label 中文",
      expect.stringMatching(/^server1: .*, guests: 3, images: 7, [\d.]+ \wiB of [\d.]+ \wiB free$/),
    ]);
    expect(stdout).not.toContain("\u001b");
  });

  it("cuts lines to the width of the terminal, wide characters counted as two", async () => {
    buildEverything();
    const { stdout } = await run({ isTerminal: true, columns: 40 });
    for (const line of stdout.trimEnd().split("\n")) {
      expect(
        [...line].reduce((width, character) => width + (/[\u4e00-\u9fff]/.test(character) ? 2 : 1), 0),
      ).toBeLessThanOrEqual(40);
    }
  });

  it("prints JSON of the documented shape otherwise, from which the same facts come back", async () => {
    buildEverything();
    const { status, stdout } = await run();
    expect(status).toBe(0);
    expect(schemaErrors("scan", JSON.parse(stdout))).toEqual([]);
    const facts = factsFromJson(stdout);
    if (typeof facts === "string") throw new Error(facts);
    expect(JSON.stringify(factsToJson(facts))).toBe(JSON.stringify(JSON.parse(stdout)));
    const evil = facts.images.get(join(folder, "db", "evil.img"));
    expect(evil).toMatchObject({ value: { filesystem: { value: { label: "\u001b[2J\u202ex" } } } });
  });

  it("several hosts give one document a line", async () => {
    buildEverything();
    const probes = ["a", "b"].map((host) => createLocalProbe({ host }));
    const { stdout } = await run({ probes, json: true, isTerminal: true });
    const hosts = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { host: string });
    expect(hosts.map(({ host }) => host)).toEqual(["a", "b"]);
    for (const host of hosts) expect(schemaErrors("scan", host)).toEqual([]);
    expect((await run({ probes, isTerminal: true })).stdout).toMatch(/^HOST {2}GUEST/);
  });

  it("a state directory that does not exist is said, and a failure", async () => {
    const { status, stdout, stderr } = await run({ stateDir: join(folder, "none") });
    expect(status).toBe(2);
    expect(stderr).toBe(`server1: the state directory ${join(folder, "none")} does not exist\n`);
    expect(schemaErrors("scan", JSON.parse(stdout))).toEqual([]);
    expect(JSON.parse(stdout)).toMatchObject({ stateDirExists: false, guests: [] });
  });

  it("a host that cannot be read is one", async () => {
    const probe = createSnapshotProbe({ host: "far", file: join(folder, "none.json") });
    const { status, stdout, stderr } = await run({ probes: [probe] });
    expect(status).toBe(2);
    expect(stderr).toContain(`far: the snapshot ${join(folder, "none.json")} does not exist`);
    expect(schemaErrors("scan", JSON.parse(stdout))).toEqual([]);
  });
});

describe("a snapshot", () => {
  async function snapshot(text: string) {
    const file = join(folder, "snapshot.json");
    writeFileSync(file, text);
    const paths = ["data.img", "missing.img"].map((name) => join(folder, "web", name));
    const elsewhere = ["/persist/other.img", join(folder, "new", "data.img")];
    return createSnapshotProbe({ host: "far", file }).observe({
      stateDir: "/ignored",
      paths: [...paths, ...elsewhere],
      directories: [],
    });
  }

  it("answers what it knows: there, absent, or not part of it", async () => {
    buildEverything();
    const { stdout } = await run();
    const taken = (JSON.parse(stdout) as { takenAt: string }).takenAt;
    const facts = await snapshot(stdout);
    expect(facts).toMatchObject({ host: "far", stateDir: folder, takenAtMs: Date.parse(taken) });
    expect(facts.images.get(join(folder, "web", "data.img"))).toMatchObject({
      value: { filesystem: { value: { label: "data" } } },
    });
    expect(facts.images.get(join(folder, "web", "missing.img"))).toEqual({ state: "absent" });
    expect(facts.images.get(join(folder, "new", "data.img"))).toEqual({ state: "absent" });
    expect(facts.images.get("/persist/other.img")).toMatchObject({
      state: "unreadable",
      detail: "it is not part of the snapshot",
    });
  });

  it("that is damaged is refused with a reason, never half believed", async () => {
    buildEverything();
    const { stdout } = await run();
    const document = JSON.parse(stdout) as Record<string, unknown>;
    const wrong: readonly [string, RegExp][] = [
      ["", /it is not JSON/],
      ["[]", /snapshot is not an object/],
      ["{}", /snapshot.schema is not a number/],
      [JSON.stringify({ ...document, schema: 3 }), /schema 3 is not known to this version/],
      [JSON.stringify({ ...document, takenAt: "yesterday" }), /takenAt is not a time/],
      [JSON.stringify({ ...document, guests: [{ name: 1 }] }), /guests\[0\]/],
      [stdout.replace('"raw"', '"cooked"'), /format is not one of raw, qcow2, vhd, vhdx/],
    ];
    for (const [text, words] of wrong) {
      const { stateDirectory, guests } = await snapshot(text);
      expect(stateDirectory).toMatchObject({
        state: "unreadable",
        reason: "malformed",
        detail: expect.stringMatching(words),
      });
      expect(guests).toEqual([]);
    }
  });

  it("every key of which is taken away in turn is refused or read, never a crash", async () => {
    buildEverything();
    const { stdout } = await run();
    for (const key of new Set(stdout.match(/"\w+":/g))) {
      for (const replacement of ["null", "7", '"x"', "[]", "{}"]) {
        const facts = factsFromJson(
          stdout.replace(new RegExp(`${key} ("[^"]*"|\\d+|true|false|null)`), `${key} ${replacement}`),
        );
        expect(["string", "object"]).toContain(typeof facts);
      }
    }
  });
});
