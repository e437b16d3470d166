import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { crc32 } from "node:zlib";
import { writeCache } from "../files/write-file.ts";

/**
 * The file in the user's cache for what this very V8 compiled a bundle to. Null where none may be used: without a place
 * of the user's own, or when Node's own switch against such files is set.
 */
export function cacheFile(bundle: string, identity: string | null): string | null {
  // `crc32` came with Node 20.15, and V8 itself does not notice damaged code.
  if (identity === null || typeof crc32 !== "function" || process.env["NODE_DISABLE_COMPILE_CACHE"]) return null;
  const base = userCache(process.platform, process.env);
  if (base === null) return null;
  const { versions, arch, execArgv, env } = process;
  // V8 refuses code of another version or other switches; with a name of their own these do not chase each other away.
  const flags = `${execArgv.join(" ")} ${env["NODE_OPTIONS"] ?? ""}`;
  const run = crc32(`${versions.node} ${versions["electron"] ?? ""} ${versions.v8} ${arch} ${flags}`).toString(16);
  return join(base, "microvm-lens", "code", `${bundle}-${identity}-${run}`);
}

/** The folder for what can be made anew, as each system has it. */
export function userCache(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string | null {
  const below = (folder: string | undefined, ...names: string[]) =>
    folder !== undefined && isAbsolute(folder) ? join(folder, ...names) : null;
  if (platform === "win32") return below(env["LOCALAPPDATA"]);
  if (platform === "darwin") return below(env["HOME"], "Library", "Caches");
  return below(env["XDG_CACHE_HOME"]) ?? below(env["HOME"], ".cache");
}

/** The code, or null when there is none that may be trusted: code is run, so only the user may have written it. */
export function readCode(file: string): Buffer | null {
  try {
    if (!isOwn(dirname(file))) return null;
    const bytes = readFileSync(file);
    const code = bytes.subarray(0, -4);
    return bytes.length > 4 && bytes.readUInt32LE(code.length) === crc32(code) ? code : null;
  } catch {
    return null;
  }
}

/** Keeps the code for the next start. Where that is not possible, the next start takes longer. */
export function writeCode(file: string, code: Buffer): void {
  try {
    const folder = dirname(file);
    // With sudo the home may be another user's: nothing of ours comes into being there.
    let above = folder;
    while (!existsSync(above)) above = dirname(above);
    if (!isOwn(above)) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(code));
    // Others may be reading: a file comes into being as a whole.
    writeCache(file, Buffer.concat([code, sum]));
    prune(folder);
  } catch {
    // A full or read-only disk is no reason to say anything: nothing is lost but time.
  }
}

/** True for a folder, not a link to one, that belongs to the user and into which nobody else may write. */
function isOwn(folder: string): boolean {
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) return false;
  const user = process.getuid?.();
  return user === undefined || (stats.uid === user && (stats.mode & 0o022) === 0);
}

/** Every version of every program that runs this leaves files; the oldest go. */
function prune(folder: string): void {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const byAge = files.map((path) => ({ path, at: statSync(path).mtimeMs })).sort((a, b) => b.at - a.at);
  for (const { path } of byAge.slice(mostFiles)) rmSync(path, { force: true });
}

const mostFiles = 16;
