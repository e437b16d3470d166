/** What an editor starts: `node dist/server.cjs --stdio`, or over Node's own channel. */
import { startServer } from "../server/server.ts";

startServer();
