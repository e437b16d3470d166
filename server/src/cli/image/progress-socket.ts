import { connect, type Socket } from "node:net";
import { verbatim } from "../../base/text.ts";
import { CannotDo } from "../frame/command.ts";

/** Where a running operation tells a program how far it is. */
export interface ProgressSocket {
  tell(message: ProgressMessage): void;
  /** Says the end, and waits until it is written. */
  end(message: ProgressMessage): Promise<void>;
}

/** One line of JSON each, on a Unix socket that the other side listens on. The other side may answer `cancel`. */
export type ProgressMessage =
  /** Step `step` (from 1) of `steps` begins. */
  | { readonly step: number; readonly steps: number; readonly does: string }
  /** How far the step has come, from 0 to 1. */
  | { readonly part: number }
  /** null: done; otherwise why it stopped. */
  | { readonly end: string | null };

/**
 * Connects, before anything is done. The socket is how an editor follows an operation that runs in a terminal: the
 * terminal stays free for sudo's question, and a process of root can be told to stop by whoever listens.
 */
export async function connectProgress(path: string, cancel: () => void): Promise<ProgressSocket> {
  const socket = await opened(path);
  let words = "";
  socket.setEncoding("utf8");
  socket.on("data", (data: string) => {
    words = (words + data).slice(-1024);
    if (/^cancel$/m.test(words)) cancel();
  });
  // Whoever listened has gone: the operation goes on, and the terminal shows it.
  socket.on("error", () => socket.destroy());
  socket.unref();
  const tell = (message: ProgressMessage) => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  };
  return {
    tell,
    async end(message) {
      if (!socket.writable) return;
      await new Promise<void>((written) => {
        socket.once("close", () => written());
        socket.end(`${JSON.stringify(message)}\n`, () => written());
      });
    },
  };
}

/**
 * Tells who follows, if anybody, that nothing is left to do; returns the exit code. An exit code alone does not tell it to
 * an editor, whose terminals report 0 for a program that was killed.
 */
export async function tellEnd(path: string | undefined): Promise<0> {
  if (path !== undefined) await (await connectProgress(path, () => {})).end({ end: null });
  return 0;
}

function opened(path: string): Promise<Socket> {
  return new Promise((go, failed) => {
    const socket = connect({ path });
    const refused = (error: Error) => failed(new CannotDo(verbatim(`--progress: ${error.message}`)));
    socket.once("error", refused);
    socket.once("connect", () => {
      socket.off("error", refused);
      go(socket);
    });
  });
}
