import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostFacts, ProbeRequest } from "../../server/src/disk/facts.ts";
import { observeFleet } from "../../server/src/disk/fleet.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { createSshProbe, type SshOptions } from "../../server/src/disk/remote/probe-ssh.ts";
import { factsToJson } from "../../server/src/disk/snapshot/serialize.ts";
import { buildGuests } from "./fleet-of-guests.ts";
import { run } from "./matrix/run.ts";
import { type SshServer, startListener, startSshServer } from "./sshd.ts";
import { needTools } from "./tools.ts";

const ready = needTools(
  "sshd",
  "ssh",
  "ssh-keygen",
  "busybox",
  "dash",
  "mkfs.ext4",
  "mkfs.xfs",
  "mkfs.btrfs",
  "mkfs.vfat",
);

let folder: string;
let server: SshServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lens-ssh-"));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Parameters<typeof startSshServer>[0] = {}): Promise<SshServer> {
  server = await startSshServer(options);
  return server;
}

function request(stateDir: string, paths: readonly string[] = []): ProbeRequest {
  return { stateDir, paths, directories: [stateDir] };
}

function probe(options: Partial<SshOptions> = {}) {
  return createSshProbe({ host: "here", destination: "server", sshArguments: server?.arguments ?? [], ...options });
}

/** Everything but the clock and the free space, which others change meanwhile. */
function comparable(facts: HostFacts): string {
  const { takenAt, free, space, ...rest } = factsToJson(facts) as Record<string, unknown> & {
    space: { free: number }[];
  };
  expect([typeof takenAt, typeof free]).toEqual(["string", "number"]);
  return JSON.stringify({ ...rest, space: space.map((one) => ({ ...one, free: 0 })) }, null, 1);
}

function why(facts: HostFacts): string {
  return facts.stateDirectory.state === "unreadable"
    ? `${facts.stateDirectory.reason}: ${facts.stateDirectory.detail}`
    : facts.stateDirectory.state;
}

describe.runIf(ready)("a host over ssh", () => {
  it("100 guests in one round trip equal the local scan byte for byte, with any shell", async () => {
    const { stateDir, elsewhere } = buildGuests(folder, 100);
    // Otherwise the file system goes on allocating blocks while we compare.
    await run("sync", ["-f", folder]);
    const paths = [
      ...[
        join(stateDir, "guest-20", "data.img"),
        join(stateDir, "guest-20", "missing.img"),
        join(stateDir, "none", "x.img"),
      ],
      ...[join(elsewhere, "5.img"), join(elsewhere, "missing.img"), join(stateDir, "odd", "pipe.img")],
      ...[join(stateDir, "odd", "directory.img"), "/dev/null"],
    ];
    const local = comparable(await createLocalProbe({ host: "here" }).observe(request(stateDir, paths)));
    expect(JSON.parse(local).guests.length).toBeGreaterThanOrEqual(100);
    const busybox = join(folder, "busybox");
    mkdirSync(busybox);
    for (const tool of ["stat", "od", "readlink", "sed", "head", "tr"])
      symlinkSync("/usr/bin/busybox", join(busybox, tool));
    // As where there is no perl: od answers.
    writeFileSync(join(busybox, "perl"), "#!/bin/sh\nexit 127\n", { mode: 0o755 });
    for (const forceCommand of [undefined, `env PATH=${busybox} /usr/bin/busybox sh -s`]) {
      const { logins } = await start(forceCommand === undefined ? {} : { forceCommand });
      const remote = await probe().observe(request(stateDir, paths));
      expect(why(remote)).toBe("seen");
      expect(comparable(remote)).toBe(local);
      expect(logins()).toBe(1);
      await server?.stop();
      server = undefined;
    }
    // Nothing of the strange names was taken for a command.
    expect((await run("find", [folder, "-name", "pwned"])).stdout).toBe("");
  });

  it.runIf(needTools("qemu-img"))("follows small clusters and brings compressed ones", async () => {
    const directory = join(folder, "microvms", "web");
    mkdirSync(directory, { recursive: true });
    for (const type of ["ext4", "xfs", "btrfs", "vfat"]) {
      const source = join(folder, `${type}.raw`);
      await run("truncate", ["-s", "320M", source]);
      await run(`mkfs.${type}`, [type === "vfat" ? "-n" : "-L", "INNER", source]);
      for (const clusters of ["512", "1k", "2k"]) {
        const path = join(directory, `${type}-${clusters}.qcow2`);
        await run("qemu-img", ["convert", "-O", "qcow2", "-o", `cluster_size=${clusters}`, source, path]);
      }
      for (const clusters of ["4k", "64k"]) {
        const path = join(directory, `${type}-${clusters}-compressed.qcow2`);
        await run("qemu-img", ["convert", "-c", "-O", "qcow2", "-o", `cluster_size=${clusters}`, source, path]);
      }
    }
    await run("sync", ["-f", folder]);
    const local = await createLocalProbe({ host: "here" }).observe(request(join(folder, "microvms")));
    await start();
    const remote = await probe().observe(request(join(folder, "microvms")));
    expect(why(remote)).toBe("seen");
    expect(local.images.size).toBe(20);
    for (const [path, image] of local.images) {
      const there = remote.images.get(path);
      if (image.state !== "seen" || there?.state !== "seen") throw new Error(path);
      expect(image.value.filesystem.state, path).toBe("seen");
      expect(there.value, path).toEqual(image.value);
    }
  });

  it("sees no less than an ordinary user may, and says what is forbidden", async () => {
    await start();
    mkdirSync(join(folder, "private"), { mode: 0o700 });
    const facts = await probe().observe(request(join(folder, "missing"), [join(folder, "missing", "web", "data.img")]));
    expect(facts.stateDirectory).toEqual({ state: "absent" });
    expect([...facts.images.values()]).toEqual([{ state: "absent" }]);
  });

  it("uses a shared connection, and is not held up by it", async () => {
    const { stateDir } = buildGuests(folder, 3);
    const { configure, logins, arguments: args } = await start();
    configure(`ControlMaster auto\nControlPath ${join(folder, "%C")}\nControlPersist 60`);
    expect(why(await probe().observe(request(stateDir)))).toBe("seen");
    expect(why(await probe().observe(request(stateDir)))).toBe("seen");
    expect(logins()).toBe(1);
    expect(await run("ssh", [...args, "-O", "exit", "server"])).toMatchObject({ status: 0 });
  });

  it("finds the answer among a banner and whatever a login prints", async () => {
    const { stateDir } = buildGuests(folder, 2);
    const noise = "printf 'BEGIN nothing\\\\n|x\\\\nL 1 2 3\\\\nno line end'";
    await start({
      banner: "\u001b[31mAuthorized use only\n".repeat(20),
      forceCommand: `${noise}; echo oops >&2; sh -s; echo END`,
    });
    const remote = await probe().observe(request(stateDir));
    expect(comparable(remote)).toBe(comparable(await createLocalProbe({ host: "here" }).observe(request(stateDir))));
  });
});

