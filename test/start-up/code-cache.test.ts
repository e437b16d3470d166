import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { userCache } from "../../server/src/start/code-cache.ts";

const base = mkdtempSync(join(tmpdir(), "microvm-lens-code-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const loader = join(base, "load.cjs");
buildSync({
  entryPoints: [join(import.meta.dirname, "../../server/src/start/load.ts")],
  outfile: loader,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
});

let home: string;
let folder: string;
let bundle: string;
beforeEach(() => {
  home = mkdtempSync(join(base, "home-"));
  folder = join(home, ".cache/microvm-lens/code");
  bundle = join(home, "bundle.cjs");
  writeBundle("one", "0123456789abcdef");
});

/** A bundle that says a word, and in which file it believes to be. */
function writeBundle(word: string, identity: string): void {
  const text = `(function (exports, require, module, __filename, __dirname) {
  exports.say = () => [${JSON.stringify(word)}, require("node:path").basename(__filename)].join(" ");
})
`;
  writeFileSync(bundle, `${text}//# code=${identity}\n`);
}

/** Loads the bundle in a process of its own; says what it said, and what became of the code from before. */
function run(env: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): string {
  const script = `
    const vm = require("node:vm");
    const Script = vm.Script;
    let code = "none";
    vm.Script = class extends Script {
      constructor(source, options) {
        super(source, options);
        if (options.cachedData) code = this.cachedDataRejected ? "refused" : "used";
      }
    };
    const { load } = require(${JSON.stringify(loader)});
    const first = load(${JSON.stringify(bundle)});
    if (first !== load(${JSON.stringify(bundle)})) throw new Error("loaded twice");
    console.log(first.say() + ", code " + code);`;
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(XDG_|NODE_)/.test(name)));
  return execFileSync(process.execPath, [...flags, "-e", script], {
    env: { ...clean, HOME: home, ...env },
    encoding: "utf8",
  }).trim();
}

const codeFiles = () => (existsSync(folder) ? readdirSync(folder) : []);

describe.skipIf(process.platform !== "linux")("code that an earlier start left behind", () => {
  test("is used by the next start, and by those after it", () => {
    expect(run()).toBe("one bundle.cjs, code none");
    expect(codeFiles()).toHaveLength(1);
    expect(run()).toBe("one bundle.cjs, code used");
    expect(run()).toBe("one bundle.cjs, code used");
    expect(codeFiles()).toHaveLength(1);
  });

  test("is never taken for that of another text of the same length", () => {
    run();
    writeBundle("two", "fedcba9876543210");
    expect(run()).toBe("two bundle.cjs, code none");
    expect(run()).toBe("two bundle.cjs, code used");
  });

  test("is not used when it is damaged or cut short, and is replaced", () => {
    for (const damage of [
      (bytes: Buffer) => bytes.fill(0x55, 40, 60),
      (bytes: Buffer) => bytes.subarray(0, bytes.length - 100),
      () => Buffer.alloc(0),
    ]) {
      run();
      const file = join(folder, codeFiles()[0] as string);
      writeFileSync(file, damage(readFileSync(file)));
      expect(run()).toBe("one bundle.cjs, code none");
      expect(run()).toBe("one bundle.cjs, code used");
    }
  });

  test("is not used when others may write it", () => {
    run();
    chmodSync(folder, 0o777);
    expect(run()).toBe("one bundle.cjs, code none");
  });

  test("is kept for each set of switches of its own", () => {
    expect(run()).toContain("code none");
    expect(run({}, ["--stack-size=900"])).toContain("code none");
    expect(run()).toContain("code used");
    expect(run({}, ["--stack-size=900"])).toContain("code used");
  });

  test("is not kept for a text without identity, without a home, or when Node's switch forbids it", () => {
    run({ NODE_DISABLE_COMPILE_CACHE: "1" });
    run({ HOME: "relative" });
    run({ XDG_CACHE_HOME: "/dev/null/nowhere" });
    writeFileSync(bundle, readFileSync(bundle, "utf8").replace("//# code=", "//# other="));
    expect(run()).toBe("one bundle.cjs, code none");
    expect(codeFiles()).toEqual([]);
  });

  test("does not pile up", () => {
    for (let i = 0; i < 30; i++) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, `old-${i}`), "");
    }
    run();
    expect(codeFiles().length).toBeLessThanOrEqual(16);
    expect(run()).toContain("code used");
  });
});

test("the place is the one that each system has for it", () => {
  expect(userCache("linux", { HOME: "/home/ada" })).toBe("/home/ada/.cache");
  expect(userCache("linux", { HOME: "/home/ada", XDG_CACHE_HOME: "/fast" })).toBe("/fast");
  expect(userCache("linux", { HOME: "/home/ada", XDG_CACHE_HOME: "fast" })).toBe("/home/ada/.cache");
  expect(userCache("darwin", { HOME: "/Users/ada" })).toBe("/Users/ada/Library/Caches");
  expect(userCache("linux", {})).toBeNull();
});
