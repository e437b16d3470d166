import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import type { DiskWatch, ProbeRequest } from "../facts.ts";
import { mayBeGuest } from "../state-directory.ts";
import type { LocalMachine } from "./local-machine.ts";
import { type Signature, signatureOf } from "./signature.ts";

/** Changes are looked for, and reported, at most this often: a guest that writes all the time must not keep us busy. */
const betweenChecksMs = 500;
/** inotify watches are a limited good of the whole user; what is above this number is polled. */
const maxWatches = 2048;
/** How often directories without a watch are looked at. */
const pollMs = 10_000;

/**
 * Watches the state directory, each guest's directory and the parents of the paths asked for. All looking is done by
 * one loop, so that nothing older ever overwrites what was seen later.
 */
export class MachineWatch implements DiskWatch {
  readonly #machine: LocalMachine;
  readonly #changed: () => void;
  readonly #watchers = new Map<string, FSWatcher | null>();
  readonly #signatures = new Map<string, Signature>();
  readonly #dirty = new Set<string>();
  readonly #poll: NodeJS.Timeout;
  #request: ProbeRequest;
  /** The directories of the question may not be watched yet. */
  #unfollowed = true;
  #timer: NodeJS.Timeout | undefined;
  #lastCheckMs = Number.NEGATIVE_INFINITY;
  #checking = false;
  #stopped = false;

  constructor(machine: LocalMachine, request: ProbeRequest, changed: () => void) {
    this.#machine = machine;
    this.#request = request;
    this.#changed = changed;
    this.#poll = setInterval(() => this.#pollUnwatched(), pollMs).unref();
    void this.#check();
  }

  follow(request: ProbeRequest): void {
    this.#request = request;
    this.#unfollowed = true;
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#poll);
    for (const watcher of this.#watchers.values()) watcher?.close();
    this.#watchers.clear();
  }

  /** Starts watching directories that are new and lets go of those that are gone; true when a new one is looked at. */
  async #follow(): Promise<boolean> {
    const wanted = new Set([...this.#request.paths.map((path) => dirname(path)), ...this.#request.directories]);
    const { stateDir } = this.#request;
    wanted.add(stateDir);
    for (const { linked } of this.#signatures.values()) for (const path of linked) wanted.add(path);
    const listing = await this.#machine.list(stateDir);
    // A state directory that does not exist yet will appear in its parent.
    if (listing.state === "absent") wanted.add(dirname(stateDir));
    if (listing.state === "seen") {
      for (const entry of listing.value) if (mayBeGuest(entry)) wanted.add(`${stateDir}/${entry.name}`);
    }
    for (const [path, watcher] of this.#watchers) {
      if (wanted.has(path)) continue;
      watcher?.close();
      this.#watchers.delete(path);
      this.#signatures.delete(path);
    }
    let isNew = false;
    for (const path of wanted) {
      if (this.#stopped) return false;
      const before = this.#watchers.get(path);
      if (!before) {
        // What could not be watched may have come into being meanwhile.
        const watcher = this.#watch(path);
        this.#watchers.set(path, watcher);
        if (watcher || before === undefined) isNew = true;
      }
      await this.#machine.breathe();
    }
    return isNew;
  }

  /** `null`: it cannot be watched and is polled. */
  #watch(path: string): FSWatcher | null {
    if (this.#watchers.size >= maxWatches || !this.#machine.mayWatch(path)) return null;
    try {
      const watcher = watch(path, { persistent: false }, () => this.#mark(path));
      watcher.on("error", () => {
        watcher.close();
        if (this.#watchers.get(path) === watcher) this.#watchers.set(path, null);
        this.#mark(path);
      });
      return watcher;
    } catch {
      return null;
    }
  }

  /**
   * A watch belongs to the directory that was there, not to one that takes its name later, and so do those of all that
   * lies below: nobody tells them that something above them was moved.
   */
  #letGo(path: string): void {
    for (const [each, watcher] of this.#watchers) {
      if (each !== path && !each.startsWith(path === "/" ? "/" : `${path}/`)) continue;
      watcher?.close();
      this.#watchers.set(each, null);
      if (each !== path) this.#dirty.add(each);
    }
    this.#unfollowed = true;
  }

  /** Takes down what is there now, so that only differences are reported later. */
  async #remember(): Promise<void> {
    for (const path of this.#watchers.keys()) {
      if (this.#stopped) return;
      if (this.#dirty.has(path) || this.#signatures.has(path)) continue;
      this.#signatures.set(path, await signatureOf(this.#machine, path, this.#request));
      await this.#machine.breathe();
    }
  }

  #mark(path: string): void {
    this.#dirty.add(path);
    this.#wake();
  }

  #wake(): void {
    if (this.#stopped || this.#checking || this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastCheckMs + betweenChecksMs - performance.now());
    this.#timer = setTimeout(() => void this.#check(), wait).unref();
  }

  async #check(): Promise<void> {
    this.#timer = undefined;
    this.#checking = true;
    const paths = [...this.#dirty];
    this.#dirty.clear();
    this.#machine.begin();
    let different = false;
    for (const path of paths) {
      if (!this.#watchers.has(path)) continue;
      const signature = await signatureOf(this.#machine, path, this.#request);
      const before = this.#signatures.get(path);
      if (before?.text !== signature.text) different = true;
      const isOther = before !== undefined && before.id !== signature.id;
      if (isOther || (signature.isGone && this.#watchers.get(path))) this.#letGo(path);
      this.#signatures.set(path, signature);
      await this.#machine.breathe();
    }
    if (different || this.#unfollowed) {
      this.#unfollowed = false;
      // Links found in a new directory may lead to another one.
      for (let isNew = await this.#follow(); isNew; isNew = await this.#follow()) {
        different = true;
        await this.#remember();
      }
    }
    this.#checking = false;
    this.#lastCheckMs = performance.now();
    if (different && !this.#stopped) this.#changed();
    if (this.#dirty.size > 0 || this.#unfollowed) this.#wake();
  }

  #pollUnwatched(): void {
    // It may have been moved with a directory above it, which no watch tells.
    this.#mark(this.#request.stateDir);
    for (const [path, watcher] of this.#watchers) if (watcher === null) this.#mark(path);
  }
}
