import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { defaultSettings } from "../server/src/features/session/settings.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The layers of docs/architecture.md: a folder or file, and what it may import besides itself. The most specific entry
 * counts. A place that is gone is an error, so that this table cannot rot.
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  "server/src/base": [],
  "server/src/shell": ["server/src/base"],
  "server/src/nix/syntax": ["server/src/base"],
  "server/src/nix": ["server/src/base"],
  "server/src/microvm": ["server/src/shell", "server/src/nix", "server/src/base", "nix/options.json"],
  "server/src/disk": ["server/src/shell", "server/src/base"],
  "server/src/operations": ["server/src/files/write-file.ts", "server/src/shell", "server/src/disk", "server/src/base"],
  "server/src/boot-log": ["server/src/forecast", "server/src/microvm", "server/src/base"],
  "server/src/forecast": [
    "server/src/microvm",
    "server/src/disk",
    "server/src/shell",
    "server/src/nix",
    "server/src/base",
  ],
  "server/src/declared": ["server/src/microvm", "server/src/shell", "server/src/nix", "server/src/base"],
  "server/src/rules": [
    "server/src/forecast",
    "server/src/microvm",
    "server/src/disk",
    "server/src/shell",
    "server/src/nix",
    "server/src/base",
  ],
  "server/src/engine": [
    "server/src/declared",
    "server/src/engine/engine.ts",
    "server/src/rules",
    "server/src/forecast",
    "server/src/microvm",
    "server/src/disk",
    "server/src/shell",
    "server/src/nix",
    "server/src/base",
  ],
  "server/src/engine/engine.ts": [
    "server/src/engine",
    "server/src/rules",
    "server/src/forecast",
    "server/src/microvm",
    "server/src/disk",
    "server/src/shell",
    "server/src/nix",
    "server/src/base",
  ],
  "server/src/files/write-file.ts": [],
  "server/src/grammar/files.ts": ["server/src/grammar/modules.ts", "server/src/shell", "server/src/nix/syntax"],
  "server/src/grammar/modules.ts": ["server/src/base/wasm.ts"],
  "server/src/report": [
    "server/src/history",
    "server/src/engine/engine.ts",
    "server/src/rules",
    "server/src/forecast",
    "server/src/microvm",
    "server/src/disk",
    "server/src/shell",
    "server/src/nix",
    "server/src/base",
  ],
  "server/src/history": [
    "server/src/files/write-file.ts",
    "server/src/forecast",
    "server/src/microvm",
    "server/src/disk",
    "server/src/base",
  ],
  "server/src/metrics": ["server/src/forecast", "server/src/microvm", "server/src/disk", "server/src/base"],
  "server/src/second-opinion": ["server/src/microvm", "server/src/nix", "server/src/base"],
  "server/src/features": [
    "server/src/history",
    "server/src/engine/engine.ts",
    "server/src/grammar/files.ts",
    "server/src/second-opinion",
    "server/src/report",
    "server/src/rules",
    "server/src/forecast",
    "server/src/microvm",
    "server/src/disk",
    "server/src/shell",
    "server/src/nix",
    "server/src/base",
  ],
  "server/src/server": [
    "server/src/features",
    "server/src/engine/engine.ts",
    "server/src/grammar",
    "server/src/history",
    "server/src/second-opinion",
    "server/src/report",
    "server/src/rules",
    "server/src/forecast",
    "server/src/microvm",
    "server/src/disk",
    "server/src/shell",
    "server/src/nix",
    "server/src/base",
  ],
  "server/src/cli": [
    "server/src/history",
    "server/src/metrics",
    "server/src/declared",
    "server/src/files/write-file.ts",
    "server/src/boot-log",
    "server/src/engine/engine.ts",
    "server/src/engine",
    "server/src/operations",
    "server/src/grammar/files.ts",
    "server/src/grammar/modules.ts",
    "server/src/second-opinion",
    "server/src/report",
    "server/src/rules",
    "server/src/forecast",
    "server/src/microvm",
    "server/src/disk",
    "server/src/shell",
    "server/src/nix",
    "server/src/base",
  ],
  "server/src/cli/lsp.ts": ["server/src/server", "server/src/cli"],
  "server/src/cli/program.ts": ["server/src/server", "server/src/cli"],
  "server/src/start": ["server/src/files/write-file.ts"],
  "server/src/start/server-entry.ts": ["server/src/server"],
  "client/src": [],
};

