import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DiskFiles } from "../../../server/src/nix/files-disk.ts";
import { dependsOn, inputNode, readLock } from "../../../server/src/nix/flakes/lock.ts";
import {
  isPublic,
  isWellKnown,
  parseReference,
  referenceOfAttributes,
} from "../../../server/src/nix/flakes/reference.ts";
import { sourceStorePath } from "../../../server/src/nix/flakes/store-path.ts";
import { folderOf, testParser } from "../../microvm/workspace.ts";

describe("flake references", () => {
  test.each([
    ["github:NixOS/nixpkgs/nixos-unstable", "github", "nixos", "nixpkgs"],
    ["github:astro/microvm.nix", "github", "astro", "microvm.nix"],
    ["git+https://git.clan.lol/clan/clan-core", "git", "clan", "clan-core"],
    ["git+ssh://git@github.com/me/secrets.git", "git", "me", "secrets"],
    ["https://flakehub.com/f/NixOS/nixpkgs/0.1", "tarball", "nixos", "nixpkgs"],
    ["https://channels.nixos.org/nixos-unstable/nixexprs.tar.xz", "tarball", "nixos", "nixpkgs"],
    ["nixpkgs", "indirect", null, "nixpkgs"],
    ["nixpkgs/nixos-24.05", "indirect", null, "nixpkgs"],
    ["flake:nixpkgs", "indirect", null, "nixpkgs"],
    ["gitlab:group%2Fsub/repo", "gitlab", "group/sub", "repo"],
  ])("%s", (url, type, owner, repo) => {
    expect(parseReference(url)).toMatchObject({ type, owner, repo });
  });

  test.each([
    ["path:./sub", "./sub"],
    ["./sub", "./sub"],
    ["path:/etc/nixos", "/etc/nixos"],
    ["git+file:///home/me/infra", "/home/me/infra"],
  ])("a path: %s", (url, path) => {
    expect(parseReference(url).path).toBe(path);
  });

  test("a folder inside", () => {
    expect(parseReference("github:a/b?dir=nix").dir).toBe("nix");
  });

  test("a well-known flake is so by its owner, or by a registered name", () => {
    for (const known of ["github:nix-community/disko", "github:NixOS/nix", "nixpkgs", "flake:sops-nix"])
      expect([known, isWellKnown(parseReference(known))]).toEqual([known, true]);
    for (const other of ["github:me/nix", "github:friend/disko", "impermanence", "git+ssh://git@host/disko"])
      expect([other, isWellKnown(parseReference(other))]).toEqual([other, false]);
  });

  test("private sources are not public", () => {
    expect(isPublic(parseReference("github:a/b"))).toBe(true);
    expect(isPublic(parseReference("git+https://codeberg.org/a/b"))).toBe(true);
    expect(isPublic(parseReference("git+ssh://git@host/a/b"))).toBe(false);
    expect(isPublic(parseReference("git+https://git.example.com/a/b"))).toBe(false);
    expect(isPublic(referenceOfAttributes({ type: "path", path: "/secrets" }))).toBe(false);
  });
});

test("the store path of a locked source is that which Nix gives it", () => {
  // nix hash path / nix store add-path --name source, Nix 2.8.
  expect(sourceStorePath("sha256-h4gyzSK14DjhF7cBN4VY+Km2ytc4Gg5tV6noZdNPhaY=")).toBe(
    "/nix/store/ms37m6i4z2hfa1lm7a6lch7lw9vcr26l-source",
  );
  expect(sourceStorePath("sha1-AAAA")).toBeNull();
  expect(sourceStorePath("sha256-tooshort=")).toBeNull();
});

