import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { render } from "../../server/src/base/text.ts";
import { Engine, type Snapshot } from "../../server/src/engine/engine.ts";
import { loadParser } from "../../server/src/grammar/files.ts";
import type { NixParser } from "../../server/src/nix/syntax/parser.ts";
import { runRules } from "../../server/src/rules/frame/run.ts";
import { fakeHosts } from "../harness/fake-disk.ts";

let parser: NixParser;
let folder: string;
beforeAll(async () => {
  parser = await loadParser(import.meta.dirname);
  folder = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-findings-")));
  writeFileSync(join(folder, "flake.nix"), flake);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Guests that many rules have something to say about, alone and together, and a host whose services clean up. */
const flake = `{
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { self, nixpkgs, microvm }: let
    size = 512;
    mkGuest = name: module: nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm module { networking.hostName = name; } ];
    };
  in {
    nixosConfigurations.web = mkGuest "web" {
      microvm.hypervisor = "qemu";
      microvm.volumes = [
        { image = "var.img"; mountPoint = "/var"; inherit size; } # microvm-lens: allow size-differs-from-image
        { image = "data.img"; mountPoint = "/data"; size = 2048; fsType = "xfs"; label = "a-label-too-long-for-it"; }
        { image = "data.img"; mountPoint = "/data"; size = 2; serial = "one"; }
      ];
    };
    nixosConfigurations.db = mkGuest "db" {
      microvm.hypervisor = "firecracker";
      microvm.writableStoreOverlay = "/nix/.rw-store";
      microvm.preStart = "mv 'old.img' 'older.img'";
      microvm.volumes = [
        { image = "/srv/shared.img"; mountPoint = "/var"; inherit size; label = "db"; }
        { image = "old.img"; mountPoint = "/old"; size = 64; readOnly = true; }
      ];
    };
    nixosConfigurations.atlas = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host {
        networking.hostName = "atlas";
        microvm.vms.one.config = { microvm.volumes = [ { image = "one.img"; mountPoint = "/"; inherit size; } ]; };
        microvm.vms.two.config = {
          microvm.volumes = [ { image = "/srv/shared.img"; mountPoint = "/s"; size = size * 2; } ];
        };
        systemd.services.clean = {
          before = [ "microvm@one.service" ];
          requiredBy = [ "microvm@one.service" ];
          script = "/bin/rm -f /var/lib/microvms/one/one.img";
        };
      } ];
    };
  };
}
`;

const disk = [
  "host atlas free=1GiB total=10GiB",
  "/var/lib/microvms/web/var.img raw 256MiB ext4 last-mounted=/data",
  "/var/lib/microvms/web/data.img raw 64MiB blank",
  "/var/lib/microvms/web/forgotten.img raw 64MiB ext4",
  "/var/lib/microvms/db/old.img raw 32MiB ext4 label=other",
  "/var/lib/microvms/one/one.img raw 128MiB ext4",
  "/srv/shared.img raw 512MiB btrfs",
];

function open(text: string): Engine {
  const [host] = fakeHosts(disk);
  const engine = new Engine({
    parser,
    roots: [folder],
    settings: { hosts: [{ name: "atlas", via: "local" }], rules: {} },
    createProbe: () => (host as NonNullable<typeof host>).probe,
  });
  engine.setDocument(join(folder, "flake.nix"), text);
  return engine;
}

/** Everything that a user is told. */
function told(findings: Snapshot["findings"]): unknown {
  return findings.map(({ rule, span, severity, guests, message, notes }) => ({
    rule,
    span: { ...span },
    severity,
    guests,
    message: render(message),
    notes: notes.map(({ text, at }) => ({ text: render(text), at: at && { ...at } })),
  }));
}

/** What the rules say of this very snapshot when they remember nothing. */
function judgedAnew({ context, files, tree }: Snapshot): Snapshot["findings"] {
  return runRules(context, { severities: {}, trees: files.map(tree).filter((each) => each !== null) });
}

const edit = fc.record({
  at: fc.nat(),
  remove: fc.nat({ max: 4 }),
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
      "]",
      '"',
      "# 中文\n",
      "/*",
      "*/",
      "one",
      "var",
      ".img",
    ),
    fc.string({ maxLength: 3 }),
  ),
});

test("many rules have something to say about the flake", async () => {
  const engine = open(flake);
  const { findings } = await engine.snapshot();
  expect(new Set(findings.map(({ rule }) => rule)).size).toBeGreaterThanOrEqual(10);
  engine.dispose();
});

test("after any edits, findings that were kept are those of a fresh look", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
      const kept = open(flake);
      await kept.snapshot();
      let text = flake;
      for (const { at, remove, insert } of edits) {
        const start = at % (text.length + 1);
        text = text.slice(0, start) + insert + text.slice(start + remove);
        kept.setDocument(join(folder, "flake.nix"), text);
        const snapshot = await kept.snapshot();
        // In a text that does not parse, what was found before it stays (test/rules/held.test.ts).
        if (snapshot.tree(join(folder, "flake.nix"))?.errors.length === 0) {
          expect(told(snapshot.findings)).toEqual(told(judgedAnew(snapshot)));
          const fresh = open(text);
          expect(told(snapshot.findings)).toEqual(told((await fresh.snapshot()).findings));
          fresh.dispose();
        }
        // Half of the time the mistake is undone at once, as people do: otherwise most texts soon do not parse.
        if (at % 2 === 0) continue;
        text = flake;
        kept.setDocument(join(folder, "flake.nix"), text);
      }
      kept.dispose();
    }),
    { numRuns: Number(process.env["RUNS"] ?? 25), seed: Number(process.env["SEED"] ?? 20261122) },
  );
}, 120_000);