/** Packages and parts of Node that only some places may use. */
const restricted: readonly { readonly what: RegExp; readonly only: readonly string[] }[] = [
  { what: /^vscode-languageserver/, only: ["server/src/features", "server/src/server"] },
  { what: /^vscode(-languageclient.*)?$/, only: ["client/src"] },
  {
    what: /^(execa|node:child_process)$/,
    only: ["server/src/disk", "server/src/operations", "server/src/second-opinion", "server/src/cli", "client/src"],
  },
  {
    what: /^node:fs/,
    only: [
      "server/src/disk",
      "server/src/operations",
      "server/src/cli",
      "server/src/history/store.ts",
      "server/src/server/message-input.ts",
      "server/src/nix/files-disk.ts",
      "server/src/grammar/modules.ts",
      "server/src/files/write-file.ts",
      "server/src/start",
      "client/src",
    ],
  },
  {
    what: /^node:crypto$/,
    only: [
      "server/src/nix/eval/builtins/hash.ts",
      "server/src/nix/flakes/store-path.ts",
      "server/src/disk/remote/probe-ssh.ts",
      "client/src",
    ],
  },
  { what: /^web-tree-sitter/, only: ["server/src/base/tree-sitter.ts", "server/src/nix/syntax", "server/src/shell"] },
];

const sources = [...filesBelow("server/src"), ...filesBelow("client/src")].filter((file) => file.endsWith(".ts"));

