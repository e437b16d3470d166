import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CompletionItem } from "vscode-languageserver";
import { Engine } from "../../server/src/engine/engine.ts";
import { completion } from "../../server/src/features/completion.ts";
import { withoutPlaceholders } from "../../server/src/features/options/snippets.ts";
import { clientFeatures } from "../../server/src/features/session/client.ts";
import { fakeHosts } from "../harness/fake-disk.ts";
import { testParser } from "../harness/memory-files.ts";
import { session } from "../rules/faces.ts";
import { modern } from "./client.ts";

/** A proposal, and the text after it was accepted as it is. */
export interface Proposed {
  readonly item: CompletionItem;
  readonly after: string;
}

/** What is proposed at `|` in a flake.nix, in the order in which it is shown. */
export async function proposedAt(marked: string, snippets = true): Promise<Proposed[]> {
  const offset = marked.indexOf("|");
  const source = marked.replace("|", "");
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "lens-completion-")));
  const path = join(folder, "flake.nix");
  writeFileSync(path, source);
  const [host] = fakeHosts(["/var/lib/microvms/web/data.img raw 512MiB ext4 label=a"]);
  const engine = new Engine({
    parser: await testParser(),
    roots: [folder],
    settings: { hosts: [{ name: "localhost", via: "local" }], rules: {} },
    createProbe: () => (host as NonNullable<typeof host>).probe,
  });
  try {
    const snapshot = await engine.snapshot();
    const client = clientFeatures({
      processId: null,
      rootUri: null,
      capabilities: snippets ? modern : { textDocument: { completion: {} } },
    });
    const list = completion({ session: { ...session(), client }, snapshot, path }, offset);
    const lines = snapshot.tree(path)?.lines;
    return (list?.items ?? [])
      .toSorted((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1))
      .map((item) => {
        const edit = item.textEdit;
        if (!edit || !("range" in edit) || !lines) throw new Error("an item without an edit");
        const [start, end] = [lines.offset(edit.range.start), lines.offset(edit.range.end)];
        const text = item.insertTextFormat === 2 ? withoutPlaceholders(edit.newText) : edit.newText;
        return { item, after: source.slice(0, start) + text + source.slice(end) };
      });
  } finally {
    engine.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A flake with one host and one guest, whose module is given. */
export const guest = (module: string): string => `{
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { self, nixpkgs, microvm, ... }: {
    nixosConfigurations.nuc = nixpkgs.lib.nixosSystem {
      modules = [
        microvm.nixosModules.host
        { microvm.vms.web.config = ${module}; }
      ];
    };
  };
}
`;

/** Places where something is typed. */
export const places: Readonly<Record<string, string>> = {
  "an empty set": guest("{ microvm = { | }; }"),
  "a set with something": guest('{ microvm = {\n  mem = 512;\n  |\n  hypervisor = "qemu";\n}; }'),
  "a name that is begun": guest("{ microvm = { vo| }; }"),
  "a dotted name": guest("{ microvm.| }"),
  "a volume": guest("{ microvm.volumes = [ { | } ]; }"),
  "a volume with something": guest('{ microvm.volumes = [ { image = "a.img"; | size = 5; } ]; }'),
  "a list of volumes": guest("{ microvm.volumes = [ | ]; }"),
  "a list of shares": guest("{ microvm.shares = [ | ]; }"),
  "a list of interfaces": guest("{ microvm.interfaces = [ | ]; }"),
  "a share": guest("{ microvm.shares = [ { | } ]; }"),
  "an interface": guest("{ microvm.interfaces = [ { | } ]; }"),
  "the options of qemu": guest("{ microvm.qemu = { | }; }"),
  "the value of an enumeration": guest("{ microvm.hypervisor = | }"),
  "the value of one with its semicolon": guest("{ microvm.hypervisor = |; }"),
  "the value in quotation marks": guest('{ microvm.hypervisor = "q|"; }'),
  "a boolean": guest("{ microvm.balloon = | }"),
  "an image": guest("{ microvm.volumes = [ { image = | } ]; }"),
  "a host": guest("{ }").replace("{ microvm.vms.web.config = { }; }", "{ microvm = { vms.web.config = { }; | }; }"),
  guests: guest("{ }").replace("{ microvm.vms.web.config = { }; }", "{ microvm.vms = { | }; }"),
  "a guest": guest("{ }").replace("{ microvm.vms.web.config = { }; }", "{ microvm.vms.web = { | }; }"),
};
