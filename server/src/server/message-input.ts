import { readFileSync, readSync } from "node:fs";
import { Socket } from "node:net";
import type { DataCallback, Disposable, Message } from "vscode-languageserver";
import { AbstractMessageReader } from "vscode-languageserver/node";

/**
 * Reads messages from a stream, and in the middle of long work, when no event comes, from its pipe itself
 * ({@link poll}). The library's own reader takes some turns of the event loop for each message.
 */
export class MessageInput extends AbstractMessageReader {
  readonly #stream: NodeJS.ReadableStream;
  readonly #pipe: number | null;
  #callback: DataCallback = () => {};
  #met: (message: Message) => void = () => {};
  #parts: Buffer[] = [];
  #length = 0;
  /** How much there has to be before it is worth looking. */
  #wanted = 0;
  #ended = false;

  /** @param isPolled whether the stream is stdin, and may be read without waiting. */
  constructor(stream: NodeJS.ReadableStream, isPolled = false) {
    super();
    this.#stream = stream;
    this.#pipe = isPolled && stream instanceof Socket && canPoll(0) ? 0 : null;
  }

  /** Nothing will come any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Has each message shown to somebody before it is handed over. */
  meet(met: (message: Message) => void): void {
    this.#met = met;
  }

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    const take = (chunk: Buffer) => this.#take(chunk);
    this.#stream.on("data", take);
    this.#stream.on("error", (error: Error) => this.fireError(error));
    this.#stream.on("close", () => this.fireClose());
    return { dispose: () => this.#stream.removeListener("data", take) };
  }

  /** Hands over what has come; does not wait. Does nothing where that cannot be done. */
  poll(): void {
    if (this.#pipe === null || this.#ended) return;
    for (;;) {
      const chunk = Buffer.allocUnsafe(65_536);
      let count: number;
      try {
        count = readSync(this.#pipe, chunk);
      } catch {
        // Nothing is there (EAGAIN); of anything else the stream tells.
        return;
      }
      if (count === 0) {
        // The stream finds it, too.
        this.#ended = true;
        return;
      }
      this.#take(chunk.subarray(0, count));
    }
  }

  #take(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= this.#wanted) {
      const all = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
      const next = nextMessage(all);
      if (typeof next === "number") {
        this.#parts = [all];
        this.#wanted = next;
        return;
      }
      this.#parts = [next.rest];
      this.#length = next.rest.length;
      this.#wanted = 0;
      if (next.message) {
        this.#met(next.message);
        this.#callback(next.message);
      } else this.fireError(new Error(next.problem));
      if (this.#length === 0) {
        this.#parts = [];
        return;
      }
    }
  }
}

/** The first message, and what follows; a number while it is not all there: how many bytes have to be. */
function nextMessage(
  bytes: Buffer,
): number | { readonly rest: Buffer; readonly message: Message | null; readonly problem: string } {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return bytes.length + 1;
  const head = bytes.toString("latin1", 0, headEnd);
  const start = headEnd + 4;
  const length = /^content-length: *(\d+) *$/im.exec(head)?.[1];
  if (length === undefined) {
    return { rest: bytes.subarray(start), message: null, problem: `no Content-Length in ${JSON.stringify(head)}` };
  }
  const end = start + Number(length);
  if (bytes.length < end) return end;
  const rest = bytes.subarray(end);
  try {
    return { rest, message: JSON.parse(bytes.toString("utf8", start, end)) as Message, problem: "" };
  } catch (error) {
    return { rest, message: null, problem: String(error) };
  }
}

/** True where reading never waits: a pipe or socket that Node has made so. On Windows there is no such thing. */
function canPoll(descriptor: number): boolean {
  if (process.platform === "win32") return false;
  if (process.platform !== "linux") return true;
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & nonBlocking) !== 0;
  } catch {
    return false;
  }
}

/** O_NONBLOCK of Linux. */
const nonBlocking = 0o4000;
