import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshClone } from "./clone.ts";

/** Everything that runs the built programs does it in one copy of the project. */
const clone = freshClone();
const program = join(clone.folder, "dist", "microvm-lens.cjs");
const { version } = JSON.parse(readFileSync(join(clone.folder, "package.json"), "utf8")) as { version: string };
afterAll(() => clone.remove());

function node(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, argv, {
    cwd: clone.folder,
    encoding: "utf8",
    env: { ...plainEnvironment(), ...env },
    input: "",
    timeout: 120_000,
  });
}

/** What this process was told about colours and languages is not what a user's shell says. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NO_COLOR: _noColour, FORCE_COLOR: _colour, ...rest } = process.env;
  return { ...rest, LC_ALL: "C" };
}

let start: ReturnType<typeof node>;
beforeAll(() => {
  start = node(["scripts/start.mjs"]);
});

describe("npm start", () => {
  test("ends with 0", () => {
    expect(start.stderr).not.toContain("bug");
    expect({ status: start.status, signal: start.signal }).toEqual({ status: 0, signal: null });
  });

  test("shows the plan, the findings with both numbers, and the fixes", () => {
    const { stdout } = start;
    const finding = stdout.split("\n\n").find((part) => /: warning: .*size-differs-from-image\]/.test(part)) as string;
    for (const words of ["512 MiB", "2048 MiB", "ignored", "^^^^"]) expect(finding).toContain(words);
    expect(finding.match(/^ +[=] (fix|by hand)/gm)?.length).toBeGreaterThanOrEqual(4);
    expect(stdout).toContain("$ microvm-lens plan examples/homelab");
    expect(stdout).toContain("$ microvm-lens check examples/homelab");
  });

  test("tells how to open the example in the editor, and opens none without a terminal", () => {
    expect(start.stdout).toContain(`--extensionDevelopmentPath="${clone.folder}"`);
  });

  test("makes real, sparse images", () => {
    const image = statSync(join(clone.folder, "examples/homelab/state/build/nix-store-overlay.img"));
    expect(image.size).toBe(512 * 1024 * 1024);
    expect(image.blocks * 512).toBeLessThan(64 * 1024 * 1024);
  });

  test("writes only where git looks away", () => {
    const added = readdirSync(clone.folder).filter((name) => !existsSync(join(process.cwd(), name)));
    expect(added).toEqual([]);
  });
});

describe("the built command line", () => {
  const folder = "examples/homelab";
  const disk = ["--state-dir", `${folder}/state`];

  test("prints results to stdout only, and says by its exit code what they are", () => {
    const found = node([program, "check", folder, ...disk, "--json"]);
    expect({ status: found.status, stderr: found.stderr }).toEqual({ status: 1, stderr: "" });
    expect(JSON.parse(found.stdout).findings.length).toBeGreaterThan(1);
    expect(node([program, "check", "nowhere"]).status).toBe(2);
    expect(node([program, "check", `${folder}/guests/web.nix`, ...disk]).status).toBe(0);
  });

  test("knows its version", () => {
    expect(node([program, "--version"]).stdout).toBe(`${version}\n`);
  });

  test("paints on demand, not into a pipe, never against NO_COLOR", () => {
    const painted = (env: NodeJS.ProcessEnv) =>
      node([program, "check", folder, ...disk], env).stdout.includes("\u001b[");
    expect(painted({})).toBe(false);
    expect(painted({ FORCE_COLOR: "1" })).toBe(true);
    expect(painted({ FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
  });

  test("ends quietly when its reader goes away", () => {
    const shell = `"${process.execPath}" "${program}" explain | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", shell], { encoding: "utf8", cwd: clone.folder });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toHaveLength(2);
  });

  test("speaks the language server protocol", async () => {
    const server = spawn(process.execPath, [program, "lsp", "--stdio"], { cwd: clone.folder });
    const send = (message: object) => {
      const text = JSON.stringify({ jsonrpc: "2.0", ...message });
      server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    };
    let answer = "";
    server.stdout.on("data", (data: Buffer) => {
      answer += data.toString();
      if (answer.includes('"id":2')) send({ method: "exit" });
    });
    send({ id: 1, method: "initialize", params: { processId: null, rootUri: null, capabilities: {} } });
    send({ method: "initialized", params: {} });
    send({ id: 2, method: "shutdown" });
    const [code] = await once(server, "exit");
    expect(code).toBe(0);
    expect(answer).toContain('"capabilities"');
  });
});
