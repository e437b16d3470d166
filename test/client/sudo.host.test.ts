import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { textFiles } from "../../scripts/lib/text-files.mjs";
import { needRoot, needTools } from "../host/tools.ts";
import { hashInside, makeImage, soundExt, tool } from "../operations/images.ts";

const ready = needTools("mkfs.ext4", "debugfs", "e2fsck", "resize2fs", "setpriv", "mkfifo") && needRoot();
const MiB = 1024 * 1024;
/** Nobody. */
const user = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];

/**
 * "Run with sudo", pressed by a user who is not root. Their `sudo` hands its words to this process, which is root and runs
 * them as they are: the password apart, what sudo(8) does.
 */
describe.skipIf(!ready)("Run with sudo", () => {
  let programs: string;

  beforeAll(async () => {
    programs = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-sudo-")));
    chmodSync(programs, 0o755);
    const shared = {
      bundle: true,
      loader: textFiles,
      platform: "node",
      format: "cjs",
      target: "node20",
      logLevel: "error",
    } as const;
    const root = join(import.meta.dirname, "../..");
    const entry = (path: string, name: string) => ({ entryPoints: [join(root, path)], outfile: join(programs, name) });
    await build({ ...shared, ...entry("server/src/cli/program.ts", "cli.cjs") });
    const alias = { vscode: join(import.meta.dirname, "editor-stub.ts") };
    await build({ ...shared, ...entry("test/client/press.ts", "press.cjs"), alias });
    return () => rmSync(programs, { recursive: true });
  });

  test.each([
    ["a folder where this user may not write", 0o755, 0],
    ["an image that belongs to somebody else", 0o777, 4321],
  ])("%s: the words reach root as they are, through no shell", async (_, mode, owner) => {
    const work = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-pressed-")));
    onTestFinished(() => rmSync(work, { recursive: true, force: true }));
    const folder = join(work, "guest");
    mkdirSync(folder);
    const image = join(folder, 'it\'s $(touch pwned) `id` "x"; -y\n*.img');
    makeImage(join(folder, "plain"), "ext4", 16);
    tool("mv", join(folder, "plain"), image);
    const hash = hashInside(image);
    tool("chown", `${owner}:${owner}`, image);
    chmodSync(work, 0o755);
    chmodSync(folder, mode);

    const desk = join(work, "desk");
    mkdirSync(desk);
    for (const name of ["asked", "answer"]) tool("mkfifo", join(desk, name));
    const asking = `printf '%s\\0' "$@" >'${desk}/asked'\nread -r code <'${desk}/answer'\nexit "$code"\n`;
    writeFileSync(join(desk, "sudo"), `#!/bin/sh\n${asking}`, { mode: 0o755 });
    tool("chmod", "a+rwx", desk, join(desk, "asked"), join(desk, "answer"));

    const words = ["image", "grow", image, "--size", "32M"];
    const press = [process.execPath, join(programs, "press.cjs"), join(programs, "cli.cjs"), ...words];
    const environment = { ...process.env, PATH: `${desk}:${process.env["PATH"]}` };
    const child = spawn("setpriv", [...user, ...press], {
      cwd: desk,
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const told = (async () => {
      let text = "";
      for await (const part of child.stdout) text += part;
      return text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as string[]);
    })();
    const ended = once(child, "exit");
    // Whoever never asks ends, and the test does not wait for a question that does not come.
    const asked = await Promise.race([readFile(join(desk, "asked"), "utf8"), ended.then(() => "")]);
    const argv = asked.split("\0").slice(0, -1);
    const wanted = [
      "--",
      "env",
      "ELECTRON_RUN_AS_NODE=1",
      process.execPath,
      join(programs, "cli.cjs"),
      ...words,
      "--yes",
    ];
    expect(argv.slice(0, wanted.length)).toEqual(wanted);
    const [program = "", ...rest] = argv.slice(1);
    const code = await new Promise<number>((go) => {
      execFile(program, rest, { cwd: desk }, (error) => go(error === null ? 0 : Number(error.code)));
    });
    await appendFile(join(desk, "answer"), `${code}\n`);
    await ended;

    const messages = await told;
    expect(messages[0]).toContain("Run with sudo");
    expect(messages.at(-1)?.[1]).toMatch(/^Done: /);
    expect(readdirSync(desk).sort()).toEqual(["answer", "asked", "sudo"]);
    expect(readdirSync(folder).length).toBe(2);
    expect(statSync(image)).toMatchObject({ size: 32 * MiB, uid: owner, gid: owner });
    expect({ hash: hashLinked(image), sound: soundExt(image) }).toEqual({ hash, sound: true });
    expect(readFileSync(`${image}.before-grow`).length).toBe(16 * MiB);
  });

  /** debugfs takes no name with a quotation mark in it, so a link leads there. */
  function hashLinked(image: string): string {
    const link = join(programs, "link.img");
    rmSync(link, { force: true });
    tool("ln", "-s", image, link);
    return hashInside(link);
  }
});
