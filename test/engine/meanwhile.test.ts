import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Hover } from "vscode-languageserver";
import { Superseded } from "../../server/src/base/giving-way.ts";
import { Engine, type EngineAttendant } from "../../server/src/engine/engine.ts";
import { hover } from "../../server/src/features/hover.ts";
import type { Session } from "../../server/src/features/session/session.ts";
import { defaultSettings } from "../../server/src/features/session/settings.ts";
import { loadParser } from "../../server/src/grammar/files.ts";
import type { NixParser } from "../../server/src/nix/syntax/parser.ts";
import { fakeHosts } from "../harness/fake-disk.ts";

const text = `{
  outputs = { nixpkgs, microvm, ... }: let base = 128; in {
    nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm {
      microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = base + base; } ];
    } ]; };
    nixosConfigurations.b = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm {
      microvm.volumes = [ { image = "b.img"; mountPoint = "/b"; size = 64; } ];
    } ]; };
  };
}
`;
const session = {
  client: { hoverMarkdown: true },
  locale: "en",
  settings: defaultSettings,
  documents: { byPath: () => undefined },
  past: () => null,
} as unknown as Session;

let parser: NixParser;
let folder: string;
let file: string;
let engine: Engine;
let attendant: { -readonly [K in keyof EngineAttendant]: EngineAttendant[K] };
beforeAll(async () => {
  parser = await loadParser(import.meta.dirname);
  folder = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-meanwhile-")));
  file = join(folder, "flake.nix");
  writeFileSync(file, text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  attendant = { everyMs: 0, look: () => false, settled: async () => {} };
  const [host] = fakeHosts(["/var/lib/microvms/b/b.img raw 32MiB ext4"]);
  engine = new Engine({
    parser,
    roots: [folder],
    settings: { hosts: [{ name: "atlas", via: "local" }], rules: {} },
    createProbe: () => (host as NonNullable<typeof host>).probe,
    attendant,
  });
});

/** Text of the hover that can be given now, over the end of these words. */
function early(words: string, now = text): string {
  const snapshot = engine.meanwhile();
  const found: Hover | null = hover({ session, snapshot, path: file }, now.indexOf(words) + words.length);
  return found ? (found.contents as { value: string }).value : "";
}

describe("while evaluation is running", () => {
  test("a hover tells what was known, and that it may be old", async () => {
    await engine.snapshot();
    engine.setDocument(file, text.replace("base = 128", "base = 256"));
    const said: string[] = [];
    attendant.look = () => {
      if (said.length < 20) said.push(early("size = base"));
      return false;
    };
    await engine.snapshot();
    expect(said.length).toBeGreaterThan(1);
    for (const each of said) {
      expect(each).toContain("256");
      expect(each).toContain("This is being looked at again.");
    }
    attendant.look = () => false;
    const { tree } = await engine.snapshot();
    const now = hover(
      { session, snapshot: await engine.snapshot(), path: file },
      tree(file)?.text.indexOf("base + base") ?? 0,
    );
    expect(JSON.stringify(now)).toContain("512");
    expect(JSON.stringify(now)).not.toContain("looked at again");
  });

  test("nothing old is told of what was edited, and the rest is found where it stands by now", async () => {
    await engine.snapshot();
    const edited = `# above\n${text.replace("size = 64", "size = 4096")}`;
    engine.setDocument(file, edited);
    const said: string[][] = [];
    attendant.look = () => {
      said.push([early("size = 40", edited), early('image = "a.i', edited), early('image = "b.i', edited)]);
      return false;
    };
    await engine.snapshot();
    expect(said.length).toBeGreaterThan(1);
    for (const [size, a, b] of said) {
      expect(size).not.toMatch(/\b64\b/);
      expect(a).toContain("a.img");
      expect(b).toContain("b.img");
    }
  });

  test("before anything is known, names of options are explained", () => {
    engine.setDocument(file, text);
    // Nothing is parsed so far.
    expect(early("mountPoint")).toBe("");
    attendant.look = () => {
      expect(early("mountPoin")).toContain("mountPoint");
      return false;
    };
    engine.declarations();
  });

  test("a newer text ends it, and the snapshot is of the newer one", async () => {
    await engine.snapshot();
    const newest = text.replace("base = 128", "base = 1024");
    engine.setDocument(file, text.replace("base = 128", "base = 256"));
    let ended = 0;
    attendant.look = () => ended === 0;
    attendant.settled = async () => {
      ended++;
      engine.setDocument(file, newest);
    };
    const { declarations } = await engine.snapshot();
    expect(ended).toBe(1);
    expect(declarations.guests.map(({ volumes: [volume] }) => volume?.sizeMiB)).toMatchObject([
      { value: 2048 },
      { value: 64 },
    ]);
  });

  test("nothing is said to be old that is not", async () => {
    const snapshot = await engine.snapshot();
    expect(engine.meanwhile()).toBe(snapshot);
    engine.refreshDisk();
    expect(engine.meanwhile().outdated).toBe(true);
    const again = await engine.snapshot();
    expect(engine.meanwhile()).toBe(again);
    engine.setDocument(file, `${text}\n`);
    expect(engine.meanwhile().outdated).toBe(true);
  });

  test("who asked for declarations alone is told that they are of no use", () => {
    attendant.look = () => true;
    expect(() => engine.declarations()).toThrow(Superseded);
    attendant.look = () => false;
    expect(engine.declarations().guests).toHaveLength(2);
  });
});
