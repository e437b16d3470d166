/** A program for tests that must scan as somebody else, or elsewhere: prints the facts, and how often it got a turn. */
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { factsToJson } from "../../server/src/disk/snapshot/serialize.ts";

const [stateDir = "", limit = "3000", ...paths] = process.argv.slice(2);
let turns = 0;
const ticking = setInterval(() => turns++, 10);
const probe = createLocalProbe({ host: "here", timeLimitMs: Number(limit) });
const facts = await probe.observe({ stateDir, paths, directories: [] });
const again = await probe.observe({ stateDir, paths, directories: [] });
clearInterval(ticking);
process.stdout.write(JSON.stringify({ turns, first: factsToJson(facts), again: factsToJson(again) }), () =>
  process.exit(0),
);
