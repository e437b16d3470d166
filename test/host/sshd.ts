import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** A real OpenSSH server on this machine's loopback, with keys and configuration of its own. */
export interface SshServer {
  readonly folder: string;
  readonly port: number;
  /** Arguments for ssh: only our configuration counts, not the user's. */
  readonly arguments: readonly string[];
  /** Puts lines before the client's configuration; the first value of an option counts. */
  configure(text: string): void;
  /** How many logins there were. */
  logins(): number;
  stop(): Promise<void>;
}

/** Starts sshd. `forceCommand` runs at each login instead of what the client asks for. */
export async function startSshServer(options: { forceCommand?: string; banner?: string } = {}): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), "lens-sshd-"));
  chmodSync(folder, 0o755);
  for (const name of ["host", "client", "stranger"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  }
  const port = await freePort();
  writeFileSync(join(folder, "authorized_keys"), readFileSync(join(folder, "client.pub")));
  const hostKey = readFileSync(join(folder, "host.pub"), "utf8").split(" ").slice(0, 2).join(" ");
  writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${port} ${hostKey}\nlens-host ${hostKey}\n`);
  if (options.banner !== undefined) writeFileSync(join(folder, "banner"), options.banner);
  const lines = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(folder, "host")}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    `PidFile ${join(folder, "pid")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "MaxStartups 500",
    "PermitRootLogin prohibit-password",
    ...(options.banner === undefined ? [] : [`Banner ${join(folder, "banner")}`]),
    ...(options.forceCommand === undefined ? [] : [`ForceCommand ${options.forceCommand}`]),
  ];
  writeFileSync(join(folder, "sshd_config"), `${lines.join("\n")}\n`);
  // sshd separates its privileges below this directory, which exists once the system's own server was started.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log = await listening(server);
  const clientConfig = [
    "Host *",
    "  HostName 127.0.0.1",
    `  Port ${port}`,
    `  User ${userInfo().username}`,
    `  IdentityFile ${join(folder, "client")}`,
    "  IdentitiesOnly yes",
    "  IdentityAgent none",
    `  UserKnownHostsFile ${join(folder, "known_hosts")}`,
    "  GlobalKnownHostsFile none",
    "  StrictHostKeyChecking yes",
    "  HostKeyAlias lens-host",
  ];
  writeFileSync(join(folder, "ssh_config"), `${clientConfig.join("\n")}\n`);
  return {
    folder,
    port,
    arguments: ["-F", join(folder, "ssh_config")],
    configure(text) {
      writeFileSync(join(folder, "ssh_config"), `${text}\n${clientConfig.join("\n")}\n`);
    },
    logins: () => log().split("Accepted publickey").length - 1,
    async stop() {
      const ended = new Promise((finish) => server.once("exit", finish));
      server.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Waits until sshd says on stderr that it listens; returns all it has said. */
async function listening(server: ChildProcess): Promise<() => string> {
  let words = "";
  await new Promise<void>((ready, failed) => {
    server.stderr?.on("data", (data: Buffer) => {
      words += data.toString();
      if (words.includes("Server listening")) ready();
    });
    server.once("exit", () => failed(new Error(`sshd ended: ${words}`)));
  });
  return () => words;
}

/** A port that accepts connections and does what `answer` does with them. */
export async function startListener(
  answer: (socket: Socket) => void,
): Promise<{ port: number; stop(then?: () => void): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    answer(socket);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const stop = (then?: () => void): void => {
    for (const socket of sockets) socket.destroy();
    server.close(then);
  };
  return { port: address.port, stop };
}