describe.runIf(ready)("a host that cannot be read says why", () => {
  const nothing = request("/nonexistent");

  it("its host key is another one", async () => {
    const { folder: keys, port } = await start();
    const other = readFileSync(join(keys, "stranger.pub"), "utf8").split(" ").slice(0, 2).join(" ");
    writeFileSync(join(keys, "known_hosts"), `lens-host ${other}\n[127.0.0.1]:${port} ${other}\n`);
    expect(why(await probe().observe(nothing))).toMatch(
      /^permission: server: its host key is not the one that is known/,
    );
  });

  it("its host key is not known", async () => {
    const { folder: keys } = await start();
    writeFileSync(join(keys, "known_hosts"), "");
    expect(why(await probe().observe(nothing))).toMatch(/^permission: server: its host key is not known/);
  });

  it("it does not let this user in", async () => {
    const { folder: keys } = await start();
    writeFileSync(join(keys, "authorized_keys"), readFileSync(join(keys, "stranger.pub")));
    expect(why(await probe().observe(nothing))).toMatch(/^permission: server: it does not let this user in/);
  });

  it("nothing listens there", async () => {
    const listener = await startListener(() => undefined);
    const closed = new Promise<void>((finish) => listener.stop(finish));
    await closed;
    const { configure } = await start();
    configure(`Port ${listener.port}`);
    expect(why(await probe().observe(nothing))).toMatch(/^timeout: server: it refuses connections/);
  });

  it("its name cannot be resolved", async () => {
    const { configure } = await start();
    configure("HostName does-not-exist.invalid");
    expect(why(await probe().observe(nothing))).toMatch(/^unsupported: server: its name cannot be resolved/);
  });

  it("it accepts connections and never speaks", async () => {
    const listener = await startListener(() => undefined);
    const { configure } = await start();
    configure(`Port ${listener.port}`);
    expect(why(await probe({ timeLimitMs: 700 }).observe(nothing))).toBe(
      "timeout: server: it did not answer within 0.7 s",
    );
    listener.stop();
  });

  it("it closes the connection at once, or speaks something else", async () => {
    const { configure } = await start();
    for (const words of ["", "HTTP/1.1 400 Bad Request\r\n\r\n"]) {
      const listener = await startListener((socket) => socket.end(words));
      configure(`Port ${listener.port}`);
      expect(why(await probe().observe(nothing))).toMatch(
        /^(timeout: server: it closed the connection|unsupported: server: ssh failed)/,
      );
      listener.stop();
    }
  });

  it("the login hangs", async () => {
    await start({ forceCommand: "sleep 1000" });
    expect(why(await probe({ timeLimitMs: 1500 }).observe(nothing))).toBe(
      "timeout: server: it did not answer within 1.5 s",
    );
  });

  it("it floods", async () => {
    for (const forceCommand of ["cat /dev/zero", "yes BEGIN"]) {
      await start({ forceCommand });
      expect(why(await probe({ maxBytes: 4 << 20 }).observe(nothing))).toBe(
        "malformed: server: it sent more than 4 MiB",
      );
      await server?.stop();
    }
    server = undefined;
  });

  it("it floods before the login", async () => {
    const listener = await startListener((socket) => {
      const more = (): void => {
        while (socket.writable && socket.write(Buffer.alloc(65536, "x\n"))) {}
      };
      socket.on("drain", more);
      more();
    });
    const { configure } = await start();
    configure(`Port ${listener.port}`);
    expect(why(await probe({ timeLimitMs: 5000 }).observe(nothing))).toMatch(/^(timeout|unsupported): server: /);
    listener.stop();
  });

  it("the login runs something else", async () => {
    await start({ forceCommand: "echo This account is not available." });
    expect(why(await probe().observe(nothing))).toBe("malformed: server: the login ran something else than the script");
  });

  it("the login fails", async () => {
    await start({ forceCommand: "exit 127" });
    expect(why(await probe().observe(nothing))).toBe("tool-missing: server: there is no POSIX shell on the host");
  });

  it("its answer is cut off", async () => {
    await start({ forceCommand: "sh -s | head -c 600" });
    expect(why(await probe().observe(nothing))).toBe("malformed: server: its answer was cut off");
  });

  it("a destination that looks like an option is no option", async () => {
    await start();
    const facts = await probe({ destination: "-oProxyCommand=touch /tmp/pwned" }).observe(nothing);
    expect(facts.stateDirectory.state).toBe("unreadable");
    expect((await run("ls", ["/tmp/pwned"])).status).not.toBe(0);
  });

  it("stopping the scan ends ssh and what it started", async () => {
    const { configure } = await start();
    const pidFile = join(folder, "pid");
    const proxy = join(folder, "proxy");
    writeFileSync(proxy, `#!/bin/sh\necho $$ >${pidFile}.new\nmv ${pidFile}.new ${pidFile}\nexec sleep 1000\n`);
    chmodSync(proxy, 0o755);
    configure(`ProxyCommand ${proxy}`);
    const controller = new AbortController();
    const answer = probe().observe(nothing, controller.signal);
    const pid = Number(await until(() => readFileSync(pidFile, "utf8")));
    controller.abort();
    expect(why(await answer)).toBe("timeout: server: the scan was stopped");
    await until(() => {
      // Signal 0 throws once there is no such process.
      try {
        process.kill(pid, 0);
      } catch {
        return true;
      }
      throw new Error("still there");
    });
  });
});

