// `node scripts/moving-picture.mjs`: makes docs/images/story.png, the moving picture of the README, from a real VS Code. The
// scenes are those of test/editor/story.editor.test.ts, which writes each as `NUMBER-MILLISECONDS.png`; with a folder of such
// pictures as argument only puts them together.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, moving } from "./lib/png.mjs";
import { root } from "./lib/run.mjs";

const [given] = process.argv.slice(2);
const folder = given ?? mkdtempSync(join(tmpdir(), "microvm-lens-story-"));
if (given === undefined) {
  const argv = ["node_modules/vitest/vitest.mjs", "run", "--project", "editor", "test/editor/story.editor.test.ts"];
  const env = { ...process.env, MICROVM_LENS_ALL: "1", MICROVM_LENS_PICTURES: "1", MICROVM_LENS_STORY: folder };
  const { status } = spawnSync(process.execPath, argv, { cwd: root, env, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
const names = readdirSync(folder).filter((name) => /^\d+-\d+\.png$/.test(name));
const frames = names
  .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  .map((name) => ({ picture: decode(readFileSync(join(folder, name))), ms: Number(/-(\d+)/.exec(name)[1]) }));
const file = join(root, "docs/images/story.png");
const made = moving(frames);
writeFileSync(file, made);
console.log(`docs/images/story.png: ${frames.length} frames, ${(made.length / 1024).toFixed(0)} KiB`);
if (given === undefined) rmSync(folder, { recursive: true });
