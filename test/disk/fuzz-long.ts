/**
 * The long run of fuzz.ts, outside of the suite:
 *
 *     npx esbuild test/disk/fuzz-long.ts --bundle --platform=node --format=esm --outfile=/tmp/fuzz-long.mjs
 *     nice node /tmp/fuzz-long.mjs 10000000
 */
import { type FuzzReport, fuzz } from "./fuzz.ts";

const images = Number(process.argv[2] ?? 10_000_000);
const first = Number(process.argv[3] ?? 1);
const part = 100_000;
const startMs = performance.now();
const slow: string[] = [];
let done = 0;
let recognised = 0;
let worst: FuzzReport | undefined;
for (let seed = first; done < images; seed++) {
  const report = fuzz(Math.min(part, images - done), seed * 7919);
  done += report.images;
  recognised += report.recognised;
  if (report.slowestMs > 10)
    slow.push(`${report.slowestMs.toFixed(1)} ms (${report.slowestName}, seed ${seed * 7919})`);
  if (worst === undefined || report.mostRequests > worst.mostRequests) worst = report;
}
const seconds = Math.round((performance.now() - startMs) / 1000);
console.log(
  `${done} mutated images in ${seconds} s, ${recognised} still recognised, none crashed or asked beyond limits`,
);
console.log(
  `most requests for one image: ${worst?.mostRequests}; over 10 ms: ${slow.length === 0 ? "none" : slow.join(", ")}`,
);
