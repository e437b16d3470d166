/** A configuration that attacks: files by name, of which `flake.nix` is the one that is typed. */
export interface Bomb {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

const flake = (body: string, more = "") =>
  `{ inputs.microvm.url = "github:astro/microvm.nix"; inputs.nixpkgs.url = "github:NixOS/nixpkgs";
outputs = { self, nixpkgs, microvm, ... }: let inherit (nixpkgs) lib; ${more} in { nixosConfigurations = ${body}; }; }
`;
const guest = (module: string) => `nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm ${module} ]; }`;
const volume = (size: string, more = "") => `{ image = "a.img"; mountPoint = "/a"; size = ${size}; ${more} }`;
const good = guest(`{ microvm.volumes = [ ${volume("64")} ]; }`);

/** As the size of a volume of one guest, beside a guest that is all right. */
const asSize = (name: string, expression: string, more = ""): Bomb => ({
  name,
  files: {
    "flake.nix": flake(
      `{ bomb = ${guest(`{ microvm.volumes = [ ${volume(`(${expression})`)} ]; }`)}; fine = ${good}; }`,
      more,
    ),
  },
});
const asModule = (name: string, module: string, more = ""): Bomb => ({
  name,
  files: { "flake.nix": flake(`{ bomb = ${guest(module)}; fine = ${good}; }`, more) },
});
const asText = (name: string, text: string): Bomb => ({ name, files: { "flake.nix": text } });

const doubled = (times: number) =>
  Array.from({ length: times }, (_, i) => `x${i + 1} = { a = x${i}; b = x${i}; };`).join(" ");
const lists = (times: number) => Array.from({ length: times }, (_, i) => `l${i + 1} = [ l${i} l${i} ];`).join(" ");

const expressions: readonly (readonly [string, string, string?])[] = [
  ["endless recursion", "let f = x: f (x + 1); in f 0"],
  ["endless recursion that grows", "let f = x: 1 + f (x + 1); in f 0"],
  ["endless recursion in a list", "let f = x: [ x ] ++ f (x + 1); in builtins.length (f 0)"],
  ["endless recursion in a set", "let f = x: { a = f (x + 1); } // f x; in (f 0).a"],
  ["two calls at each step", "let f = n: if n == 0 then 1 else f (n - 1) + f (n - 1); in f 60"],
  [
    "Ackermann",
    "let a = m: n: if m == 0 then n + 1 else if n == 0 then a (m - 1) 1 else a (m - 1) (a m (n - 1)); in a 4 4",
  ],
  ["a value that is itself", "let x = x; in x"],
  [
    "genericClosure",
    "builtins.length (builtins.genericClosure { startSet = [ { key = 0; } ]; operator = i: [ { key = i.key + 1; } ]; })",
  ],
  [
    "genericClosure of words",
    'builtins.length (builtins.genericClosure { startSet = [ { key = ""; } ]; operator = i: [ { key = i.key + "a"; } { key = i.key + "b"; } ]; })',
  ],
  [
    "genericClosure of lists",
    "builtins.length (builtins.genericClosure { startSet = [ { key = [ 0 ]; } ]; operator = i: [ { key = i.key ++ [ 1 ]; } ]; })",
  ],
  ["toString of a deep list", "builtins.stringLength (toString l60)", `l0 = [ ]; ${lists(60)}`],
  ["toJSON of a deep set", "builtins.stringLength (builtins.toJSON x60)", `x0 = { }; ${doubled(60)}`],
  ["toXML of a deep set", "builtins.stringLength (builtins.toXML x60)", `x0 = { }; ${doubled(60)}`],
  ["deepSeq of a deep set", "builtins.deepSeq x60 1", `x0 = { }; ${doubled(60)}`],
  [
    "comparison of deep sets",
    "if x60 == y then 1 else 2",
    `x0 = { }; ${doubled(60)} y = builtins.foldl' (b: i: { a = b; b = b; }) { } (lib.range 1 60);`,
  ],
  [
    "comparison of deep lists",
    "if l60 < m then 1 else 2",
    `l0 = [ ]; ${lists(60)} m = builtins.foldl' (b: i: [ b b ]) [ ] (lib.range 1 60);`,
  ],
  ["flatten", "builtins.length (lib.flatten l60)", `l0 = [ 1 ]; ${lists(60)}`],
  [
    "recursiveUpdate",
    "builtins.deepSeq (lib.recursiveUpdate x40 y) 1",
    `x0 = { }; ${doubled(40)} y = builtins.foldl' (b: i: { a = b; b = b; }) { } (lib.range 1 40);`,
  ],
  ["mapAttrsRecursive", "builtins.deepSeq (lib.mapAttrsRecursive (p: v: v) x40) 1", `x0 = 1; ${doubled(40)}`],
  ["collect", "builtins.length (lib.collect builtins.isInt x40)", `x0 = 1; ${doubled(40)}`],
  [
    "cartesianProduct",
    "builtins.length (lib.cartesianProduct (lib.genAttrs (map toString (lib.range 1 12)) (n: lib.range 1 12)))",
  ],
  [
    "crossLists",
    "builtins.length (lib.crossLists (a: b: c: a) [ (lib.range 1 400) (lib.range 1 400) (lib.range 1 400) ])",
  ],
  ["concatMap", "builtins.length (lib.concatMap (x: lib.range 1 9999) (lib.range 1 9999))"],
  ["genList", "builtins.length (builtins.genList (x: x) 1000000000)"],
  ["range", "builtins.length (lib.range 1 1000000000)"],
  ["replicate", "builtins.length (lib.replicate 1000000000 1)"],
  ["a list that doubles", "builtins.length (builtins.foldl' (l: i: l ++ l) [ 1 ] (lib.range 1 60))"],
  ["a text that doubles", 'builtins.stringLength (builtins.foldl\' (s: i: s + s) "ab" (lib.range 1 60))'],
  ["a text that doubles in words", 'builtins.stringLength (builtins.foldl\' (s: i: "${s}${s}") "ab" (lib.range 1 60))'],
  [
    "many long texts",
    'let s = builtins.foldl\' (s: i: s + s) "ab" (lib.range 1 20); in builtins.length (builtins.filter (t: builtins.stringLength t > 0) (map (i: s + toString i) (lib.range 1 9999)))',
  ],
  [
    "replaceStrings",
    'builtins.stringLength (builtins.foldl\' (s: i: builtins.replaceStrings [ "a" ] [ "aa" ] s) "a" (lib.range 1 60))',
  ],
  [
    "replaceStrings of many",
    'builtins.stringLength (builtins.replaceStrings (map (i: "x${toString i}") (lib.range 1 2000)) (map toString (lib.range 1 2000)) (lib.concatStrings (map (i: "y") (lib.range 1 9999))))',
  ],
  [
    "replaceStrings of nothing",
    'builtins.stringLength (builtins.foldl\' (s: i: builtins.replaceStrings [ "" ] [ "ab" ] s) "a" (lib.range 1 60))',
  ],
  [
    "concatStringsSep",
    'builtins.stringLength (lib.concatStringsSep (lib.concatStrings (map (i: "0123456789") (lib.range 1 999))) (map toString (lib.range 1 9999)))',
  ],
  [
    "a regular expression",
    'builtins.length (builtins.match "(a*)*b" (lib.concatStrings (map (i: "a") (lib.range 1 60))))',
  ],
  [
    "a regular expression of choices",
    'builtins.length (builtins.match "(a|a|aa)+b" (lib.concatStrings (map (i: "a") (lib.range 1 200))))',
  ],
  [
    "a long regular expression",
    'builtins.length (builtins.match (lib.concatStrings (map (i: "(a?)") (lib.range 1 500))) (lib.concatStrings (map (i: "a") (lib.range 1 500))))',
  ],
  ["a repeated regular expression", 'builtins.length (builtins.match "((a{1,200}){1,200}){1,200}" "a")'],
  ["split", 'builtins.length (builtins.split "" (lib.concatStrings (map (i: "abcdefghij") (lib.range 1 9999))))'],
  [
    "stringToCharacters",
    'builtins.length (lib.stringToCharacters (lib.concatStrings (map (i: "abcdefghij") (lib.range 1 9999))))',
  ],
  [
    "substrings",
    'let s = lib.concatStrings (map (i: "0123456789") (lib.range 1 9999)); in builtins.foldl\' (a: i: a + builtins.stringLength (builtins.substring i 9 s)) 0 (lib.range 1 9999)',
  ],
  ["sort", "builtins.head (builtins.sort (a: b: a < b) (map (i: lib.mod (i * 7919) 9973) (lib.range 1 9999)))"],
  [
    "sort of deep values",
    "builtins.length (builtins.sort (a: b: a == b) (map (i: x30) (lib.range 1 200)))",
    `x0 = { }; ${doubled(30)}`,
  ],
  ["naturalSort", 'builtins.length (lib.naturalSort (map (i: "n${toString i}") (lib.range 1 9999)))'],
  ["unique", "builtins.length (lib.unique (lib.range 1 9999))"],
  ["unique of sets", "builtins.length (lib.unique (map (i: { a.b = i; }) (lib.range 1 5000)))"],
  ["subtractLists", "builtins.length (lib.subtractLists (lib.range 1 9999) (lib.range 1 9999))"],
  ["toposort", "builtins.length (lib.toposort (a: b: a < b) (lib.range 1 2000)).result"],
  ["foldr", "lib.foldr (a: b: a + b) 0 (lib.range 1 99999)"],
  ["fix", "(lib.fix (self: { a = self.b + 1; b = self.a + 1; })).a"],
  ["converge", "lib.converge (x: x + 1) 0"],
  ["powers", "builtins.foldl' (a: i: a * a) 3 (lib.range 1 99999)"],
  [
    "a set of many names",
    "builtins.length (builtins.attrNames (lib.genAttrs (map toString (lib.range 1 99999)) (n: n)))",
  ],
  [
    "updates of a large set",
    "builtins.length (builtins.attrNames (builtins.foldl' (s: i: s // { ${toString i} = i; }) { } (lib.range 1 20000)))",
  ],
  [
    "zipAttrsWith",
    "builtins.length (builtins.attrNames (lib.zipAttrsWith (n: v: v) (map (i: lib.genAttrs (map toString (lib.range 1 99)) (n: i)) (lib.range 1 999))))",
  ],
  ["groupBy", "builtins.length (builtins.attrNames (lib.groupBy toString (lib.range 1 99999)))"],
  ["fromJSON", 'builtins.length (builtins.fromJSON (lib.concatStrings (map (i: "[") (lib.range 1 9999))))'],
  ["hashes", 'builtins.stringLength (builtins.foldl\' (s: i: builtins.hashString "sha256" s) "x" (lib.range 1 99999))'],
  ["a long integer", "9".repeat(100_000)],
  ["a long sum", `1${" + 1".repeat(60_000)}`],
  ["a long literal list", `builtins.length [ ${"1 ".repeat(100_000)} ]`],
  ["a long text", `builtins.stringLength "${"x".repeat(500_000)}"`],
];

const many = (count: number, of: string) => `map (i: ${of}) (lib.range 1 ${count})`;
const modules: readonly (readonly [string, string, string?])[] = [
  [
    "hundred volumes",
    `{ microvm.volumes = ${many(100, '{ image = "v${toString i}.img"; mountPoint = "/v${toString i}"; size = i; }')}; }`,
  ],
  [
    "ten thousand volumes",
    `{ microvm.volumes = ${many(10_000, '{ image = "v${toString i}.img"; mountPoint = "/v${toString i}"; size = i; }')}; }`,
  ],
  [
    "hundred thousand volumes",
    `{ microvm.volumes = ${many(100_000, '{ image = "v${toString i}.img"; mountPoint = "/v"; size = i; }')}; }`,
  ],
  ["volumes of one name", `{ microvm.volumes = ${many(3000, '{ image = "a.img"; mountPoint = "/a"; size = 1; }')}; }`],
  ["modules that import themselves", "m", "m = { imports = [ m m ]; };"],
  ["modules that import more", "(m 0)", "m = i: { imports = [ (m (i + 1)) (m (i + 2)) ]; };"],
  ["many modules", `{ imports = ${many(20_000, "{ microvm.vcpu = lib.mkDefault i; }")}; }`],
  [
    "many shares",
    `{ microvm.shares = ${many(5000, '{ tag = "t${toString i}"; source = "/s"; mountPoint = "/m"; }')}; }`,
  ],
  [
    "many services",
    `{ systemd.services = lib.genAttrs (map toString (lib.range 1 5000)) (n: { preStart = "rm -rf /x/\${n}"; }); }`,
  ],
  [
    "a long preStart",
    `{ microvm.preStart = lib.concatStrings (${many(5000, '"if [ -e /x${toString i} ]; then rm /x; fi\\n"')}); ${'microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 1; } ];'} }`,
  ],
  [
    "a preStart of nested conditions",
    `{ microvm.preStart = "${"if a; then ".repeat(300)}:${"; fi".repeat(300)}"; microvm.volumes = [ ${volume("1")} ]; }`,
  ],
  [
    "a preStart of loops",
    `{ microvm.preStart = "${"for i in 1 2 3 4 5 6 7 8 9; do ".repeat(20)}rm a.img${"; done".repeat(20)}"; microvm.volumes = [ ${volume("1")} ]; }`,
  ],
  [
    "a preStart of braces",
    `{ microvm.preStart = "echo ${"{a,b,c,d}".repeat(20)} > a.img"; microvm.volumes = [ ${volume("1")} ]; }`,
  ],
  [
    "a preStart of arithmetic",
    `{ microvm.preStart = "while true; do x=$((x + 1)); done"; microvm.volumes = [ ${volume("1")} ]; }`,
  ],
  [
    "deep conditions",
    `{ microvm.volumes = ${"lib.mkIf (x ? a) (".repeat(200)}[ ${volume("1")} ]${")".repeat(200)}; }`,
    "x = microvm.unknown;",
  ],
  [
    "undecided conditions",
    `{ microvm.volumes = [ ${Array.from({ length: 60 }, (_, i) => `{ image = if microvm.u ? a${i} then "a" else "b"; mountPoint = "/a"; size = 1; }`).join(" ")} ]; }`,
  ],
  ["options without end", "{ options = o; config = { }; }", "o = { a = o; b = o; };"],
  ["config that needs itself", "({ config, ... }: { microvm.volumes = config.microvm.volumes ++ [ ]; })"],
];

const texts: readonly (readonly [string, string])[] = [
  ["brackets without end", "[".repeat(20_000)],
  ["braces without end", "{ a = ".repeat(20_000)],
  ["garbage", "{{{ = ; ]] ''${ ".repeat(10_000)],
  ["one byte many times", "a".repeat(900_000)],
  ["interpolations", `"${"${".repeat(10_000)}`],
  ["comments", `{ outputs = _: { }; }\n${"# words of a line\n".repeat(50_000)}`],
  ["over the limit", `{ outputs = _: { }; }\n${"# words of a line\n".repeat(70_000)}`],
];

const lock = (nodes: string, root = "root") => `{"version":7,"root":"${root}","nodes":{${nodes}}}`;
const locks: readonly Bomb[] = [
  {
    name: "a lock that follows itself",
    files: {
      "flake.nix": flake(`{ fine = ${good}; }`),
      "flake.lock": lock('"root":{"inputs":{"microvm":["microvm"],"nixpkgs":["microvm"]}}'),
    },
  },
  {
    name: "a lock of many nodes",
    files: {
      "flake.nix": flake(`{ fine = ${good}; }`),
      "flake.lock": lock(
        `"root":{"inputs":{"nixpkgs":"n0"}},${Array.from({ length: 9000 }, (_, i) => `"n${i}":{"inputs":{"a":"n${i + 1}","b":"n${i + 1}"}}`).join(",")}`,
      ),
    },
  },
  {
    name: "a lock of brackets",
    files: { "flake.nix": flake(`{ fine = ${good}; }`), "flake.lock": "[".repeat(100_000) },
  },
];

const fleet: Bomb = {
  name: "a hundred bombs",
  files: {
    "flake.nix": flake(
      `lib.genAttrs (map (i: "g\${toString i}") (lib.range 1 100)) (n: ${guest(`{ microvm.volumes = [ ${volume("(let f = x: f (x + 1); in f 0)")} ]; }`)})`,
    ),
  },
};

/** What stands in the file before and after: a guest that is all right. */
export const harmless = `{ inputs.microvm.url = "github:astro/microvm.nix"; inputs.nixpkgs.url = "github:NixOS/nixpkgs";
outputs = { nixpkgs, microvm, ... }: { nixosConfigurations.fine = nixpkgs.lib.nixosSystem { modules = [
  microvm.nixosModules.microvm { microvm.volumes = [ { image = "a.img"; mountPoint = "/a";
  size = 64; } ]; } ]; }; }; }
`;

export const bombs: readonly Bomb[] = [
  ...expressions.map(([name, expression, more]) => asSize(name, expression, more)),
  ...modules.map(([name, module, more]) => asModule(name, module, more)),
  ...texts.map(([name, text]) => asText(name, text)),
  ...locks,
  fleet,
];
