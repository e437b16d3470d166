// Which fixes our engine offers for a real configuration whose images became something else.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { hostBelow, scenarios } from "./disk.mjs";
import { loadServer } from "./server.mjs";

const stateDir = "/var/lib/microvms";
/** Images that are made; large workspaces have hundreds, which differ in nothing but their names. */
const mostImages = 60;
/** The repairs by an edit that each of these findings could have; which are missing is told with the reason. */
const expected = {
  "size-differs-from-image": ["set-size", "new-image", "guard", "cleanup-service", "move-aside-at-start|clear-overlay"],
  "fstype-differs-from-image": ["set-fstype", "new-image"],
  "label-differs-from-image": ["set-label"],
  "image-blank": ["new-image"],
  "image-format-differs": ["new-image"],
  "filesystem-larger-than-image": ["new-image"],
  "filesystem-smaller-than-image": ["grow-filesystem"],
};

/**
 * Goes through all scenarios: calls `each` with the snapshot's offers as
 * `{ scenario, finding, fix, files: Map<path, { before, after }> }`, and with what is not offered. `again(files)` judges
 * the workspace with those texts on the same disk, `fresh(files)` does so by an engine that never saw the others.
 */
export async function eachScenario(folder, each) {
  const server = await loadServer();
  for (const scenario of Object.keys(scenarios)) {
    const root = mkdtempSync(join(tmpdir(), "fixes-disk-"));
    mkdirSync(join(root, stateDir), { recursive: true });
    const createEngine = () =>
      new server.Engine({
        parser: server.parser,
        roots: [folder],
        settings: { hosts: [{ name: "here", via: "local" }], rules: {} },
        stateDir,
        createProbe: () => hostBelow(server, root, "here"),
      });
    const engine = createEngine();
    try {
      const made = makeImages(engine.declarations(), root, scenario);
      if (made === 0) continue;
      const snapshot = await engine.snapshot();
      const again = async (files) => {
        for (const [path, { after }] of files) engine.setDocument(path, after);
        const result = await engine.snapshot();
        for (const path of files.keys()) engine.setDocument(path, null);
        return result;
      };
      const fresh = async (files) => {
        const another = createEngine();
        for (const [path, { after }] of files) another.setDocument(path, after);
        const result = await another.snapshot();
        another.dispose();
        return result;
      };
      await each({ scenario, made, snapshot, again, fresh, ...offersOf(server, snapshot) });
    } finally {
      engine.dispose();
      rmSync(root, { recursive: true, force: true });
    }
  }
}

function makeImages(declarations, root, scenario) {
  let made = 0;
  const done = new Set();
  for (const guest of declarations.guests) {
    for (const volume of guest.volumes) {
      const image = knownOf(volume.image);
      const fsType = knownOf(volume.fsType) ?? "ext4";
      if (typeof image !== "string" || image === "" || image.startsWith("/dev/")) continue;
      const path = image.startsWith("/")
        ? posix.normalize(image)
        : posix.join(stateDir, guest.directoryNames[0] ?? guest.name, image);
      if (done.has(path) || made >= mostImages) continue;
      done.add(path);
      const spec = { sizeMiB: knownOf(volume.sizeMiB) ?? 1024, fsType, label: knownOf(volume.label) ?? null };
      try {
        if (scenarios[scenario](join(root, path), spec)) made++;
      } catch {
        // A name that this disk cannot have.
      }
    }
  }
  return made;
}

function offersOf(server, snapshot) {
  const offers = [];
  const none = [];
  for (const finding of snapshot.findings) {
    const fixes = snapshot.fixes(finding);
    for (const fix of fixes) {
      if (fix.kind !== "edit") continue;
      offers.push({ finding, fix, title: server.render(fix.title, "en"), files: edited(server, snapshot, fix) });
    }
    for (const wanted of expected[finding.rule] ?? []) {
      const ids = wanted.split("|");
      if (fixes.some((fix) => fix.kind === "edit" && ids.includes(fix.id))) continue;
      const advice = fixes.find((fix) => fix.kind === "manual" && ids.includes(fix.id));
      none.push({
        finding,
        id: wanted,
        advice: advice !== undefined,
        reason: reasonOf(server, snapshot, finding, wanted),
      });
    }
  }
  return { offers, none };
}

function edited(server, snapshot, fix) {
  const files = new Map();
  for (const path of new Set(fix.edits.map(({ span }) => span.file))) {
    const before = snapshot.tree(path)?.text ?? "";
    files.set(path, {
      before,
      after: server.applyEdits(
        before,
        fix.edits.filter(({ span }) => span.file === path),
      ),
    });
  }
  return files;
}

const fieldOf = {
  "set-size": "sizeMiB",
  "set-fstype": "fsType",
  "set-label": "label",
  "new-image": "image",
};

/** Why there is no edit, as far as can be told from outside: for the report. */
function reasonOf(server, snapshot, finding, id) {
  const subject = finding.data?.subjects?.[0];
  if (!subject) return "no subject";
  const { guest, volume } = subject;
  if (knownOf(volume.autoCreate) !== true && id !== "set-size") return "autoCreate is off";
  if (id === "cleanup-service" && guest.host === null) return "no host declares the guest";
  if (knownOf(guest.hypervisor) === undefined) return "the hypervisor is unknown";
  const name = fieldOf[id];
  if (!name && knownOf(guest.hypervisor) === "vfkit" && id !== "cleanup-service") return "vfkit drops preStart";
  if (!name) return "no module about microvm that is of this guest or host alone can be edited";
  const field = volume[name];
  if (field.state !== "set") return `${name} is ${field.state}`;
  const span = server.placeSpan(field.origin.at);
  const tree = span && snapshot.tree(span.file);
  if (!tree) return `${name} comes from outside of the workspace`;
  const binding = server.placeSpan(field.at);
  return `${name} comes from: ${tree.text.slice(span.start, span.end).slice(0, 60)} | set by: ${binding ? (snapshot.tree(binding.file)?.text.slice(binding.start, binding.end).slice(0, 100) ?? "outside") : "?"}`.replace(
    /\s+/g,
    " ",
  );
}

function knownOf(field) {
  return field.state === "set" || field.state === "default" ? field.value : undefined;
}
