import { offerOperation } from "../../client/src/operation.ts";
import type { Server } from "../../client/src/server.ts";

/** A program of its own, so that it can be another user: `press CLI WORD…` offers an operation; its question is answered. */
async function main([cli = "", ...command]: readonly string[]): Promise<void> {
  const server = { refresh: () => Promise.resolve() } as unknown as Server;
  await offerOperation(cli, { title: "Grow", command }, server);
}

void main(process.argv.slice(2));
