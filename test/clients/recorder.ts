import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Message, Referee } from "../features/protocol/referee.ts";
import { cliBundle } from "./bundle.ts";

/**
 * A folder for PATH in which `microvm-lens` is found, as after an installation; what goes in and out of it is kept, in
 * `<recording>.in` and `<recording>.out`.
 */
export function recordingCommand(scratch: string, recording: string): string {
  const folder = join(scratch, "bin");
  const file = join(folder, "microvm-lens");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    file,
    `#!${process.execPath}
const { spawn } = require("node:child_process");
const { createWriteStream } = require("node:fs");
const server = spawn(process.execPath, [${JSON.stringify(cliBundle())}, ...process.argv.slice(2)], { stdio: ["pipe", "pipe", "inherit"] });
const keep = (stream, name) => stream.pipe(createWriteStream(${JSON.stringify(recording)} + name));
keep(process.stdin, ".in");
keep(server.stdout, ".out");
process.stdin.pipe(server.stdin);
server.stdout.pipe(process.stdout);
server.stdin.on("error", () => {});
server.on("exit", (code) => { process.exitCode = code ?? 1; process.stdin.destroy(); });
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => server.kill(signal));
`,
  );
  chmodSync(file, 0o755);
  return folder;
}

/** Holds a recorded session against the protocol. Who spoke first is not recorded: all of the client's words come first. */
export function judgeRecording(recording: string): { problems: readonly string[]; judged: number } {
  const referee = new Referee();
  const [fromClient, fromServer] = [messagesOf(`${recording}.in`), messagesOf(`${recording}.out`)];
  // The client's answers to the server's requests would come before these.
  for (const message of fromClient) if (typeof message["method"] === "string") referee.fromClient(message);
  for (const message of fromServer) referee.fromServer(message);
  return { problems: referee.problems, judged: referee.judged };
}

/** Messages of a stream as they are framed: a header with the length in bytes, an empty line, the body. */
function messagesOf(file: string): Message[] {
  const stream = readFileSync(file);
  const messages: Message[] = [];
  for (let at = 0; at < stream.length; ) {
    const end = stream.indexOf("\r\n\r\n", at);
    const length = Number(/content-length: *(\d+)/i.exec(stream.toString("latin1", at, end))?.[1]);
    if (end < 0 || !Number.isInteger(length)) throw new Error(`${file}: no header at byte ${at}`);
    const body = stream.subarray(end + 4, end + 4 + length);
    // The last words of a client that was killed may be cut off.
    if (body.length < length) break;
    messages.push(JSON.parse(body.toString("utf8")) as Message);
    at = end + 4 + length;
  }
  return messages;
}