describe.runIf(ready)("many hosts", () => {
  it("50 are asked at the same time, and a dead one delays none of them", async () => {
    const { stateDir } = buildGuests(folder, 2);
    const barrier = join(folder, "barrier");
    mkdirSync(barrier);
    // Each login waits for all the others: one after the other, none would ever answer.
    const wait = `touch ${barrier}/$$; while [ $(ls ${barrier} | wc -l) -lt 50 ]; do sleep 0.1; done`;
    const { configure } = await start({ forceCommand: `${wait}; sh -s` });
    const listener = await startListener(() => undefined);
    configure(`Host dead\n  Port ${listener.port}\nHost *`);
    const names = [
      ...Array.from({ length: 25 }, (_, i) => `host-${i}`),
      "dead",
      ...Array.from({ length: 25 }, (_, i) => `host-${25 + i}`),
    ];
    const probes = names.map((name) => probe({ host: name, destination: name, timeLimitMs: 150_000 }));
    const facts = await observeFleet(probes, () => request(stateDir));
    listener.stop();
    expect(facts.map(({ host }) => host)).toEqual(names);
    expect(facts.filter((one) => why(one) !== "seen").map((one) => [one.host, why(one).split(":")[0]])).toEqual([
      ["dead", "timeout"],
    ]);
    const local = comparable(await createLocalProbe({ host: "x" }).observe(request(stateDir)));
    for (const one of facts.filter(({ host }) => host !== "dead"))
      expect(comparable({ ...one, host: "x" })).toBe(local);
  });
});

/** Tries again until the function returns instead of throwing. */
async function until<T>(attempt: () => T): Promise<T> {
  for (;;) {
    try {
      return attempt();
    } catch {
      await new Promise((go) => setTimeout(go, 20));
    }
  }
}