describe("flake.lock", () => {
  const lock = {
    nodes: {
      root: { inputs: { a: "a_1", b: ["a", "c"], self: [] } },
      a_1: {
        inputs: { c: "c" },
        locked: { type: "github", owner: "X", repo: "A", narHash: "sha256-x" },
        original: { type: "github" },
      },
      c: { locked: { type: "github", owner: "astro", repo: "microvm.nix" }, flake: false },
    },
    root: "root",
    version: 7,
  };

  async function read(text: string) {
    const folder = folderOf({ "flake.lock": text });
    return readLock(new DiskFiles(await testParser(), [folder]), folder);
  }

  test("nodes, follows and what a node takes in", async () => {
    const read_ = await read(JSON.stringify(lock));
    if (!read_) throw new Error("no lock");
    expect(inputNode(read_, read_.root, "a")?.key).toBe("a_1");
    expect(inputNode(read_, read_.root, "b")?.key).toBe("c");
    expect(inputNode(read_, read_.root, "b")?.isFlake).toBe(false);
    expect(inputNode(read_, read_.root, "none")).toBeNull();
    expect(inputNode(read_, read_.root, "a")?.locked).toMatchObject({ owner: "x", repo: "a" });
    const a = inputNode(read_, read_.root, "a");
    expect(a && dependsOn(read_, a, (r) => r.repo === "microvm.nix")).toBe(true);
    expect(a && dependsOn(read_, a, (r) => r.repo === "other")).toBe(false);
  });

  test('an input dropped with follows = "" does not bring what the workspace takes in', async () => {
    const nodes = {
      root: { inputs: { agenix: "agenix", microvm: "microvm" } },
      agenix: { inputs: { darwin: [] }, locked: { type: "github", owner: "ryantm", repo: "agenix" } },
      microvm: { locked: { type: "github", owner: "astro", repo: "microvm.nix" } },
    };
    const read_ = await read(JSON.stringify({ nodes, root: "root" }));
    const agenix = read_ && inputNode(read_, read_.root, "agenix");
    if (!read_ || !agenix) throw new Error("no lock");
    expect(inputNode(read_, agenix, "darwin")).toBe(read_.root);
    expect(dependsOn(read_, agenix, (r) => r.repo === "microvm.nix")).toBe(false);
  });

  test.each(["", "{", "[]", "{}", '{"nodes":5}', '{"nodes":{},"root":"x"}', "null", '{"nodes":{"root":7}}'])(
    "what is no lock file: %s",
    async (text) => {
      expect(await read(text)).toBeNull();
    },
  );

  test("follows in a circle ends", async () => {
    const circle = await read(JSON.stringify({ nodes: { root: { inputs: { a: ["b"], b: ["a"] } } }, root: "root" }));
    expect(circle && inputNode(circle, circle.root, "a")).toBeNull();
  });
});

describe("files", () => {
  test("documents lie over the disk, and closing them gives the disk back", async () => {
    const folder = folderOf({ "a.nix": "1" });
    const files = new DiskFiles(await testParser(), [folder]);
    const path = join(folder, "a.nix");
    expect(files.text(path)).toEqual({ ok: true, value: "1" });
    const before = files.generation;
    files.open(path, "2");
    files.open(join(folder, "new.nix"), "3");
    expect(files.generation).toBeGreaterThan(before);
    expect(files.text(path)).toEqual({ ok: true, value: "2" });
    const listed = files.entries(folder);
    expect(listed.ok && [...listed.value.keys()].sort()).toEqual(["a.nix", "new.nix"]);
    files.close(path);
    expect(files.text(path)).toEqual({ ok: true, value: "1" });
  });

  test("nothing outside of the roots, by path or by link", async () => {
    const outside = folderOf({ "secret.nix": "0" });
    const folder = folderOf({ "a.nix": "1" });
    const { symlinkSync } = await import("node:fs");
    symlinkSync(join(outside, "secret.nix"), join(folder, "link.nix"));
    symlinkSync(join(folder, "a.nix"), join(folder, "inside.nix"));
    const files = new DiskFiles(await testParser(), [folder]);
    expect(files.text(join(outside, "secret.nix"))).toEqual({ ok: false, problem: "outside" });
    expect(files.text(join(folder, "link.nix"))).toEqual({ ok: false, problem: "outside" });
    expect(files.text(join(folder, "inside.nix"))).toEqual({ ok: true, value: "1" });
    expect(files.type(`${folder}-beside`)).toEqual({ ok: false, problem: "outside" });
    files.allow(outside);
    expect(files.text(join(folder, "link.nix"))).toEqual({ ok: true, value: "0" });
  });

  test("what is no text, no file, or not there", async () => {
    const folder = folderOf({ "a/b.nix": "1" });
    writeFileSync(join(folder, "utf16.nix"), Buffer.from("{ }", "utf16le"));
    mkdirSync(join(folder, "folder.nix"));
    const files = new DiskFiles(await testParser(), [folder]);
    expect(files.text(join(folder, "utf16.nix"))).toEqual({ ok: false, problem: "not-text" });
    expect(files.text(join(folder, "folder.nix"))).toEqual({ ok: false, problem: "not-a-file" });
    expect(files.text(join(folder, "none.nix"))).toEqual({ ok: false, problem: "absent" });
    expect(files.entries(join(folder, "a/b.nix")).ok).toBe(false);
    expect(files.type(join(folder, "a"))).toEqual({ ok: true, value: "directory" });
  });

  test("the disk is asked again after refresh", async () => {
    const folder = folderOf({ "a.nix": "1" });
    const files = new DiskFiles(await testParser(), [folder]);
    const path = join(folder, "a.nix");
    expect(files.text(path)).toEqual({ ok: true, value: "1" });
    writeFileSync(path, "22");
    files.refresh();
    expect(files.text(path)).toEqual({ ok: true, value: "22" });
  });
});
