import { basename, dirname, resolve } from "node:path";
import type { Observed } from "../facts.ts";
import { runReading } from "../images/bytes.ts";
import { contentOfOutcome, contentUnreadable, type FileStat, type ImageContent, readImage } from "../images/image.ts";
import { circleWords } from "../local/errno.ts";
import { Turns } from "../local/turns.ts";
import { type DirectoryEntry, type Machine, maxEntries, type Space } from "../machine.ts";
import type { Transcript } from "./transcript.ts";

/** The files of a machine as far as one session of ssh told about them. */
export class RemoteMachine implements Machine {
  readonly #transcript: Transcript;
  readonly #turns = new Turns();

  constructor(transcript: Transcript) {
    this.#transcript = transcript;
  }

  lstat(path: string): Observed<FileStat> {
    return this.#known(this.#transcript.lstats, path, "lstat");
  }

  stat(path: string): Observed<FileStat> {
    const { stats, lstats, failures } = this.#transcript;
    const stat = stats.get(path);
    if (stat !== undefined) return seen(stat, "stat");
    if (failures.get(path) === "dangling") return { state: "absent" };
    if (failures.get(path) === "circle") return { state: "unreadable", reason: "malformed", detail: circleWords };
    const own = lstats.get(path);
    return own !== undefined && own.kind !== "symlink" ? seen(own, "stat") : this.#unknown(path);
  }

  realpath(path: string): Observed<string> {
    const { realPaths, links } = this.#transcript;
    const target = links.get(path);
    // readlink -f gives nothing when a directory on the way is missing.
    if (target !== undefined && !realPaths.has(path)) return seen(resolve(dirname(path), target), "readlink");
    return this.#known(realPaths, path, "realpath");
  }

  readlink(path: string): Observed<string> {
    return this.#known(this.#transcript.links, path, "readlink");
  }

  list(path: string): Observed<readonly DirectoryEntry[]> {
    return this.#known(this.#transcript.lists, path, "readdir");
  }

  readText(path: string, maxBytes: number): Observed<string> {
    const text = this.#known(this.#transcript.texts, path, "read");
    return text.state === "seen" ? { ...text, value: text.value.slice(0, maxBytes) } : text;
  }

  content(path: string, stat: FileStat): ImageContent {
    const bytes = this.#transcript.contents.get(path);
    if (bytes === undefined) return contentUnreadable(notAsked);
    if (bytes === "permission") {
      return contentUnreadable({ state: "unreadable", reason: "permission", detail: "permission denied" });
    }
    bytes.setFileBytes(stat.apparentBytes);
    return contentOfOutcome(runReading(readImage(stat), bytes));
  }

  space(path: string): Observed<Space> {
    const { space, lstats, stats } = this.#transcript;
    const device = (stats.get(path) ?? lstats.get(path))?.device;
    const found = space.get(String(device)) ?? (this.#transcript.lists.has(path) ? space.get("-") : undefined);
    return found === undefined ? notAsked : seen(found, "statfs");
  }

  breathe(weight?: number): Promise<void> | null {
    return this.#turns.breathe(weight);
  }

  #known<T>(values: ReadonlyMap<string, T>, path: string, by: string): Observed<T> {
    const value = values.get(path);
    return value === undefined ? this.#unknown(path) : seen(value, by);
  }

  /** Why there is no answer about a path: what the script said of it, or what it said of the directories above. */
  #unknown(path: string): Exclude<Observed<never>, { state: "seen" }> {
    const failure = this.#transcript.failures.get(path);
    if (failure === "absent") return { state: "absent" };
    if (failure === "permission") return { state: "unreadable", reason: "permission", detail: "permission denied" };
    if (failure === "not-directory")
      return { state: "unreadable", reason: "malformed", detail: "it is not a directory" };
    const parent = dirname(path);
    const entries = this.#transcript.lists.get(parent);
    if (entries !== undefined && entries.length < maxEntries) {
      return entries.some(({ name }) => name === basename(path)) ? notAsked : { state: "absent" };
    }
    return parent === path ? notAsked : this.#unknown(parent);
  }
}

const notAsked = {
  state: "unreadable",
  reason: "unsupported",
  detail: "the one look at the host did not cover it",
} as const;

function seen<T>(value: T, by: string): Observed<T> {
  return { state: "seen", value, by };
}
