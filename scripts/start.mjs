// `npm start`: from a fresh clone to what the tool shows. Installs, builds, makes the example's images, and runs the
// built command line on the example. Changes nothing outside the project's folder.
import { spawn } from "node:child_process";
import { relative } from "node:path";
import { example, makeExample, stateDir } from "./lib/example.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { root, run, step, which } from "./lib/run.mjs";

ensureInstalled();
step("building", process.execPath, ["scripts/build.mjs"]);
const by = await makeExample();
console.error(`» images in ${relative(root, stateDir)}, made with ${by}`);

const folder = relative(root, example);
const hosts = ["--state-dir", relative(root, stateDir)];
lens("What will the next start do with each volume?", ["plan", folder, ...hosts]);
// The example has errors on purpose; this command still succeeds.
lens("What is wrong, and how is it put right?", ["check", folder, ...hosts, "--fail-on", "never"]);
console.log("\nWhy is that so?  node dist/microvm-lens.cjs explain size-differs-from-image");
console.log("(docs/install.md tells how to make `microvm-lens` a command of its own.)");
openEditor();

/** Shows a command as a user would type it, and what it prints. */
function lens(question, args) {
  console.log(`\n${bold(question)}\n$ microvm-lens ${args.join(" ")}\n`);
  const code = run(process.execPath, ["dist/microvm-lens.cjs", ...args]);
  if (code !== 0) {
    console.error(`microvm-lens ${args[0]} failed with exit code ${code}`);
    process.exit(code);
  }
}

/** Opens the example in VS Code where a person is watching; otherwise says how. */
function openEditor() {
  const editor = ["code", "codium"].find((name) => which(name) !== null);
  const args = ["--new-window", `--extensionDevelopmentPath=${root}`, example, `${example}/guests/build.nix`];
  const attached = process.stdin.isTTY === true && process.stdout.isTTY === true;
  console.log(`\n${bold("The same in the editor")}`);
  if (editor !== undefined && attached) {
    console.log(`Opening ${folder} with ${editor}: look at \`size\` in guests/build.nix.`);
    spawn(which(editor), args, { stdio: "ignore", detached: true }).unref();
    return;
  }
  console.log("Open the example in VS Code with this build of the extension, and look at `size` in guests/build.nix:");
  console.log(`\n  ${editor ?? "code"} --extensionDevelopmentPath="${root}" "${example}"\n`);
  console.log("Other editors: docs/editors.md.");
}

function bold(text) {
  return process.stdout.isTTY && !process.env.NO_COLOR ? `\u001b[1m${text}\u001b[0m` : text;
}
