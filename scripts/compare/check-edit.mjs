import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** What each kind of fix may change in a guest or on its host; nothing else may be another afterwards. */
const mayChange = {
  "set-size": /^guest \.volumes\.\d+\.size\b/,
  "new-image": /^guest \.volumes\.\d+\.image\.value$/,
  "set-image": /^guest \.volumes\.\d+\.image\.value$/,
  rename: /^guest \.volumes\.\d+\.(image|label)\.value$/,
  "set-fstype": /^guest \.volumes\.\d+\.fsType\.value$/,
  "set-label": /^guest \.volumes\.\d+\.label\.value$/,
  "set-image-type": /^guest \.volumes\.\d+\.imageType\.value$/,
  "set-mount-point": /^guest \.volumes\.\d+\.mountPoint\.value$/,
  create: /^guest \.volumes\.\d+\.autoCreate\.value$/,
  remove: /^guest \.volumes\.\d+\.(serial|direct|readOnly|imageType)\b/,
  "turn-off": /^guest \.optimise/,
  "clear-overlay": /^guest \.preStart$/,
  "make-directory": /^guest \.preStart$/,
  guard: /^guest \.preStart$/,
  "move-aside-at-start": /^guest \.preStart$/,
  "grow-at-start": /^guest \.(preStart$|fileSystems\.)/,
  "grow-filesystem": /^guest \.fileSystems\./,
  "cleanup-service": /^host \.(names|services)\b/,
};

/** Kinds after which the finding stays until the next start: they say what the start will do. */
const worksAtStart =
  /^(clear-overlay|guard|move-aside-at-start|grow-at-start|grow-filesystem|cleanup-service|make-directory)$/;

/** Everything that is wrong with one edit, in words; empty when it is right. */
export function checkEdit({ fix, finding, files, folder, copy, changes, snapshot, after }) {
  const complaints = [];
  for (const [path, { before, after: text }] of files) {
    const file = join(copy, path.slice(folder.length));
    const parsed = spawnSync("nix-instantiate", ["--parse", file], {
      encoding: "utf8",
      env: { ...process.env, NIX_PATH: "" },
    });
    if (parsed.status !== 0) complaints.push(`does not parse: ${parsed.stderr.trim().split("\n")[0]}`);
    complaints.push(...looks(before, text, fix));
    complaints.push(...formatted(before, text));
  }
  if (changes?.error) complaints.push(`Nix: ${changes.error}`);
  else if (changes?.known) complaints.push(...meaning(fix, changes));
  const same = (each) => each.rule === finding.rule && sameSubject(each, finding);
  if (!worksAtStart.test(fix.id) && after.findings.some(same)) complaints.push("the finding is still there");
  complaints.push(...newFindings(fix, snapshot, after));
  return complaints;
}

/** The text around the edit is as it was, and what is new is written as its surroundings are. */
function looks(before, after, { edits }) {
  const complaints = [];
  const crlf = (text) => (text.match(/\r\n/g) ?? []).length;
  const lines = (text) => (text.match(/\n/g) ?? []).length;
  // A text of the shell keeps plain line feeds (Nix would keep a carriage return in the string).
  const shell = /''/.test(after);
  if (crlf(before) > 0 && crlf(before) === lines(before) && crlf(after) !== lines(after) && !shell)
    complaints.push("lines end in another way");
  if (crlf(before) === 0 && crlf(after) > 0) complaints.push("brings carriage returns");
  if (before.endsWith("\n") !== after.endsWith("\n")) complaints.push("changes the end of the file");
  if (!/^\t/m.test(before) && /^\t/m.test(after)) complaints.push("brings tabs");
  if (/^\t/m.test(before) && !/^ +\S/m.test(before) && /^ +\S/m.test(after))
    complaints.push("brings blanks where tabs are");
  if (edits.some(({ newText }) => /[ \t]+(\r?\n|$)/.test(newText) && /[ \t]\r?\n/.test(newText)))
    complaints.push("blanks at the end of a line");
  const count = (text) => text.split(/\s+/).filter((word) => word.startsWith("#")).length;
  if (count(after) < count(before)) complaints.push("a comment is gone");
  return complaints;
}

/** What a formatter left alone before, it leaves alone afterwards. NIXPKGS_FMT names the program, where it is. */
function formatted(before, after) {
  const program = process.env.NIXPKGS_FMT;
  if (!program) return [];
  const format = (text) => spawnSync(program, [], { input: text, encoding: "utf8" }).stdout;
  if (format(before) !== before) return [];
  return format(after) === after ? [] : ["nixpkgs-fmt would write it in another way"];
}

function meaning(fix, { changed, judgedNames }) {
  const complaints = [];
  const allowed = mayChange[fix.id];
  if (!allowed) return [`say in check-edit.mjs what "${fix.id}" may change`];
  for (const { of, key, path, was, is } of changed) {
    if (!allowed.test(`${of} ${path}`))
      complaints.push(
        `changes ${key}${path}: ${JSON.stringify(was)?.slice(0, 80)} → ${JSON.stringify(is)?.slice(0, 80)}`,
      );
  }
  if (fix.id === "cleanup-service") {
    const made = changed.some(({ path }) => path === `.services.microvm-clean-${fix.guests[0]}`);
    if (!made && [...judgedNames].length > 0) complaints.push("no host has the service");
    return complaints;
  }
  const names = new Set(changed.map(({ name }) => name));
  for (const name of names) if (!fix.guests.includes(name)) complaints.push(`changes ${name}, which is not named`);
  for (const name of fix.guests)
    if (judgedNames.has(name) && !names.has(name)) complaints.push(`does not change ${name}, which is named`);
  return complaints;
}

/** Whether two findings are about the same volume of the same guest. */
function sameSubject(a, b) {
  const volumes = (finding) =>
    finding.data?.subjects?.map(({ guest, volume }) => `${guest.host}/${guest.name} ${volume.position}`) ??
    finding.guests.map((name) => `${name} ${finding.data?.path}`);
  const those = new Set(volumes(b));
  return volumes(a).some((each) => those.has(each));
}

/** A filesystem that the locked microvm.nix cannot make is a finding of its own, and a true one. */
function isNeed({ id }, rule) {
  return id === "set-fstype" && rule === "input-outdated";
}

/** Errors and warnings that were not there before, by rule and guests. */
function newFindings(fix, before, after) {
  const key = ({ rule, guests }) => `${rule} (${guests.join(", ")})`;
  const had = before.findings.map(key);
  return after.findings
    .filter(({ severity, rule }) => (severity === "error" || severity === "warning") && !isNeed(fix, rule))
    .map(key)
    .filter((each) => {
      const at = had.indexOf(each);
      if (at >= 0) had.splice(at, 1);
      return at < 0;
    })
    .map((each) => `new finding: ${each}`);
}
