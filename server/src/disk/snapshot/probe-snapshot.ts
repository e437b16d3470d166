import { promises, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { DiskWatch, HostFacts, Observed, Probe, ProbeRequest } from "../facts.ts";
import { observedError } from "../local/errno.ts";
import { SlowFileSystem } from "../local/slow.ts";
import { noFacts } from "../no-facts.ts";
import { factsFromJson } from "./deserialize.ts";

/** A snapshot of ten thousand images is about 10 MB. */
const maxBytes = 256 << 20;
const limitMs = 10_000;

export interface SnapshotOptions {
  readonly host: string;
  /** Absolute path. */
  readonly file: string;
  /** What was read of it already: a pipe gives its content once. */
  readonly text?: string;
}

function seenText(value: string): Observed<string> {
  return { state: "seen", value, by: "read" };
}

/** Answers with what `microvm-lens scan --json` printed into a file at some time, on some machine. */
export function createSnapshotProbe({ host, file, text: read }: SnapshotOptions): Probe {
  const slow = new SlowFileSystem(dirname(file), limitMs);
  return {
    host,
    async observe(request: ProbeRequest): Promise<HostFacts> {
      const text = read === undefined ? await slow.run(() => readText(file)) : seenText(read);
      if (text.state !== "seen") return noFacts(host, request, explain(file, text), Date.now());
      const facts = factsFromJson(text.value);
      if (typeof facts === "string") {
        const detail = `the snapshot ${file} cannot be used: ${facts}`;
        return noFacts(host, request, { state: "unreadable", reason: "malformed", detail }, Date.now());
      }
      return answerFrom({ ...facts, host }, request);
    },
    watch(_request: ProbeRequest, changed: () => void): DiskWatch {
      const follow = () => undefined;
      try {
        const watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
          if (name === null || name === basename(file)) changed();
        });
        watcher.on("error", () => watcher.close());
        // What happened since the file was read was seen by nobody.
        setImmediate(changed);
        return { follow, stop: () => watcher.close() };
      } catch {
        return { follow, stop: () => undefined };
      }
    },
  };
}

/** Adds the paths that were asked for: absent where the snapshot lists everything, unknown elsewhere. */
function answerFrom(facts: HostFacts, { stateDir, ...request }: ProbeRequest): HostFacts {
  // Where the guests lie is what the snapshot says, whatever the question took it for.
  const there = (path: string) =>
    path.startsWith(`${stateDir}/`) ? `${facts.stateDir}${path.slice(stateDir.length)}` : path;
  const images = new Map(facts.images);
  for (const path of request.paths.map(there)) if (!images.has(path)) images.set(path, notListed(facts, path));
  const directories = new Map(facts.directories);
  for (const path of request.directories.map(there))
    if (!directories.has(path)) directories.set(path, notListed(facts, path));
  return { ...facts, images, directories };
}

function notListed(facts: HostFacts, path: string): Observed<never> {
  const folder = dirname(path);
  const guest = facts.guests.find((candidate) => candidate.directory === folder);
  const listed = guest !== undefined ? guest.current.state !== "unreadable" : dirname(folder) === facts.stateDir;
  if (listed && facts.stateDirectory.state === "seen") return { state: "absent" };
  return { state: "unreadable", reason: "unsupported", detail: "it is not part of the snapshot" };
}

async function readText(file: string): Promise<Observed<string>> {
  try {
    const { size } = await promises.stat(file);
    if (size > maxBytes) return { state: "unreadable", reason: "malformed", detail: "it is larger than 256 MiB" };
    return { state: "seen", value: await promises.readFile(file, "utf8"), by: "read" };
  } catch (error) {
    return observedError(error);
  }
}

function explain(
  file: string,
  text: Exclude<Observed<string>, { state: "seen" }>,
): Extract<Observed<never>, { state: "unreadable" }> {
  if (text.state === "absent") {
    return { state: "unreadable", reason: "malformed", detail: `the snapshot ${file} does not exist` };
  }
  return { ...text, detail: `the snapshot ${file} cannot be read: ${text.detail}` };
}
