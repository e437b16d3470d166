import { expect, test } from "vitest";
import { readDeclarations } from "../../server/src/microvm/index.ts";
import type { Declarations, Field } from "../../server/src/microvm/model.ts";
import type { EntryType, FileResult, FileSource } from "../../server/src/nix/files.ts";
import type { NixParser } from "../../server/src/nix/syntax/parser.ts";
import type { SyntaxTree } from "../../server/src/nix/syntax/tree.ts";
import { testParser } from "./workspace.ts";

/** A small workspace that uses what real ones use: helpers, options, conditions, priorities, several modules. */
const workspace: Readonly<Record<string, string>> = {
  "/w/flake.nix": `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.microvm.url = "github:astro/microvm.nix";
  outputs = { self, nixpkgs, microvm, ... }: let
    mk = import ./lib.nix { inherit nixpkgs microvm; };
  in {
    nixosConfigurations = {
      web = mk "web" [ ./web.nix ];
      host = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.host ./host.nix ]; };
    };
  };
}
`,
  "/w/lib.nix": `{ nixpkgs, microvm }: name: modules: nixpkgs.lib.nixosSystem {
  modules = modules ++ [ microvm.nixosModules.microvm ./options.nix { networking.hostName = nixpkgs.lib.mkDefault name; } ];
}
`,
  "/w/options.nix": `{ config, lib, ... }: {
  options.disk = {
    size = lib.mkOption { type = lib.types.int; default = 1024; };
    enable = lib.mkEnableOption "a disk";
  };
  config = lib.mkIf config.disk.enable {
    microvm.volumes = lib.mkAfter [ { image = "\${config.networking.hostName}.img"; size = config.disk.size; mountPoint = "/data"; } ];
  };
}
`,
  "/w/web.nix": `{ lib, ... }: {
  disk = { enable = true; size = lib.mkForce (4 * 512); };
  microvm = {
    hypervisor = "cloud-hypervisor";
    volumes = [
      { image = "var.img"; size = 512; mountPoint = "/var"; label = "var"; }
      { image = "log.img"; size = 64; mountPoint = "/var/log"; fsType = "xfs"; autoCreate = false; }
    ];
  };
}
`,
  "/w/host.nix": `{ lib, ... }: {
  microvm.stateDir = "/vms";
  microvm.vms = lib.mapAttrs (name: size: {
    config.microvm.volumes = [ { image = "\${name}.img"; inherit size; mountPoint = "/"; } ];
  }) { db = 2048; cache = 128; };
}
`,
};

/** Files in memory; what is not there is absent, as on a disk that misses it. */
class Damaged implements FileSource {
  readonly generation = 1;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #parser: NixParser;
  constructor(texts: ReadonlyMap<string, string>, parser: NixParser) {
    this.#texts = texts;
    this.#parser = parser;
  }
  tree(path: string): FileResult<SyntaxTree> {
    const text = this.text(path);
    return text.ok ? { ok: true, value: this.#parser.parse(path, text.value) } : text;
  }
  text(path: string): FileResult<string> {
    const text = this.#texts.get(path);
    return text === undefined ? { ok: false, problem: "absent" } : { ok: true, value: text };
  }
  entries(path: string): FileResult<ReadonlyMap<string, EntryType>> {
    if (path !== "/w") return { ok: false, problem: "absent" };
    return { ok: true, value: new Map([...this.#texts.keys()].map((p) => [p.slice(3), "regular"])) };
  }
  type(path: string): FileResult<EntryType> {
    if (path === "/w") return { ok: true, value: "directory" };
    return this.#texts.has(path) ? { ok: true, value: "regular" } : { ok: false, problem: "absent" };
  }
}

function read(texts: Readonly<Record<string, string>>, parser: NixParser, steps?: number): Declarations {
  const files = new Damaged(new Map(Object.entries(texts)), parser);
  return readDeclarations({
    files,
    parser,
    roots: ["/w"],
    openFiles: [],
    ...(steps === undefined ? {} : { budget: { steps } }),
  });
}

/** Everything known of every guest, by a name that says what it is. */
function knownOf(declarations: Declarations): Map<string, unknown> {
  const known = new Map<string, unknown>();
  const put = (name: string, field: Field<unknown>) => {
    if (field.state === "set" || field.state === "default") known.set(name, field.value);
  };
  for (const guest of declarations.guests) {
    const id = `${guest.host}/${guest.name}`;
    for (const field of ["hostName", "stateDir", "hypervisor", "storeOnDisk", "writableStoreOverlay"] as const) {
      put(`${id} ${field}`, guest[field]);
    }
    for (const volume of guest.volumes) {
      const image = volume.image.state === "set" ? volume.image.value : null;
      if (image === null) continue;
      for (const field of ["sizeMiB", "mountPoint", "fsType", "label", "autoCreate", "imageType"] as const) {
        put(`${id} ${image} ${field}`, volume[field]);
      }
      if (volume.position !== null) known.set(`${id} ${image} position`, volume.position);
    }
  }
  return known;
}

/** What is known of the damaged workspace and was not known, with this value, of the whole one. */
function newlyKnown(whole: ReadonlyMap<string, unknown>, damaged: ReadonlyMap<string, unknown>): string[] {
  return [...damaged].filter(([name, value]) => whole.get(name) !== value).map(([name, value]) => `${name} = ${value}`);
}

test("the workspace as a whole is known", async () => {
  const known = knownOf(read(workspace, await testParser()));
  expect(known.get("null/web web.img sizeMiB")).toBe(2048);
  expect(known.get("null/web web.img position")).toBe(2);
  expect(known.get("host/db db.img sizeMiB")).toBe(2048);
  expect(known.get("host/cache stateDir")).toBe("/vms");
});

test("a file cut off anywhere only takes knowledge away", { timeout: 240_000 }, async () => {
  const step = process.env["ALL"] ? 1 : 11;
  const first = process.env["ALL"] ? 0 : new Date().getMinutes() % step;
  const parser = await testParser();
  const whole = knownOf(read(workspace, parser));
  const wrong: string[] = [];
  for (const [path, text] of Object.entries(workspace)) {
    // Every byte was tried once; a part of them, each time another one, is enough for every run.
    for (let end = first; end < text.length; end += step) {
      const damaged = knownOf(read({ ...workspace, [path]: text.slice(0, end) }, parser));
      for (const each of newlyKnown(whole, damaged))
        wrong.push(`${path} cut at ${end} (${JSON.stringify(text.slice(end - 20, end))}): ${each}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("a file that is missing only takes knowledge away", async () => {
  const parser = await testParser();
  const whole = knownOf(read(workspace, parser));
  // Without flake.nix it is another kind of workspace: the files are modules of their own.
  for (const path of Object.keys(workspace).filter((each) => each !== "/w/flake.nix")) {
    const { [path]: _, ...rest } = workspace;
    expect({ path, wrong: newlyKnown(whole, knownOf(read(rest, parser))) }).toEqual({ path, wrong: [] });
  }
});

test("a small budget only takes knowledge away", async () => {
  const parser = await testParser();
  const whole = knownOf(read(workspace, parser));
  for (let steps = 0; steps < 1500; steps += 25) {
    expect({ steps, wrong: newlyKnown(whole, knownOf(read(workspace, parser, steps))) }).toEqual({ steps, wrong: [] });
  }
});
