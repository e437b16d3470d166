import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Message, Referee } from "../../features/protocol/referee.ts";

/** Puts a recorder in front of the server of an unpacked extension: one file for each server that is started. */
export function recordServer(extension: string, recordings: string): void {
  const server = join(extension, "dist/server.cjs");
  renameSync(server, join(dirname(server), "recorded-server.cjs"));
  writeFileSync(
    server,
    `const { appendFileSync } = require("node:fs");
const { spawn } = require("node:child_process");
const file = ${JSON.stringify(recordings)} + "/" + process.pid + ".jsonl";
// Keeps each message that has come as a whole, in the order in which they come.
const keeper = (who) => {
  let rest = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const end = rest.indexOf("\\r\\n\\r\\n");
      if (end < 0) return;
      const length = Number(/Content-Length: (\\d+)/i.exec(rest.subarray(0, end).toString("latin1"))[1]);
      if (rest.length < end + 4 + length) return;
      const message = JSON.parse(rest.subarray(end + 4, end + 4 + length).toString("utf8"));
      appendFileSync(file, JSON.stringify([who, message]) + "\\n");
      rest = rest.subarray(end + 4 + length);
    }
  };
};
const server = spawn(process.execPath, [require.resolve("./recorded-server.cjs"), ...process.argv.slice(2)], {
  stdio: ["pipe", "pipe", "inherit"],
});
process.stdin.on("data", keeper("client")).pipe(server.stdin);
server.stdout.on("data", keeper("server")).pipe(process.stdout);
server.stdin.on("error", () => undefined);
server.on("exit", (code) => process.exit(code ?? 1));
`,
  );
}

/** Holds every recorded session against the protocol. */
export function judgeRecordings(recordings: string): { sessions: number; judged: number; problems: readonly string[] } {
  const files = readdirSync(recordings);
  const referees = files.map((file) => {
    const referee = new Referee();
    // A server that was killed may have been in the middle of a line.
    const lines = readFileSync(join(recordings, file), "utf8").split("\n").slice(0, -1);
    for (const line of lines) {
      const [who, message] = JSON.parse(line) as ["client" | "server", Message];
      if (who === "client") referee.fromClient(message);
      else referee.fromServer(message);
    }
    return referee;
  });
  return {
    sessions: files.length,
    judged: referees.reduce((sum, { judged }) => sum + judged, 0),
    problems: referees.flatMap(({ problems }) => problems),
  };
}
