import type { Cause } from "../../server/src/engine/not-judged-words.ts";

/** One thing that keeps us from knowing, and what is expected of the command line. */
export interface Reason {
  readonly name: string;
  readonly cause: Cause;
  /** Files of the folder, over {@link around}. */
  readonly files: Readonly<Record<string, string>>;
  /** What a snapshot holds, one for each host, as in fixtures (test/fixtures/README.md); null: none is given. */
  readonly disk: readonly string[] | null;
  /** In place of a snapshot. */
  readonly argv?: readonly string[];
  /** Exit code of `check` without and with `--strict`. */
  readonly codes: readonly [0 | 1 | 2, 0 | 1 | 2];
  /** Part of what is told to be done, where other causes of this kind have another remedy. */
  readonly toDo?: string;
  /** No guest was found at all: there is nothing to hover over. */
  readonly noGuest?: true;
}

/** A flake with one host and one guest; `guest` is the guest's module, `more` stands beside it. */
function flake(guest: string, more = "", modules = ""): string {
  return `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  inputs.other.url = "github:someone/other";
  outputs = { nixpkgs, microvm, other, ... }: {
    nixosConfigurations.nuc = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host ${modules} {
        ${more}
        microvm.vms.web.config = ${guest};
      } ];
    };
  };
}
`;
}

const volumes = (value: string, argument = "") => flake(`${argument}{ microvm.volumes = ${value}; }`);
const volume = (fields: string) =>
  volumes(`[ { image = "a.img"; mountPoint = "/a"; size = 512; fsType = "ext4"; ${fields} } ]`);
const field = (name: string, value: string, argument = "") => {
  const fields = { image: '"a.img"', mountPoint: '"/a"', size: "512", fsType: '"ext4"', label: "null", [name]: value };
  return volumes(
    `[ { ${Object.entries(fields)
      .map((each) => `${each.join(" = ")};`)
      .join(" ")} } ]`,
    argument,
  );
};
const fine = volume("");
const image = "/var/lib/microvms/web/a.img";
const there = ["host nuc", `${image} raw 512MiB ext4`];

const declared = (name: string, cause: Cause, text: string, files: Readonly<Record<string, string>> = {}): Reason => ({
  name,
  cause,
  files: { "flake.nix": text, ...files },
  disk: there,
  codes: [0, 1],
});
/** What to do is this, and not to fetch a source that would not help. */
const advised = (name: string, cause: Cause, text: string, toDo: string): Reason => ({
  ...declared(name, cause, text),
  toDo,
});
/** Real Nix refuses the same, which is an error of its own. */
const refused = (...given: Parameters<typeof declared>): Reason => ({ ...declared(...given), codes: [1, 1] });
const nothing = (name: string, cause: Cause, text: string): Reason => ({
  ...declared(name, cause, text),
  noGuest: true,
});
const onDisk = (name: string, cause: Cause, disk: readonly string[], text = fine): Reason => ({
  name,
  cause,
  files: { "flake.nix": text },
  disk,
  codes: [0, 1],
});

