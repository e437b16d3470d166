import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { render } from "../../server/src/base/text.ts";
import { Engine, type Snapshot } from "../../server/src/engine/engine.ts";
import { fakeHosts } from "../harness/fake-disk.ts";
import { testParser } from "../harness/memory-files.ts";

const flake = `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      modules = [
        microvm.nixosModules.microvm
        ./more.nix
        {
          networking.hostName = "web";
          microvm.volumes = [
            { image = "a.img"; mountPoint = "/a"; size = 2048; label = "a"; }
          ];
        }
      ];
    };
  };
}
`;
const small = ["/var/lib/microvms/web/a.img raw 512MiB ext4 label=a"];
const large = ["/var/lib/microvms/web/a.img raw 1024MiB ext4 label=a"];

let folder: string;
let engine: Engine;
let disk: readonly string[];
beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-held-")));
  writeFileSync(join(folder, "flake.nix"), flake);
  writeFileSync(join(folder, "more.nix"), "{ }");
  disk = small;
  engine = new Engine({
    parser: await testParser(),
    roots: [folder],
    settings: { hosts: [{ name: "localhost", via: "local" }], rules: {} },
    createProbe: () => ({
      host: "localhost",
      observe: (request) => (fakeHosts(disk)[0] as ReturnType<typeof fakeHosts>[number]).probe.observe(request),
    }),
  });
  expect(told(await edited(flake))).toEqual([["size-differs-from-image", "2048"]]);
});
afterEach(() => {
  engine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function edited(text: string, file = "flake.nix"): Promise<Snapshot> {
  engine.setDocument(join(folder, file), text);
  return engine.snapshot();
}

/** Rules, and the text that they underline. */
function told({ findings, tree }: Snapshot): string[][] {
  return findings.map(({ rule, span }) => [rule, tree(span.file)?.text.slice(span.start, span.end) ?? ""]);
}

function isBroken(snapshot: Snapshot): boolean {
  return (snapshot.tree(join(folder, "flake.nix"))?.errors.length ?? 0) > 0;
}

const stays = [["size-differs-from-image", "2048"]];

test("what was found stays while something is written before it, after it and elsewhere, and offers no edit", async () => {
  for (const text of [
    flake.replace('"a.img";', '"a.img"; serial = "'),
    flake.replace('label = "a";', 'label = "a"; direct'),
    flake.replace("./more.nix\n", "./more.nix\n        { microvm.hypervisor = "),
    flake.replace("];\n        }", "];\n          microvm.preStart = ''\n        }"),
  ]) {
    const snapshot = await edited(text);
    expect(isBroken(snapshot)).toBe(true);
    expect(told(snapshot), text).toEqual(stays);
    expect(snapshot.fixes(snapshot.findings[0] as Snapshot["findings"][number])).toEqual([]);
  }
  const whole = await edited(flake);
  expect(whole.fixes(whole.findings[0] as Snapshot["findings"][number])).not.toEqual([]);
});

test("it goes with the statement that it may depend on", async () => {
  for (const text of [
    flake.replace('image = "a.img";', 'image = "a.img'),
    flake.replace("size = 2048;", "size = ;"),
    flake.replace('networking.hostName = "web";', 'networking.hostName = "'),
    flake.replace("{ image", "image"),
  ]) {
    const snapshot = await edited(text);
    expect(isBroken(snapshot)).toBe(true);
    expect(told(snapshot), text).toEqual([]);
    await edited(flake);
  }
});

test("it goes when the disk is not what it says any more", async () => {
  const text = flake.replace('label = "a";', 'label = "a"; direct');
  expect(told(await edited(text))).toEqual(stays);
  disk = large;
  engine.refreshDisk();
  expect(told(await engine.snapshot())).toEqual([]);
  const whole = await edited(flake);
  expect(whole.findings.map(({ message }) => render(message))[0]).toContain("the image is 1024 MiB");
});

test("another file that changed meanwhile is judged as it is", async () => {
  expect(told(await edited(flake.replace("];\n        }", "];\n          x = [\n        }")))).toEqual(stays);
  const snapshot = await edited('{ microvm.preStart = "rm -f a.img"; }', "more.nix");
  expect(told(snapshot)).toEqual([]);
});
