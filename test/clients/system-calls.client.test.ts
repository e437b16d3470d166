import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-languageserver/node";
import { buildImage } from "../harness/disk-builder.ts";
import { needTools } from "../host/tools.ts";
import { cliBundle } from "./bundle.ts";

const ready = needTools("strace");
const flake = `{ inputs.microvm.url = "github:astro/microvm.nix"; inputs.nixpkgs.url = "github:NixOS/nixpkgs"; outputs =
  { nixpkgs, microvm, ... }: { nixosConfigurations.vm = nixpkgs.lib.nixosSystem { modules =
  [ microvm.nixosModules.microvm ./m.nix ]; }; }; }
`;
const module = '{ microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 64; } ]; }\n';

/** What is open to be read outside of what the user opened: docs/security.md has the same table. */
const read: readonly (readonly [string, RegExp])[] = [
  ["Node and its libraries", /^\/(?:lib|usr|etc\/ld\.so|opt|snap)\b/],
  ["how Node is set up", /^\/etc\/(?:ssl\b.*|localtime|passwd|nsswitch\.conf|machine-id)/],
  ["this machine: processors, memory, processes, mounts, filesystems", /^\/(?:proc|sys)\b/],
  ["devices without content", /^\/dev\/(?:null|urandom|random|tty|pts\b.*)/],
  ["which user runs microvm.nix", /^\/etc\/(?:group|passwd)$/],
  ["guests of this machine", /^\/var\/lib\/microvms\b/],
  ["sources of locked inputs", /^\/nix\/store\b/],
];

let root: string;
let folder: string;
let state: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-calls-")));
  folder = join(root, "workspace");
  state = join(root, "state");
  for (const each of [folder, join(root, "home"), join(root, "cache")]) mkdirSync(each);
  writeFileSync(join(folder, "flake.nix"), flake);
  writeFileSync(join(folder, "m.nix"), module);
  buildImage(join(state, "vm", "a.img"), { sizeMiB: 16, fsType: "ext4" });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Calls {
  /** Programs that were started, the server itself apart. */
  readonly programs: readonly string[];
  /** Connections to anywhere but this machine's own name service by file. */
  readonly network: readonly string[];
  /** Names that were made, changed or opened to be written. */
  readonly written: readonly string[];
  readonly read: readonly string[];
}