describe("layers", () => {
  test("every place that this test names is there", () => {
    const named = [...Object.keys(layers), ...Object.values(layers).flat(), ...restricted.flatMap(({ only }) => only)];
    expect([...new Set(named)].filter((place) => !existsSync(join(root, place)))).toEqual([]);
  });

  test("every source file belongs to a layer", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter((file) => layerOf(file) === null)).toEqual([]);
  });

  test("imports point one way", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith("."))
        .map((target) => normalize(join(dirname(file), target)))
        .filter((target) => !mayImport(file, target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("what is imported is there, by its whole name", () => {
    const missing = sources.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith(".") && !existsSync(join(root, dirname(file), target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test("packages stay where they belong", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((target) =>
          restricted.some(({ what, only }) => what.test(target) && !only.some((place) => inside(file, place))),
        )
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

test("files are written in one place, by rename", () => {
  const writers = /\b(?:(?:writeFile|appendFile|writev?|copyFile|cp|truncate|open)(?:Sync)?|createWriteStream)\b/;
  const wrong = sources
    .filter((file) => file !== "server/src/files/write-file.ts")
    .flatMap((file) =>
      namesFromFs(file)
        .filter((name) => writers.test(name) && !opensOnly(file, name))
        .map((name) => `${file}: ${name}`),
    );
  expect(wrong).toEqual([]);
});

describe("files", () => {
  const tracked = trackedFiles();

  test("none has more than 400 lines", () => {
    const long = tracked
      .filter((file) => /\.(ts|mjs)$/.test(file) && !/\.generated\./.test(file))
      .map((file) => ({ file, lines: read(file).split("\n").length - 1 }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });

  test("none names this machine", () => {
    // Put together here, so that this file does not name them itself.
    const places = ["work/main", "work/shared", "work/.mirror", "root/."].map((place) => `/${place}`);
    const named = tracked.filter((file) => {
      if (!isText(file)) return false;
      const text = read(file);
      return places.some((place) => text.includes(place));
    });
    expect(named).toEqual([]);
  });

  test("the lock file names no registry, and the packages of every platform", () => {
    const text = read("package-lock.json");
    expect(text).not.toContain('"resolved": "http');
    // npm leaves out what its registry does not have at that moment, and `npm ci` then refuses the file everywhere.
    const packages = JSON.parse(text).packages as Record<string, { optionalDependencies?: Record<string, string> }>;
    const wanted = Object.values(packages).flatMap((each) => Object.keys(each.optionalDependencies ?? {}));
    expect(
      wanted.filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`))),
    ).toEqual([]);
  });

  test("what every project has is there", () => {
    const needed = ["LICENSE", "README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md", ".ci/run"];
    expect(needed.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(statSync(join(root, ".ci/run")).mode & 0o111).not.toBe(0);
    expect(read("LICENSE")).toContain("MicroVM Lens contributors");
    const { version } = JSON.parse(read("package.json"));
    expect(read("CHANGELOG.md")).toContain(`## [${version}]`);
  });

  test("every path that a document names is there", () => {
    const wrong = [
      "docs/architecture.md",
      "CONTRIBUTING.md",
      "README.md",
      "README.zh-CN.md",
      "docs/cli.md",
      "docs/ci.md",
      "docs/security.md",
    ].flatMap((file) =>
      pathsIn(file)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${file} names ${path}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe("settings", () => {
  test("package.json has those of the server, with the same defaults", () => {
    const { contributes } = JSON.parse(read("package.json"));
    const groups = [contributes.configuration].flat() as { properties: Record<string, { default?: unknown }> }[];
    const properties = Object.assign({}, ...groups.map((group) => group.properties));
    const declared = Object.keys(properties).filter((name) => !name.startsWith("microvmLens.trace."));
    const names = Object.keys(defaultSettings).map((name) => `microvmLens.${name}`);
    expect(names.filter((name) => !declared.includes(name))).toEqual([]);
    for (const [name, value] of Object.entries(defaultSettings)) {
      expect({ name, value: properties[`microvmLens.${name}`].default }).toEqual({ name, value });
    }
  });
});

function layerOf(file: string): string | null {
  const places = Object.keys(layers).filter((place) => inside(file, place));
  return places.sort((a, b) => b.length - a.length)[0] ?? null;
}

function mayImport(file: string, target: string): boolean {
  const layer = layerOf(file);
  if (layer === null) return false;
  return inside(target, layer) || (layers[layer] as readonly string[]).some((place) => inside(target, place));
}

function inside(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

/** Everything that a file imports, statically or not; also what is only written in a type. */
function importsOf(file: string): readonly string[] {
  const text = read(file)
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
  const patterns = [
    /^\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["']/gm,
    /\bimport\(\s*["']([^"']+)["']\s*\)/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] as string));
}

/** What a file takes from Node's file system, by name; a whole module counts as what its members are called with. */
function namesFromFs(file: string): readonly string[] {
  const text = read(file);
  const named = [...text.matchAll(/import\s*\{([^}]*)\}\s*from\s*"node:fs(?:\/promises)?"/g)].flatMap((match) =>
    (match[1] as string).split(",").map((name) => name.trim().replace(/^type\s+/, "")),
  );
  const members = [...text.matchAll(/\b(?:promises|fs|fsp)\.(\w+)/g)].map((match) => match[1] as string);
  return [...named, ...members].filter((name) => name !== "");
}

/** Opening is no writing where every flag of the file only reads, or what is opened is an image of an operation. */
function opensOnly(file: string, name: string): boolean {
  if (!/^open(?:Sync)?$/.test(name)) return false;
  return file === "server/src/operations/action.ts" || !/O_WRONLY|O_RDWR|O_CREAT|O_APPEND|"[wa]\+?"/.test(read(file));
}

/** Paths of the project in a document: in backticks or as the target of a link, with a slash or a known ending. */
function pathsIn(file: string): readonly string[] {
  const text = read(file).replace(/```[\s\S]*?```/g, "");
  const quoted = [...text.matchAll(/`([^`\s]+)`/g)]
    .map((match) => match[1] as string)
    .filter((words) => /^(server|client|test|docs|scripts|examples|syntaxes|\.ci|l10n|media)\/[\w./@-]*$/.test(words));
  const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map((match) => match[1] as string)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => normalize(join(dirname(file), target)));
  return [...new Set([...quoted, ...links])];
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function isText(file: string): boolean {
  return existsSync(join(root, file)) && !readFileSync(join(root, file)).subarray(0, 8000).includes(0);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** Files that git knows; without git (an unpacked archive) those that are not ignored by name. */
function trackedFiles(): readonly string[] {
  try {
    const output = execFileSync("git", ["ls-files", "-z"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return output.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
  } catch {
    return ["server", "client", "test", "scripts", "docs", "examples"].flatMap(filesBelow);
  }
}
