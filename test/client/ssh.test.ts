import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isDestination, problemOfConnection, sshNames, withHost } from "../../client/src/ssh.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "microvm-lens-ssh-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("names of hosts", () => {
  async function names(text: string) {
    writeFileSync(join(folder, "config"), text);
    return sshNames(join(folder, "config"));
  }

  it.each([
    ["Host atlas\n  HostName 10.0.0.1\n", ["atlas"]],
    ["host=atlas\nHOST titan atlas\n", ["atlas", "titan"]],
    ["Host * !atlas web-?\n", []],
    ['Host "atlas" "two words"\r\nHost titan\r\n', ["atlas", "titan"]],
    ["# Host atlas\n  #Host titan\nHostName other\nMatch host rhea\n", []],
    ["Host -oProxyCommand=evil\n", []],
    ["", []],
  ])("%j", async (text, expected) => {
    expect(await names(text)).toEqual(expected);
  });

  it("come from included files too, which may include themselves", async () => {
    mkdirSync(join(folder, "config.d"));
    writeFileSync(join(folder, "config.d/home"), `Host titan\nInclude ${join(folder, "config")}\n`);
    expect(await names("Include config.d/home missing\nHost atlas\n")).toEqual(["titan", "atlas"]);
  });

  it("are none where there is no configuration", async () => {
    expect(await sshNames(join(folder, "missing"))).toEqual([]);
  });
});

it.each([
  ["atlas", true],
  ["root@10.0.0.1", true],
  ["ssh://root@atlas:2222", true],
  ["-oProxyCommand=evil", false],
  ["two words", false],
  ["", false],
])("%j may be handed to ssh: %s", (words, expected) => {
  expect(isDestination(words)).toBe(expected);
});

it("a host of the same name is replaced, others stay", () => {
  const hosts = [{ name: "atlas", stateDir: "/srv" }, { name: "titan" }];
  expect(withHost(hosts, { name: "atlas", via: { ssh: "root@atlas" } })).toEqual([
    { name: "titan" },
    { name: "atlas", via: { ssh: "root@atlas" } },
  ]);
});

describe.skipIf(spawnSync("ssh", ["-V"]).status !== 0)("a connection", () => {
  it("that is refused is told of in ssh's own words", async () => {
    const port = await new Promise<number>((done) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => done(typeof address === "object" && address ? address.port : 0));
      });
    });
    expect(await problemOfConnection(`ssh://127.0.0.1:${port}`)).toMatch(/refused/i);
  });
});

describe("a connection with another ssh in front", () => {
  it("is asked without a password, and `true` is all that is run", async () => {
    const seen = join(folder, "argv");
    writeFileSync(join(folder, "ssh"), `#!/bin/sh\nprintf '%s\\n' "$@" > '${seen}'\n`);
    chmodSync(join(folder, "ssh"), 0o755);
    const before = process.env["PATH"];
    process.env["PATH"] = `${folder}:${before}`;
    try {
      expect(await problemOfConnection("atlas")).toBeNull();
    } finally {
      process.env["PATH"] = before;
    }
    const argv = execFileSync("cat", [seen], { encoding: "utf8" }).trim().split("\n");
    expect(argv).toEqual([
      "-o",
      "BatchMode=yes",
      "-o",
      expect.stringMatching(/^ConnectTimeout=\d+$/),
      "--",
      "atlas",
      "true",
    ]);
  });
});
