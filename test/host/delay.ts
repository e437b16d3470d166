import { connect, type Socket } from "node:net";
import { startListener } from "./sshd.ts";

/** A way to a port of this machine that takes as long as one around the world. */
export interface LongWay {
  readonly port: number;
  /** Bytes that the server sent. */
  answered(): number;
  stop(): void;
}

/** Everything takes half of `delayMs` in each direction, as on a line whose ping says `delayMs`. */
export async function startLongWay(port: number, delayMs: number): Promise<LongWay> {
  let answered = 0;
  const ways = new Set<Socket>();
  const listener = await startListener((client) => {
    const server = connect(port, "127.0.0.1");
    server.setNoDelay(true);
    client.setNoDelay(true);
    server.on("error", () => client.destroy());
    ways.add(server);
    const carry = (from: Socket, to: Socket): void => {
      // Timers of one length fire in the order in which they were set.
      from.on("data", (chunk) => setTimeout(() => to.write(chunk), delayMs / 2));
      from.on("end", () => setTimeout(() => to.end(), delayMs / 2));
    };
    server.on("data", (chunk: Buffer) => {
      answered += chunk.length;
    });
    carry(client, server);
    carry(server, client);
  });
  return {
    port: listener.port,
    answered: () => answered,
    stop: () => {
      for (const way of ways) way.destroy();
      listener.stop();
    },
  };
}
