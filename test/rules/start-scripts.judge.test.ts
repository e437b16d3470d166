import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyEdits, type TextEdit } from "../../server/src/base/edit.ts";
import { parseFixture } from "../harness/fixture.ts";
import { evaluateFlake } from "../harness/real-nix.ts";
import { openWorkspace } from "../harness/workspace.ts";

const mib = 1024 * 1024;
const user = 64990;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The shell text that a fix brings into a guest's preStart, as real Nix evaluates it; programs are this machine's. */
async function preStartAfter(
  fixtureName: string,
  fixId: string,
  guest: (config: Configurations) => unknown,
): Promise<string> {
  const path = fileURLToPath(new URL(`../fixtures/${fixtureName}`, import.meta.url));
  const { files, disk } = parseFixture(readFileSync(path, "utf8"));
  const workspace = await openWorkspace(files, { disk });
  try {
    const snapshot = await workspace.snapshot();
    const fix = snapshot.findings.flatMap((finding) => [...snapshot.fixes(finding)]).find(({ id }) => id === fixId);
    if (fix?.kind !== "edit") throw new Error(`${fixtureName} offers no ${fixId}`);
    const folder = made();
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const byFile = new Map<string, TextEdit[]>();
    for (const edit of fix.edits) byFile.set(edit.span.file, [...(byFile.get(edit.span.file) ?? []), edit]);
    for (const [file, edits] of byFile) {
      writeFileSync(join(folder, workspace.name(file)), applyEdits(snapshot.tree(file)?.text ?? "", edits));
    }
    const { microvm } = guest(evaluateFlake(folder, "/usr") as Configurations) as { microvm: { preStart: string } };
    return microvm.preStart;
  } finally {
    workspace.dispose();
  }
}

type Configurations = Record<string, { microvm: { vms: Record<string, unknown> } }>;

/** Runs it as microvm.nix would: `set -eou pipefail`, no PATH, as an unprivileged user, in the guest's directory. */
function run(script: string, folder: string): { status: number | null; stderr: string } {
  const asUser = process.getuid?.() === 0 ? ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"] : [];
  const [program = "bash", ...args] = [...asUser, "/bin/bash", "--norc", "-eou", "pipefail", "-c", script];
  const result = spawnSync(program, args, {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: asUser.length > 0 ? process.env["PATH"] : "" },
  });
  return { status: result.status, stderr: result.stderr };
}

function made(): string {
  const folder = mkdtempSync(join(tmpdir(), "lens-start-"));
  folders.push(folder);
  return folder;
}

/** A guest's directory with an image of that size, or without one. */
function guestFolder(image: string, sizeMiB: number | null): { folder: string; path: string } {
  const folder = made();
  const path = join(folder, image);
  if (sizeMiB !== null) {
    writeFileSync(path, "data that must not be lost");
    truncateSync(path, sizeMiB * mib);
  }
  if (process.getuid?.() === 0) execFileSync("chown", ["-R", `${user}:${user}`, folder]);
  return { folder, path };
}

/** The first bytes of a file that is too large to be read whole. */
function begins(path: string): string {
  const bytes = Buffer.alloc(26);
  const file = openSync(path, "r");
  readSync(file, bytes, 0, 26, 0);
  closeSync(file);
  return bytes.toString();
}

describe("what fixes put into preStart really does what they say", () => {
  const image = "my data.img";
  const scripts = new Map<string, string>();

  beforeAll(async () => {
    for (const id of ["guard", "move-aside-at-start", "grow-at-start"]) {
      const script = await preStartAfter(
        "size-differs-from-image/data-volume.nix",
        id,
        ({ server }) => server?.microvm.vms["db"],
      );
      expect(script).toContain('echo "starting"');
      scripts.set(id, script);
    }
    scripts.set(
      "clear-overlay",
      await preStartAfter(
        "size-differs-from-image/overlay-on-host.nix",
        "clear-overlay",
        ({ server }) => server?.microvm.vms["web"],
      ),
    );
  }, 240_000);

  it.each(["guard", "move-aside-at-start", "grow-at-start"])(
    "%s leaves an image of the declared size and an absent one alone",
    (id) => {
      const same = guestFolder(image, 4096);
      expect(run(scripts.get(id) ?? "", same.folder)).toMatchObject({ status: 0 });
      expect(statSync(same.path).size).toBe(4096 * mib);
      const absent = guestFolder(image, null);
      expect(run(scripts.get(id) ?? "", absent.folder)).toMatchObject({ status: 0 });
      expect(existsSync(absent.path)).toBe(false);
    },
  );

  it.each([1024, 8192])("the guard stops the start and touches nothing (%d MiB)", (size) => {
    const { folder, path } = guestFolder(image, size);
    const { status, stderr } = run(scripts.get("guard") ?? "", folder);
    expect(status).toBe(1);
    expect(stderr).toContain("my data.img is not 4096 MiB");
    expect(statSync(path).size).toBe(size * mib);
  });

  it.each([1024, 8192])("moving aside keeps the old image under another name (%d MiB)", (size) => {
    const { folder, path } = guestFolder(image, size);
    expect(run(scripts.get("move-aside-at-start") ?? "", folder).status).toBe(0);
    expect(existsSync(path)).toBe(false);
    const [kept = "", ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(kept).toMatch(/^my data\.img\.\d{8}-\d{6}$/);
    expect(statSync(join(folder, kept)).size).toBe(size * mib);
    expect(begins(join(folder, kept))).toBe("data that must not be lost");
  });

  it("growing lengthens and never shortens", () => {
    const shorter = guestFolder(image, 1024);
    expect(run(scripts.get("grow-at-start") ?? "", shorter.folder).status).toBe(0);
    expect(statSync(shorter.path).size).toBe(4096 * mib);
    expect(begins(shorter.path)).toBe("data that must not be lost");
    const longer = guestFolder(image, 8192);
    expect(run(scripts.get("grow-at-start") ?? "", longer.folder).status).toBe(0);
    expect(statSync(longer.path).size).toBe(8192 * mib);
  });

  it("clearing removes the overlay and nothing else, also when there is none", () => {
    const { folder, path } = guestFolder("nix-store-overlay.img", 512);
    writeFileSync(join(folder, "other.img"), "stays");
    expect(run(scripts.get("clear-overlay") ?? "", folder).status).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder)).toEqual(["other.img"]);
    expect(run(scripts.get("clear-overlay") ?? "", folder).status).toBe(0);
  });

  it.skipIf(process.getuid?.() !== 0)("what may not be done fails the start instead of going on", () => {
    const { folder, path } = guestFolder(image, 1024);
    execFileSync("chown", ["root:root", folder, path]);
    chmodSync(folder, 0o755);
    chmodSync(path, 0o644);
    expect(run(scripts.get("move-aside-at-start") ?? "", folder).status).not.toBe(0);
    expect(run(scripts.get("grow-at-start") ?? "", folder).status).not.toBe(0);
    expect(statSync(path).size).toBe(1024 * mib);
  });
});
