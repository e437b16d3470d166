// Runs a program in place of nix-instantiate that asks the real one and keeps the question and the answer.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts `run(env)` with a nix-instantiate that records; gives `{ args, cwd, env, code, stdout, stderr }` of each call. */
export function recordEvaluations(real, run) {
  const folder = mkdtempSync(join(tmpdir(), "record-nix-"));
  try {
    const log = join(folder, "log.jsonl");
    writeFileSync(log, "");
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "record.js"), recorder(real, log));
    const program = join(folder, "nix-instantiate");
    writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${join(folder, "record.js")} "$@"\n`);
    chmodSync(program, 0o755);
    run({ ...process.env, PATH: `${folder}:${process.env.PATH}` });
    return readFileSync(log, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function recorder(real, log) {
  return `import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
const args = process.argv.slice(2);
const { status, stdout, stderr } = spawnSync(${JSON.stringify(real)}, args, { encoding: "utf8", maxBuffer: 1 << 28 });
const { ABORT_ON_WARN, STRICT_EVAL } = process.env;
appendFileSync(${JSON.stringify(log)}, JSON.stringify({ args, cwd: process.cwd(), env: { ABORT_ON_WARN, STRICT_EVAL }, code: status, stdout, stderr }) + "\\n");
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exit(status ?? 1);
`;
}
