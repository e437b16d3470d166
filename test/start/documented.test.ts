import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeExampleImage } from "../../scripts/write-example-image.mjs";
import { makeHomelab } from "../editor/harness/example.ts";

const root = join(import.meta.dirname, "../..");
/** What documentation calls the place of images; they are made below the scratch folder. */
const usual = "/var/lib/microvms";

/** The lines of a page that are typed into a shell, in their order: blocks of `sh`, and lines behind a `$`. */
function typed(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) => block.trim().split("\n"));
  const prompts = [...text.matchAll(/^ {4}\$ (.*)$/gm)].map(([, line = ""]) => line);
  return [...blocks, ...prompts].filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

/** Other programs' commands, which need what is not here: the tests of packages and of `npm start` run them. */
const elsewhere = /^(?:npm |nix |sudo )/;

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))].filter(
  (page) => page.endsWith(".md") && typed(page).some((line) => !elsewhere.test(line)),
);

let scratch: string;
let folder: string;
let environment: NodeJS.ProcessEnv;
let homelab: Awaited<ReturnType<typeof makeHomelab>>;

beforeAll(async () => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-documented-")));
  homelab = await makeHomelab();
  folder = homelab.folder;
  const programs = join(scratch, "programs");
  mkdirSync(programs);
  const program = (name: string, script: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  const lens = `"${process.execPath}" "${join(root, "dist/microvm-lens.cjs")}"`;
  // Where images usually are nothing is looked at: they may be this machine's own.
  const scan = `[ "$1" = scan ] && exec ${lens} "$@" --state-dir "${join(scratch, "microvms")}"`;
  program("microvm-lens", `${scan}\nexec ${lens} "$@"`);
  // Every host is this machine.
  program("ssh", `while [ "$1" != -- ]; do shift; done\nshift 2\nexec sh -c "$*"`);
  mkdirSync(join(scratch, "microvms/web"), { recursive: true });
  await writeExampleImage({ path: join(scratch, "microvms/web/data.img"), sizeMiB: 512 });
  // The archive, as it is unpacked.
  mkdirSync(join(scratch, "archive/microvm-lens"), { recursive: true });
  cpSync(join(root, "dist"), join(scratch, "archive/microvm-lens"), { recursive: true });
  spawnSync("tar", ["-czf", join(folder, "microvm-lens-0-cli.tar.gz"), "microvm-lens"], {
    cwd: join(scratch, "archive"),
  });
  environment = { PATH: `${programs}:${process.env["PATH"]}`, HOME: scratch, LANG: "C.UTF-8" };
});

afterAll(() => {
  homelab?.remove();
  rmSync(scratch, { recursive: true, force: true });
});

test.each(pages)("what %s tells to type runs, in this order", (page) => {
  const lines = typed(page).filter((line) => !elsewhere.test(line));
  for (const line of lines) {
    const command = line.replaceAll(usual, join(scratch, "microvms"));
    const { status, stderr } = spawnSync("sh", ["-c", command], { cwd: folder, env: environment, encoding: "utf8" });
    // 1: `check` found something in the example, as it should.
    expect({ line, status, stderr: status === 2 ? stderr : "" }).toEqual({
      line,
      status: expect.toSatisfy((code) => code === 0 || code === 1),
      stderr: "",
    });
  }
});
