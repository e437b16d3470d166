import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attended, Superseded } from "../../server/src/base/giving-way.ts";
import { Workspace } from "../../server/src/engine/workspace.ts";
import { loadParser } from "../../server/src/grammar/files.ts";
import type { NixParser } from "../../server/src/nix/syntax/parser.ts";
import { plain } from "../harness/plain.ts";

let parser: NixParser;
let folder: string;
beforeAll(async () => {
  parser = await loadParser(import.meta.dirname);
  folder = mkdtempSync(join(tmpdir(), "microvm-lens-incremental-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Guests by a helper, in one file, by a host, and one that two names share. */
const inline = `{
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { self, nixpkgs, microvm }: let
    GiB = n: n * 1024;
    small = 256;
    volume = name: size: { image = "\${name}.img"; inherit size; mountPoint = "/\${name}"; };
    mkGuest = { name, extra ? [ ], size ? small }: nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm {
        networking.hostName = name;
        microvm = { hypervisor = "qemu"; volumes = [ (volume "var" size) ] ++ extra; };
      } ];
    };
  in {
    nixosConfigurations.a = mkGuest { name = "a"; };
    nixosConfigurations.b = mkGuest { name = "b"; size = GiB 2; extra = [ (volume "data" (2 * small)) ]; };
    nixosConfigurations.c = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm ({ config, lib, ... }: {
        networking.hostName = "sea"; # 中文 🚀
        microvm.volumes = lib.mkIf true [ { image = "\${config.networking.hostName}.img"; size = 64; mountPoint = null; } ];
      }) ];
    };
    nixosConfigurations.host = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host {
        microvm.vms.d = { config = { microvm.volumes = [ { image = "d.img"; size = 10; mountPoint = "/d"; } ]; }; };
        microvm.vms.c.flake = self;
        microvm.stateDir = "/srv/vms";
      } ];
    };
  };
}
`;

function prepare(name: string, files: Record<string, string>): { root: string; files: string[] } {
  const root = join(folder, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return { root, files: Object.keys(files).map((file) => join(root, file)) };
}

function example(): { root: string; files: string[] } {
  const root = join(folder, "homelab");
  cpSync(join(import.meta.dirname, "../../examples/homelab"), root, {
    recursive: true,
    filter: (path) => !path.includes("/state"),
  });
  const files = [
    "flake.nix",
    "hosts/atlas.nix",
    "lib/guest.nix",
    "guests/web.nix",
    "guests/db.nix",
    "guests/build.nix",
  ];
  return { root, files: files.map((file) => join(root, file)) };
}

/** One edit: somewhere in a file, some characters give way to a text. */
const edit = fc.record({
  file: fc.nat(),
  at: fc.nat(),
  remove: fc.nat({ max: 6 }),
  insert: fc.oneof(
    fc.constantFrom(
      "",
      " ",
      "\n",
      "1",
      "0",
      "x",
      ";",
      "}",
      "{",
      "[",
      "]",
      '"',
      "(",
      ")",
      "a = 1;",
      "# 中\n",
      "''",
      "${",
      ".",
      "let ",
      " in ",
    ),
    fc.string({ maxLength: 3 }),
  ),
});

describe.each([
  ["one file", () => prepare("inline", { "flake.nix": inline })],
  ["the bundled example", example],
])("after any edits of %s", (_name, make) => {
  test.each([
    ["what is kept from before", () => Number.POSITIVE_INFINITY],
    ["what is kept of evaluations that were broken off", (looks: number) => looks],
  ])(
    "%s is what a fresh evaluation says",
    (_what, looksUntil) => {
      const { root, files } = make();
      let brokenOff = 0;
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
          const texts = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
          const kept = new Workspace({ parser, roots: [root] });
          const opened = new Set<string>();
          expect(kept.declarations().guests.length).toBeGreaterThan(2);
          const sound = () => [...opened].every((path) => kept.tree(path)?.errors.length === 0);
          const evaluate = () => {
            let looks = looksUntil(edits[0]?.at ?? 0) % 12;
            const by = { everyMs: 0, look: () => looks-- === 0 };
            try {
              attended(by, () => kept.declarations());
            } catch (error) {
              if (!(error instanceof Superseded)) throw error;
              brokenOff++;
            }
          };
          const set = (path: string, text: string) => {
            opened.add(path);
            texts.set(path, text);
            kept.setDocument(path, text);
            evaluate();
          };
          for (const { file, at, remove, insert } of edits) {
            const path = files[file % files.length] as string;
            const text = texts.get(path) as string;
            const start = at % (text.length + 1);
            set(path, text.slice(0, start) + insert + text.slice(start + remove));
            // How the parser finds its way past a mistake depends on what it saw before, and so does what is known there:
            // mistakes are taken back, as people do, and then nothing of them may be left.
            if (!sound()) set(path, text);
            const fresh = new Workspace({ parser, roots: [root] });
            for (const each of opened) fresh.setDocument(each, texts.get(each) as string);
            expect(plain(kept.declarations())).toEqual(plain(fresh.declarations()));
            expect(kept.filesRead()).toEqual(fresh.filesRead());
          }
        }),
        {
          numRuns: Number(process.env["RUNS"] ?? 25),
          seed: Number(process.env["SEED"] ?? 20261122),
          endOnFailure: process.env["SHRINK"] === undefined,
        },
      );
      expect(brokenOff > 0).toBe(looksUntil(1) === 1);
    },
    240_000,
  );
});

test("a name that a mistake takes out of scope comes back", () => {
  const { root, files } = prepare("scope", { "flake.nix": inline });
  const [flake] = files as [string];
  const kept = new Workspace({ parser, roots: [root] });
  const nameOfC = () => kept.declarations().guests.find(({ name, host }) => name === "c" && host === "host")?.hostName;
  expect(nameOfC()).toMatchObject({ state: "set", value: "sea" });
  kept.setDocument(flake, inline.replace("{ self,", "{ [:Kelf,"));
  expect(nameOfC()).toMatchObject({ state: "unknown" });
  kept.setDocument(flake, inline);
  expect(nameOfC()).toMatchObject({ state: "set", value: "sea" });
});
