import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";
import { cacheFile, readCode, writeCode } from "./code-cache.ts";

/*
 * What V8 learns while everything is read for the first time, that nearly all of it stays, is wrong from then on: what a
 * keystroke needs would be put where only full collections look. Before any code is read, because the code that is kept
 * for the next start is refused under other switches.
 */
setFlagsFromString("--no-allocation-site-pretenuring");

/**
 * Loads a bundle, which is the function that `require` would make of a file, with the machine code that an earlier
 * start left in the user's cache: compiling a megabyte of JavaScript takes longer than all that the first answer needs.
 * Without usable code everything is as with `require`, and the code is left there for the next start.
 *
 * @throws what the bundle throws while it is loaded.
 */
export function load(file: string): unknown {
  const loaded = modules.get(file);
  if (loaded) return loaded.exports;
  const source = readFileSync(file, "latin1");
  const cache = cacheFile(basename(file), identityOf(source));
  const code = cache === null ? null : readCode(cache);
  const script = new Script(source, { filename: file, ...(code ? { cachedData: code } : {}) });
  const module = { exports: {} };
  modules.set(file, module);
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
  if (cache !== null && (code === null || script.cachedDataRejected === true)) leaveBehind(script, cache);
  return module.exports;
}

/** What `load` is given in bundles: a file beside the one that runs. */
export function loadBeside(name: string): unknown {
  return load(join(__dirname, name));
}

const modules = new Map<string, { exports: unknown }>();

/** What the build wrote at the end of a bundle: a digest of its text. Null in a bundle that was not built for use. */
function identityOf(source: string): string | null {
  return /\/\/# code=([0-9a-f]{16})\s*$/.exec(source.slice(-64))?.[1] ?? null;
}

/**
 * A while after the start most functions that a start needs have run: for processes that are killed. At the end of a
 * process, all that it needed have.
 */
function leaveBehind(script: Script, cache: string): void {
  const write = () => writeCode(cache, script.createCachedData());
  const timer = setTimeout(write, settledMs).unref();
  process.once("exit", () => {
    clearTimeout(timer);
    write();
  });
}

const settledMs = 3_000;
