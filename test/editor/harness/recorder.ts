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
const keep = (who, message) =>
  appendFileSync(${JSON.stringify(recordings)} + "/" + process.pid + ".jsonl", JSON.stringify([who, message]) + "\\n");
process.on("message", (message) => keep("client", message));
const send = process.send.bind(process);
process.send = (message, ...more) => {
  keep("server", message);
  return send(message, ...more);
};
require("./recorded-server.cjs");
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