/** Starts the program that is shipped under strace, does something with it, and says what it asked of the system. */
async function traced(
  words: readonly string[],
  use: (child: ReturnType<typeof start>) => Promise<void>,
): Promise<Calls> {
  const log = join(root, "log");
  const child = start(log, words);
  const ended = once(child, "exit");
  await use(child);
  await ended;
  const lines = readFileSync(log, "utf8").split("\n");
  const successes = lines.filter((line) => !/ = -1 E|<unfinished/.test(line) || /resumed/.test(line));
  const paths = (pattern: RegExp) =>
    successes.flatMap((line) =>
      pattern.test(line) ? ([...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].at(-1)?.[1] ?? []) : [],
    );
  return {
    programs:
      paths(/\bexecve\(/).length > 0
        ? lines.filter((line) => /\bexecve\(/.test(line)).slice(1)
        : ["nothing was traced"],
    network: lines.filter((line) => /\bsocket\(AF_(?!UNIX|LOCAL)|\bconnect\(|\bbind\(/.test(line)),
    written: [
      ...paths(/\bopen(?:at)?\(.*O_(?:WRONLY|RDWR|CREAT|APPEND|TRUNC)/),
      ...paths(
        /\b(?:rename|renameat2?|unlink|unlinkat|mkdir|mkdirat|rmdir|link|linkat|symlink|symlinkat|truncate|chmod|fchmodat|chown|lchown|fchownat|utimensat|setxattr|mknod|mknodat)\(/,
      ),
    ].filter((path) => !/^\/dev\/(?:null|tty|ptmx)/.test(path)),
    read: [...new Set(paths(/\bopen(?:at)?\(.*O_RDONLY/))],
  };
}

function start(log: string, words: readonly string[]) {
  const calls =
    "execve,execveat,socket,connect,bind,open,openat,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,truncate,chmod,fchmodat,chown,lchown,fchownat,utimensat,setxattr,mknod,mknodat";
  const argv = ["-f", "-qq", "-s", "4096", "-o", log, "-e", `trace=${calls}`, process.execPath, cliBundle(), ...words];
  const env = {
    ...process.env,
    HOME: join(root, "home"),
    XDG_CACHE_HOME: join(root, "cache"),
    XDG_STATE_HOME: join(root, "home"),
  };
  return spawn("strace", argv, { cwd: folder, env, stdio: ["pipe", "pipe", "ignore"] });
}

/** Places outside of the workspace, the state directory and our own package that no row of the table is about. */
function unexpected(paths: readonly string[]): readonly string[] {
  const own = [root, join(cliBundle(), ".."), join(cliBundle(), "../..")];
  return paths.filter(
    (path) =>
      path.startsWith("/") && !own.some((place) => path.startsWith(place)) && !read.some(([, what]) => what.test(path)),
  );
}

async function edit(child: ReturnType<typeof start>, settings: object): Promise<void> {
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.onRequest(() => null);
  connection.listen();
  const rootUri = pathToFileURL(folder).href;
  await connection.sendRequest("initialize", {
    processId: null,
    rootUri,
    workspaceFolders: [{ uri: rootUri, name: "workspace" }],
    capabilities: { textDocument: { hover: {}, diagnostic: {} } },
    initializationOptions: settings,
  });
  await connection.sendNotification("initialized", {});
  const textDocument = { uri: pathToFileURL(join(folder, "m.nix")).href };
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { ...textDocument, languageId: "nix", version: 1, text: module },
  });
  await connection.sendRequest("textDocument/diagnostic", { textDocument });
  await connection.sendRequest("textDocument/hover", { textDocument, position: { line: 0, character: 60 } });
  const range = { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } };
  await connection.sendRequest("textDocument/codeAction", { textDocument, range, context: { diagnostics: [] } });
  await connection.sendNotification("textDocument/didSave", { textDocument });
  await connection.sendRequest("microvm-lens/overview", {});
  await connection.sendRequest("shutdown");
  await connection.sendNotification("exit");
}

describe.skipIf(!ready)("an editor that opens a folder, asks for everything and saves", () => {
  test.each([
    ["not trusted", { extension: { trusted: false } }],
    ["trusted", { extension: { trusted: true } }],
  ])("%s: nothing is run, nothing but our own files is written, no network", async (_name, more) => {
    const settings = { hosts: [{ name: "here", via: "local", stateDir: state }], ...more };
    const calls = await traced(["lsp"], (child) => edit(child, settings));
    expect(calls).toMatchObject({ programs: [], network: [] });
    const trusted = more.extension.trusted;
    const own = calls.written.filter(
      (path) =>
        path.startsWith(join(root, "cache/microvm-lens")) ||
        (trusted && path.startsWith(join(root, "home/microvm-lens"))),
    );
    // The folders above come into being with them.
    expect(
      calls.written.filter(
        (path) =>
          !own.includes(path) &&
          !join(root, "cache/microvm-lens").startsWith(path) &&
          !join(root, "home").startsWith(path),
      ),
    ).toEqual([]);
    expect(unexpected(calls.read)).toEqual([]);
    expect(calls.read.some((path) => path.endsWith("a.img"))).toBe(true);
  });
});

test("docs/security.md has a row for each of these places", () => {
  const document = readFileSync(join(import.meta.dirname, "../../docs/security.md"), "utf8");
  expect(read.filter(([what]) => !document.includes(`| ${what} |`)).map(([what]) => what)).toEqual([]);
});

describe.skipIf(!ready)("the command line only reads", () => {
  test.each(["check", "plan", "inspect", "fix --dry-run", "report --html -", "scan"])("%s", async (words) => {
    const all = [...words.split(" "), "--state-dir", state];
    const calls = await traced(all, async (child) => {
      child.stdin.end();
      child.stdout.resume();
    });
    expect(calls).toMatchObject({ programs: [], network: [] });
    const foreign = calls.written.filter(
      (path) => !path.startsWith(root) || path.startsWith(folder) || path.startsWith(state),
    );
    expect(foreign).toEqual([]);
    expect(unexpected(calls.read)).toEqual([]);
  });
});
