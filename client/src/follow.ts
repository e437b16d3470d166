import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What `microvm-lens image … --progress` writes (server/src/cli/image/progress-socket.ts). */
interface Message {
  readonly step?: number;
  readonly steps?: number;
  readonly does?: string;
  readonly part?: number;
  readonly end?: string | null;
}

/** Told of an operation that runs in a terminal. */
export interface Listener {
  /** `percent` of the whole by which it came on; the copy of a large image is most of it. */
  progress(words: string, percent: number): void;
}

/** A socket on which an operation tells how far it is. */
export interface Follower {
  /** What `--progress` takes. */
  readonly path: string;
  /** How it ended: null, done; a reason; undefined: it did not say. */
  readonly end: () => string | null | undefined;
  /** Asks it to stop and undo; false where it is not connected. */
  cancel(): boolean;
  close(): Promise<void>;
}

/** Listens in a folder of our own, which no other user can enter. */
export async function follow(listener: Listener): Promise<Follower> {
  const folder = await mkdtemp(join(tmpdir(), "microvm-lens-"));
  const path = join(folder, "progress");
  const sockets = new Set<Socket>();
  let end: string | null | undefined;
  let reached = 0;
  let words = "";
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    onLines(socket, (line) => {
      const message = messageOf(line);
      if (message.end !== undefined) end = message.end;
      const { step, steps, does, part } = message;
      if (step !== undefined && steps !== undefined && does !== undefined) {
        words = `${step}/${steps}: ${does}`;
        tell((100 * (step - 1)) / steps);
        share = 100 / steps;
        before = reached;
      }
      if (part !== undefined) tell(before + share * part);
    });
  });
  let share = 0;
  let before = 0;
  const tell = (percent: number) => {
    listener.progress(words, Math.max(percent - reached, 0));
    reached = Math.max(percent, reached);
  };
  await new Promise<void>((ready, failed) => server.once("error", failed).listen(path, ready));
  return {
    path,
    end: () => end,
    cancel() {
      for (const socket of sockets) socket.write("cancel\n");
      return sockets.size > 0;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What is no message says nothing. */
function messageOf(line: string): Message {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function onLines(socket: Socket, line: (text: string) => void): void {
  let rest = "";
  socket.on("data", (data: string) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop() ?? "";
    for (const each of lines) line(each);
  });
}