export const reasons: readonly Reason[] = [
  declared("an import outside of the folder", "outside", flake("import ../elsewhere.nix")),
  declared("volumes from a file outside", "outside", volumes("import ../../volumes.nix")),
  declared("a module locked by git-crypt", "encrypted", flake("import ./secret.nix"), {
    "secret.nix": "\0GITCRYPT\0\u0001\u0002",
  }),
  declared("volumes locked by git-crypt", "encrypted", volumes("import ./secret.nix"), {
    "secret.nix": "\0GITCRYPT\0\u0001\u0002",
  }),
  declared("an import that is not there", "missing-file", volumes("import ./gone.nix")),
  declared("a file that is not text", "unreadable-file", volumes("import ./data.nix"), { "data.nix": "a\0b" }),
  declared("JSON that is not text", "unreadable-file", volumes("builtins.fromJSON (builtins.readFile ./d.json)"), {
    "d.json": "\0\0",
  }),
  declared(
    "an opaque module of the host",
    "external",
    flake("{ microvm.volumes = [ ]; }", "", "other.nixosModules.base"),
  ),
  declared(
    "an opaque module of the guest",
    "external",
    flake(
      '{ imports = [ other.nixosModules.guest ]; microvm.volumes = [ { image = "a.img"; size = 5; mountPoint = null; } ]; }',
    ),
  ),
  declared("volumes of an input", "external", volumes("other.volumes")),
  declared(
    "one volume of an input",
    "external",
    volumes('[ { image = "a.img"; size = 512; mountPoint = "/a"; } ] ++ other.volumes'),
  ),
  declared("a name that is not defined", "unresolved-name", volumes("nowhere")),
  declared("an error thrown", "throws", volumes('throw "not yet"')),
  declared("a failed assertion", "throws", volumes("assert false; [ ]")),
  declared("a value that depends on itself", "cycle", volumes("let v = v; in v")),
  refused("volumes that are no list", "throws", volumes('"a.img"')),
  declared(
    "a condition of an input",
    "external",
    volumes('if other.big then [ { image = "a.img"; size = 1; mountPoint = null; } ] else other.more'),
  ),
  declared("a long computation", "budget", volumes("builtins.genList (x: x) 2000000000")),
  refused("a syntax error in a module", "throws", volumes("import ./broken.nix"), {
    "broken.nix": "{ a = ; }\n",
  }),
  declared(
    "something that is fetched",
    "external",
    volumes('import (builtins.fetchTarball "https://example.org/a.tar.gz")'),
  ),
  advised(
    "a variable of the environment",
    "external",
    field("image", '"${builtins.getEnv "NAME"}.img"'),
    "in the configuration",
  ),
  advised("the time of evaluation", "external", field("size", "builtins.currentTime"), "in the configuration"),
  advised("a search path", "external", volumes("import <volumes>"), "in the configuration"),
  advised(
    "a path that only secrets have",
    "external",
    volumes("builtins.fromJSON (builtins.readFile config.sops.secrets.v.path)", "{ config, ... }: "),
    "ask Nix itself",
  ),
  advised(
    "an option that only NixOS has",
    "external",
    field("size", "config.my.size", "{ config, ... }: "),
    "ask Nix itself",
  ),
  advised(
    "a file that a build makes",
    "external",
    volumes('import (pkgs.writeText "v.nix" "[ ]")', "{ pkgs, ... }: "),
    "ask Nix itself",
  ),
  declared(
    "a listing of a folder outside",
    "outside",
    volumes("map (image: { inherit image; }) (builtins.attrNames (builtins.readDir ../../elsewhere))"),
  ),
  declared("a recursion without an end", "budget", volumes("let f = n: f (n + 1); in f 0")),
  declared(
    "a hash of a file that is not there",
    "missing-file",
    field("image", '"${builtins.hashFile "sha256" ./gone}.img"'),
  ),
  declared("a submodule that is not checked out", "missing-file", flake("import ./submodule/guest.nix")),
  declared("an unknown size", "external", field("size", "other.size")),
  declared("an unknown image", "external", field("image", "other.name")),
  declared("an unknown label", "external", field("label", "other.label")),
  declared("an unknown filesystem", "external", field("fsType", "other.fs")),
  declared("an unknown mount point", "external", field("mountPoint", "other.path")),
  declared("a size that fails", "throws", field("size", 'throw "how big?"')),
  nothing("outputs that are no set", "wrong-type", "{ outputs = { ... }: 5; }\n"),
  nothing(
    "outputs of another flake",
    "external",
    '{ inputs.other.url = "github:a/b"; outputs = { other, ... }: other.lib.make ./.; }\n',
  ),
  nothing(
    "configurations of another flake",
    "external",
    '{ inputs.other.url = "github:a/b"; outputs = { other, ... }: { nixosConfigurations = other.lib.hosts; }; }\n',
  ),
  {
    ...onDisk("a state directory that is not there", "no-state-directory", []),
    disk: null,
    argv: ["--state-dir", "gone"],
    codes: [2, 2],
  },
  {
    ...onDisk("a host that does not answer", "host-unreachable", []),
    disk: null,
    argv: ["--host", "nuc.invalid"],
    codes: [2, 2],
  },
  { ...onDisk("a snapshot of a host without guests", "no-state-directory", ["host nuc absent"]), codes: [2, 2] },
  {
    ...onDisk("one of two hosts is dead", "host-unreachable", there),
    argv: ["--host", "other.invalid"],
    codes: [2, 2],
  },
  onDisk("an image that may not be read", "permission", ["host nuc", `${image} unreadable:permission`]),
  onDisk("content that may not be read", "permission", ["host nuc", `${image} raw 512MiB unreadable:permission`]),
  onDisk("a directory that may not be read", "permission", [
    "host nuc",
    "/var/lib/microvms/web/ unreadable:permission",
    `${image} unreadable:permission`,
  ]),
  onDisk("a damaged image", "malformed", ["host nuc", `${image} raw 512MiB unreadable:malformed`]),
  onDisk("an image behind something that we do not read", "unsupported", [
    "host nuc",
    `${image} raw 512MiB unreadable:unsupported`,
  ]),
  onDisk("a file system that does not answer", "timeout", ["host nuc", `${image} unreadable:timeout`]),
  onDisk("an image that is busy", "busy", ["host nuc", `${image} unreadable:busy`]),
  onDisk("a tool that is missing there", "tool-missing", ["host nuc", `${image} unreadable:tool-missing`]),
  onDisk(
    "an image that is not part of the snapshot",
    "unsupported",
    there,
    volume("").replace('"a.img"', '"/srv/a.img"'),
  ),
  onDisk(
    "a guest of a host that was not looked at",
    "no-host",
    ["host other", "/var/lib/microvms/db/a.img raw 512MiB ext4"],
    fine.replace(
      "nixosConfigurations.nuc",
      `nixosConfigurations.other = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.host { microvm.vms.db.config.microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; } ]; } ]; };
    nixosConfigurations.nuc`,
    ),
  ),
];
