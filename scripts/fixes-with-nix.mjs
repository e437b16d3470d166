#!/usr/bin/env node
// Applies every edit that our engine offers for real configurations, one at a time and to a copy, and has real Nix say
// what it changed. The disks are made up: each volume's image gets another size, another filesystem, and so on. For
// developers; what it needs is told in compare-with-nix.mjs.
//
//   node scripts/fixes-with-nix.mjs [--most N] [--diffs FILE] [--verbose] FOLDER…
//
// --most N: at most N different edits of one kind per folder; --diffs FILE: writes what was changed, for reading.
import { appendFileSync, existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { checkEdit } from "./compare/check-edit.mjs";
import { Copies } from "./compare/copies.mjs";
import { Guests } from "./compare/guests.mjs";
import { createJudges, judgeFolders } from "./compare/judge.mjs";
import { eachScenario } from "./compare/offers.mjs";
import { loadServer } from "./compare/server.mjs";

const words = process.argv.slice(2);
const option = (name) => {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words.splice(at, 2)[1];
};
const most = Number(option("--most") ?? 6);
const diffs = option("--diffs");
const verbose = words.includes("--verbose");
const repositories = words.filter((word) => word !== "--verbose");
const folders = judgeFolders();
if (!folders || repositories.length === 0) {
  console.error("usage: NIXPKGS_LIB=… MICROVM_NIX=… node scripts/fixes-with-nix.mjs [--most N] [--diffs FILE] FOLDER…");
  process.exit(2);
}
const server = await loadServer();
const createJudge = createJudges(folders);
const kinds = new Map();
const reasons = new Map();
let judgedRepositories = 0;
let disagreements = 0;

for (const repository of repositories.map((each) => resolve(each))) {
  const before = total("judged");
  await examine(repository);
  if (total("judged") > before) judgedRepositories++;
}
console.log(`\n${judgedRepositories} repositories with judged fixes`);
console.log("kind: offered (different edits), applied, judged by Nix, right, wrong");
for (const [id, c] of [...kinds].sort())
  console.log(`  ${id}: ${c.offered}, ${c.applied}, ${c.judged}, ${c.right}, ${c.wrong}`);
console.log(`  TOTAL: ${["offered", "applied", "judged", "right", "wrong"].map((key) => total(key)).join(", ")}`);
if (disagreements > 0)
  console.log(`  after ${disagreements} edits, an engine that saw the text before finds something else`);
console.log("\nnot offered:");
for (const [reason, count] of [...reasons].sort()) console.log(`  ${count} × ${reason}`);
process.exit(total("wrong") > 0 ? 1 : 0);

function total(key) {
  return [...kinds.values()].reduce((sum, counts) => sum + counts[key], 0);
}

async function examine(folder) {
  const name = basename(folder);
  const judge = existsSync(join(folder, "flake.nix")) ? createJudge(folder) : null;
  const guests = judge ? new Guests(judge) : null;
  const copies = new Copies(folder);
  const seen = new Set();
  const applied = new Map();
  try {
    await eachScenario(folder, async ({ scenario, snapshot, again, fresh, offers, none }) => {
      const chosen = [];
      for (const offer of offers) {
        const { id } = offer.fix;
        const key = `${id} ${JSON.stringify(offer.fix.edits)}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const counts = countsOf(id);
        counts.offered++;
        if ((applied.get(id) ?? 0) >= most) continue;
        applied.set(id, (applied.get(id) ?? 0) + 1);
        counts.applied++;
        chosen.push({ ...offer, scenario, snapshot, ...(await afterwards(offer, again, fresh)) });
      }
      for (const { id, finding, reason, advice } of none) {
        const why = `${id} (${finding.rule}): ${reason}${advice ? " [advice]" : ""}`;
        reasons.set(`${why} [${name}]`, (reasons.get(`${why} [${name}]`) ?? 0) + 1);
      }
      while (chosen.length > 0) judgeAll(name, folder, chosen.splice(0, copies.most), copies, guests);
    });
  } finally {
    copies.dispose();
  }
  console.log(`${name}: ${[...applied].map(([id, count]) => `${id} ${count}`).join(", ") || "no fixes"}`);
}

/** Our own findings after an edit; two engines, one of which saw the text before, must agree. */
async function afterwards({ files }, again, fresh) {
  const [after, incremental] = [await fresh(files), await again(files)];
  const words = ({ findings }) =>
    findings
      .map((each) => `${each.rule} ${[...each.guests].sort()}`)
      .sort()
      .join("\n");
  return { after, disagrees: words(after) !== words(incremental) };
}

function judgeAll(name, folder, offers, copies, guests) {
  const made = offers.map(({ files }) => copies.edit(files));
  const answers =
    guests?.compare(made, [...new Set(offers.flatMap(({ fix }) => fix.guests))]) ?? offers.map(() => null);
  offers.forEach((offer, index) => {
    const { fix, scenario, finding, title } = offer;
    const counts = countsOf(fix.id);
    const changes = answers[index];
    const complaints = checkEdit({ ...offer, folder, copy: made[index], changes });
    if (offer.disagrees) disagreements++;
    if (changes?.known) counts.judged++;
    counts[complaints.length === 0 ? "right" : "wrong"]++;
    const label = `${name} · ${scenario} · ${finding.rule} · ${fix.id} (${fix.safety}) · ${title}`;
    for (const complaint of complaints) console.log(`  WRONG ${label}: ${complaint}`);
    if (verbose && !changes?.known) console.log(`  not judged ${label}: ${changes?.why ?? "no flake.nix"}`);
    if (diffs)
      appendFileSync(
        diffs,
        `\n### ${label}\n${complaints.map((each) => `!!! ${each}\n`).join("")}${diffOf(folder, offer)}`,
      );
  });
  copies.restore();
}

function diffOf(folder, { files }) {
  const plain = server.style(false);
  return [...files]
    .map(([path, { before, after }]) => server.unifiedDiff(path.replace(`${folder}/`, ""), before, after, plain))
    .join("");
}

function countsOf(id) {
  let counts = kinds.get(id);
  if (!counts) {
    counts = { offered: 0, applied: 0, judged: 0, right: 0, wrong: 0 };
    kinds.set(id, counts);
  }
  return counts;
}
