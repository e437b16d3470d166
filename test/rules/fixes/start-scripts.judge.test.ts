import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
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
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyEdits } from "../../../server/src/base/edit.ts";
import { parseFixture } from "../../harness/fixture.ts";
import { evaluateFlake } from "../../harness/real-nix.ts";
import { openWorkspace } from "../../harness/workspace.ts";

const mib = 1024 * 1024;
const user = 64990;
const isRoot = process.getuid?.() === 0;
/** Below /usr/bin, where the scripts' programs are: `tools` of {@link evaluateFlake}. */
const setpriv = "/usr/bin/setpriv";
const content = "data that must not be lost\n";
const made: string[] = [];
let template = "";

beforeAll(() => {
  // One real filesystem with a file in it; the images of the cases are copies of other lengths.
  const folder = newFolder();
  mkdirSync(join(folder, "files"));
  writeFileSync(join(folder, "files/kept.txt"), content);
  template = join(folder, "template.img");
  writeFileSync(template, "");
  truncateSync(template, 8 * mib);
  execFileSync("mkfs.ext4", ["-q", "-d", join(folder, "files"), template]);
});
afterAll(() => {
  for (const folder of made) {
    execFileSync("chmod", ["-R", "u+rwX", folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** What a script leaves behind, for each state in which it may find the image. */
interface Expected {
  /** `kept`: the same file of the same size; `grown`: of the declared size; `aside`: under another name; `removed`. */
  readonly image: "kept" | "grown" | "aside" | "removed";
  readonly fails?: boolean;
}

type State = "as declared" | "shorter" | "longer" | "held by a process" | "not writable";

interface Kind {
  readonly fixture: string;
  readonly fix: string;
  readonly service?: string;
  readonly guest: string;
  readonly image: string;
  readonly sizeMiB: number;
  readonly expected: Readonly<Record<State, Expected>>;
}

const data = { fixture: "size-differs-from-image/data-volume.nix", guest: "db", image: "my data.img", sizeMiB: 4096 };
const overlay = {
  fixture: "size-differs-from-image/overlay-on-host.nix",
  guest: "web",
  image: "nix-store-overlay.img",
  sizeMiB: 2048,
};
const movesAside: Kind["expected"] = {
  "as declared": { image: "kept" },
  shorter: { image: "aside" },
  longer: { image: "aside" },
  "held by a process": { image: "aside" },
  "not writable": { image: "kept", fails: true },
};
const removes: Kind["expected"] = {
  "as declared": { image: "removed" },
  shorter: { image: "removed" },
  longer: { image: "removed" },
  "held by a process": { image: "removed" },
  "not writable": { image: "kept", fails: true },
};

const kinds: readonly Kind[] = [
  {
    ...data,
    fix: "guard",
    expected: {
      "as declared": { image: "kept" },
      shorter: { image: "kept", fails: true },
      longer: { image: "kept", fails: true },
      "held by a process": { image: "kept", fails: true },
      "not writable": { image: "kept", fails: true },
    },
  },
  {
    ...data,
    fix: "grow-at-start",
    expected: {
      "as declared": { image: "kept" },
      shorter: { image: "grown" },
      longer: { image: "kept" },
      "held by a process": { image: "grown" },
      "not writable": { image: "kept", fails: true },
    },
  },
  { ...data, fix: "move-aside-at-start", expected: movesAside },
  { ...data, fix: "cleanup-service", service: "microvm-clean-db", expected: movesAside },
  { ...overlay, fix: "clear-overlay", expected: removes },
  { ...overlay, fix: "cleanup-service", service: "microvm-clean-web", expected: removes },
];

describe.each(kinds)("$fix for $image", (kind) => {
  let script = "";
  beforeAll(async () => {
    script = await scriptOf(kind);
  }, 120_000);

  it.each(Object.keys(kind.expected) as State[])("finds an image: %s", (state) => {
    const { path, folder } = guestFolder(kind, state);
    const before = statSync(path);
    const holder = state === "held by a process" ? openSync(path, "r") : null;
    const { status, stderr } = run(script, folder, kind);
    const { image, fails = false } = kind.expected[state];
    expect(status !== 0, stderr).toBe(fails);
    if (kind.fix === "guard" && fails) expect(stderr).toContain(`${kind.image} is not ${kind.sizeMiB} MiB`);
    expectImage(path, image, before, kind);
    // Whoever holds the image goes on to read what was in it.
    if (holder !== null) {
      const start = Buffer.alloc(2);
      readSync(holder, start, 0, 2, 1080);
      closeSync(holder);
      expect(start.toString("hex")).toBe("53ef");
    }
  });

  it("leaves everything alone when there is no image", () => {
    const { path, folder } = guestFolder(kind, null);
    const { status, stderr } = run(script, folder, kind);
    expect(status, stderr).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(dirname(path))).toEqual(["other.img"]);
  });

  if (!kind.service) return;

  it("touches nothing while the guest is running", () => {
    const { path, folder } = guestFolder(kind, "shorter");
    const before = statSync(path);
    const { status, stderr } = run(script.replaceAll("/usr/bin/systemctl", "/bin/true"), folder, kind);
    expect(status).toBe(1);
    expect(stderr).toContain("is running: nothing is touched");
    expectImage(path, "kept", before, kind);
  });
});

describe("make-directory for disks/a.img", () => {
  const kind = {
    fixture: "image-directory-missing/hits.nix",
    fix: "make-directory",
    guest: "web",
    image: "disks/a.img",
  };
  let script = "";
  beforeAll(async () => {
    script = await scriptOf(kind);
  }, 120_000);

  it("makes the directory once, keeps what is in it, and fails where it may not", () => {
    const folder = newFolder();
    own(folder);
    const start = () => runIn(script, folder).status;
    expect(start()).toBe(0);
    expect(statSync(join(folder, "disks")).isDirectory()).toBe(true);
    writeFileSync(join(folder, "disks/a.img"), content);
    expect(start()).toBe(0);
    expect(readFileSync(join(folder, "disks/a.img"), "utf8")).toBe(content);
    rmSync(join(folder, "disks"), { recursive: true });
    chmodSync(folder, 0o555);
    expect(start()).not.toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** The shell text that a fix brings into a guest's preStart or a host's service, as real Nix evaluates it. */
async function scriptOf({ fixture, fix: id, guest, service }: Omit<Kind, "expected" | "sizeMiB">): Promise<string> {
  const path = fileURLToPath(new URL(`../../fixtures/${fixture}`, import.meta.url));
  const { files, disk } = parseFixture(readFileSync(path, "utf8"));
  const workspace = await openWorkspace(files, { disk });
  try {
    const snapshot = await workspace.snapshot();
    const fix = snapshot.findings.flatMap((finding) => [...snapshot.fixes(finding)]).find((each) => each.id === id);
    if (fix?.kind !== "edit") throw new Error(`${fixture} offers no ${id}`);
    const folder = newFolder();
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      const edits = fix.edits.filter(({ span }) => workspace.name(span.file) === name);
      writeFileSync(join(folder, name), applyEdits(text, edits));
    }
    const machines = Object.values(evaluateFlake(folder, "/usr")) as Machine[];
    const texts = machines.map(({ microvm, systemd }) =>
      service ? systemd?.services?.[service]?.script : (microvm?.vms?.[guest]?.microvm ?? microvm)?.preStart,
    );
    const script = texts.find((text) => text !== undefined);
    if (script === undefined) throw new Error(`no script in ${fixture} after ${id}`);
    return script;
  } finally {
    workspace.dispose();
  }
}

interface Machine {
  readonly microvm?: { readonly preStart?: string; readonly vms?: Readonly<Record<string, Machine>> };
  readonly systemd?: { readonly services?: Readonly<Record<string, { readonly script?: string }>> };
}

/** A guest's directory with an image in that state, and one that is nobody's business. */
function guestFolder(kind: Kind, state: State | null): { folder: string; path: string } {
  const folder = join(newFolder(), kind.guest);
  mkdirSync(folder);
  const path = join(folder, kind.image);
  writeFileSync(join(folder, "other.img"), content);
  if (state !== null) {
    writeFileSync(path, readFileSync(template));
    const factor = state === "as declared" ? 1 : state === "longer" ? 2 : 0.5;
    truncateSync(path, kind.sizeMiB * factor * mib);
  }
  own(dirname(folder), folder, ...readdirSync(folder).map((name) => join(folder, name)));
  if (state === "not writable") {
    chmodSync(path, 0o444);
    chmodSync(folder, 0o555);
  }
  return { folder, path };
}

function run(script: string, folder: string, kind: Kind): { status: number | null; stderr: string } {
  // A service knows the image by its absolute path.
  return runIn(script.replaceAll(/'\/[^']*\/microvms\//g, `'${dirname(folder)}/`), folder, kind.service);
}

/** Runs it as microvm.nix (lib/runner.nix) or systemd would: nothing in PATH, an unprivileged user, the guest's directory. */
function runIn(script: string, folder: string, service?: string): { status: number | null; stderr: string } {
  const bash = ["/bin/bash", "--norc", ...(service ? ["-e"] : ["-eou", "pipefail"]), "-c", script];
  const words = isRoot ? [setpriv, `--reuid=${user}`, `--regid=${user}`, "--clear-groups", ...bash] : bash;
  const [program = "", ...args] = words;
  const { status, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8", env: { PATH: "" } });
  return { status, stderr };
}

function expectImage(path: string, image: Expected["image"], before: { size: number; ino: number }, kind: Kind): void {
  const name = basename(path);
  const others = readdirSync(dirname(path)).filter((each) => each !== name && each !== "other.img");
  const aside = image === "aside" ? others.splice(0, 1)[0] : undefined;
  expect(others).toEqual([]);
  expect(readFileSync(join(dirname(path), "other.img"), "utf8")).toBe(content);
  if (image === "aside" || image === "removed") expect(existsSync(path)).toBe(false);
  if (image === "removed") return;
  if (image === "aside") expect(aside?.replace(name, "")).toMatch(/^\.\d{8}-\d{6}$/);
  const now = join(dirname(path), aside ?? name);
  const { size, ino } = statSync(now);
  expect(ino).toBe(before.ino);
  expect(size).toBe(image === "grown" ? kind.sizeMiB * mib : before.size);
  expect(execFileSync("debugfs", ["-R", "cat /kept.txt", now], { encoding: "utf8", stdio: "pipe" })).toBe(content);
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lens-start-"));
  made.push(folder);
  return folder;
}

function own(...paths: readonly string[]): void {
  if (isRoot) for (const path of paths) chownSync(path, user, user);
}
