// Runs scripts for real and says what became of the files. It is started by sandbox.ts in mount and PID namespaces of its
// own, in which everything but the scratch directory is read-only. Cases come as JSON on stdin, results go to stdout.

import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";

const { scratch, cases } = JSON.parse(fs.readFileSync(0, "utf8"));
process.umask(0o022);

/** What a file holds at first: which file it is, then zeros. */
function fill(path, bytes) {
  const mark = Buffer.from(`was ${path}\n`).subarray(0, bytes);
  fs.writeFileSync(path, mark);
  fs.truncateSync(path, bytes);
}

function make({ path, kind, bytes, text, target, mode, uid }) {
  if (kind === "directory") fs.mkdirSync(path);
  else if (kind === "link") fs.symlinkSync(target, path);
  else if (text !== undefined) fs.writeFileSync(path, text);
  else fill(path, bytes);
  if (uid !== undefined) fs.lchownSync(path, uid, uid);
  if (mode !== undefined) fs.chmodSync(path, mode);
}

function look(path) {
  const stat = fs.lstatSync(path);
  const kind = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : stat.isSymbolicLink() ? "link" : "other";
  const seen = { path, kind, bytes: stat.size, mode: stat.mode & 0o7777, uid: stat.uid };
  if (kind === "link") seen.target = fs.readlinkSync(path);
  if (kind === "file") {
    const head = Buffer.alloc(Math.min(stat.size, 4096));
    const file = fs.openSync(path, "r");
    fs.readSync(file, head, 0, head.length, 0);
    seen.head = head.toString("latin1");
    // Zeros are told by the first MiB and the last 64 KiB: a filesystem has its signature there.
    const part = Buffer.alloc(Math.min(stat.size, 1 << 20));
    fs.readSync(file, part, 0, part.length, 0);
    seen.zeros = part.every((byte) => byte === 0);
    fs.closeSync(file);
    if (seen.zeros === false && stat.size >= 4096 && stat.size < 2 ** 40) {
      const found = spawnSync("blkid", ["-p", "-o", "export", path], { encoding: "utf8" });
      seen.type = /^TYPE=(.*)$/m.exec(found.stdout)?.[1] ?? "";
      seen.label = /^LABEL=(.*)$/m.exec(found.stdout)?.[1] ?? "";
    }
  }
  return seen;
}

function walk(folder, all = []) {
  for (const name of fs.readdirSync(folder)) {
    const seen = look(join(folder, name));
    all.push(seen);
    if (seen.kind === "directory") walk(seen.path, all);
  }
  return all;
}

for (const each of cases) {
  for (const name of fs.readdirSync(scratch)) fs.rmSync(join(scratch, name), { recursive: true, force: true });
  for (const entry of each.entries) make(entry);
  const run = spawnSync("bash", ["--norc", ...each.options, "-c", each.script, "script", ...each.args], {
    cwd: each.directory,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    input: "",
    encoding: "utf8",
    timeout: 20_000,
    ...(each.uid === 0 ? {} : { uid: each.uid, gid: each.uid }),
  });
  const result = {
    status: run.status,
    stderr: run.stderr.slice(0, 600),
    stdout: run.stdout.slice(0, 400),
    files: walk(scratch),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
