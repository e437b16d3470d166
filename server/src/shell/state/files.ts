import type { Text } from "../../base/text.ts";
import type { Footprint, Touched } from "../footprint.ts";

export type FileKind = "file" | "directory" | "link" | "block" | "character" | "fifo" | "socket";

/** What is known of one name in a directory (of the name itself: a link is a link here, see {@link Files.follow}). */
export interface FileState {
  readonly exists: "yes" | "no" | "maybe";
  /** What it is if it exists; null: not known. */
  readonly kind: FileKind | null;
  /** Apparent size of a file, or size of a block device, in bytes; null: not known. */
  readonly bytes: number | null;
  readonly content: Content;
  /** Where a link leads, as it is written in it; null: not known, or no link. */
  readonly target: string | null;
  /** Name or number of owner and group, and permission bits; null: not known. */
  readonly user: string | null;
  readonly group: string | null;
  readonly mode: number | null;
  /** Of a directory: every name in it is in the store, so that others are absent. */
  readonly listed: boolean;
  /** Why something of it is not known; null where everything is. */
  readonly why: Text | null;
}

export type Content =
  /**
   * The bytes that `of` (the path it had when the play began) had then; `cutTo`: it was shortened to so many bytes at one
   * time, so that what lay behind is gone. Where the size is larger than it was, the rest reads as zeros. `fills`: its
   * filesystem was told to take all of the file (resize2fs). `label`: it was given this label (e2label, tune2fs -L).
   */
  | {
      readonly is: "untouched";
      readonly of: string;
      readonly cutTo: number | null;
      readonly fills?: boolean;
      readonly label?: string;
    }
  /** Nothing but zeros, or empty. */
  | { readonly is: "blank" }
  | { readonly is: "text"; readonly text: string }
  /** Made by mkfs or mkswap; `label` "" is none, null not known. `bytes`: the size of the filesystem. */
  | { readonly is: "filesystem"; readonly type: string; readonly label: string | null; readonly bytes: number | null }
  | { readonly is: "unknown"; readonly why: Text };

/**
 * What is known of files: by absolute, normal path. It never changes: every change gives another store. What a path is not
 * noted for is absent where its directory is absent or {@link FileState.listed}, else as `others` says.
 */
export class Files {
  readonly #states: ReadonlyMap<string, FileState>;
  readonly #touched: readonly Touched[];
  readonly #footprint: Footprint | null;
  /**
   * What is known of a path that nothing is noted for. `plain`: where it holds, what leads to another one is taken for a
   * directory, and for no link.
   */
  readonly others:
    | { readonly exists: "no" }
    | { readonly exists: "maybe"; readonly why: Text; readonly plain?: (path: string) => boolean };

  constructor(
    states: Iterable<readonly [string, FileState]>,
    others: Files["others"],
    touched: readonly Touched[] = [],
    /** Takes down what is asked and done. */
    footprint: Footprint | null = null,
  ) {
    this.#footprint = footprint;
    this.#states = states instanceof Map ? states : new Map(states);
    this.others = others;
    this.#touched = touched;
  }

  /** The state of exactly this name: links in the directories before it are not followed. `/` is always a directory. */
  get(path: string): FileState {
    this.#footprint?.reads.add(path);
    const noted = this.#states.get(path);
    if (noted) return noted;
    if (path === "/") return rootDirectory;
    const touched = this.#touched.find(({ fits }) => fits(path));
    if (touched) return unknownFile(touched.why);
    const parent = this.#states.get(parentOf(path));
    if (parent && (parent.exists === "no" || (parent.kind !== null && parent.kind !== "directory") || parent.listed)) {
      return absent;
    }
    if (!parent && this.get(parentOf(path)) === absent) return absent;
    this.#footprint?.asked.add(path);
    return this.others.exists === "no" ? absent : unknownFile(this.others.why);
  }

  /** Takes down that somebody wants to know of this path, whether or not it is known what is on the way to it. */
  ask(path: string): void {
    if (!path.includes("..")) this.#footprint?.asked.add(path.replace(/\/\.?(?=\/|$)/g, "") || "/");
  }

  /** Whether something is noted for exactly this path. */
  has(path: string): boolean {
    return this.#states.has(path);
  }

  /** The store with another state of this path. */
  with(path: string, state: FileState): Files {
    this.#footprint?.wrote(path, state, this.#unseen);
    return this.decided(path, state);
  }

  /** The store in which more is known of this path: nothing was done to it. */
  decided(path: string, state: FileState): Files {
    return new Files(new Map(this.#states).set(path, state), this.others, this.#touched, this.#footprint);
  }

  /** Of how many paths something is known. */
  get weight(): number {
    return this.#states.size;
  }

  get #unseen(): Text | null {
    return this.others.exists === "maybe" ? this.others.why : null;
  }

  /** The store in which the directories above everything that exists are noted, too. */
  withAncestors(): Files {
    const all = new Map(this.#states);
    for (const [path, state] of this.#states) {
      if (state.exists !== "yes") continue;
      for (let at = parentOf(path); !all.has(at); at = parentOf(at)) {
        all.set(at, at === "/" ? rootDirectory : presentDirectory(false));
      }
    }
    return all.size === this.#states.size ? this : new Files(all, this.others, this.#touched, this.#footprint);
  }

  /** Several changes at once. */
  withAll(states: Iterable<readonly [string, FileState]>): Files {
    const all = new Map(this.#states);
    for (const [path, state] of states) {
      if (this.#footprint && all.get(path) !== state) this.#footprint.wrote(path, state, this.#unseen);
      all.set(path, state);
    }
    return new Files(all, this.others, this.#touched, this.#footprint);
  }

  withOthers(others: Files["others"]): Files {
    if (others.exists === "maybe") this.#footprint?.lost(others.why);
    return new Files(this.#states, others, this.#touched, this.#footprint);
  }

  /** The store when a path that nothing is noted for may have been made, removed or written: it is not known any more. */
  touched(touched: Touched): Files {
    this.reached(touched);
    if (this.#touched.some(({ key }) => key === touched.key)) return this;
    const many = this.#touched.length >= 50;
    const all = many ? [{ key: "", fits: () => true, why: touched.why, under: null }] : [...this.#touched, touched];
    return new Files(this.#states, this.others, all, this.#footprint);
  }

  /** What is known of two stores at once: only that in which they agree. */
  joined(other: Files, why: Text): Files {
    if (this === other) return this;
    const states = new Map<string, FileState>();
    for (const path of new Set([...this.#states.keys(), ...other.#states.keys()])) {
      states.set(path, joinedState(this.get(path), other.get(path), why));
    }
    const others = this.others.exists === "maybe" ? this.others : other.others;
    const more = other.#touched.filter(({ key }) => !this.#touched.some((each) => each.key === key));
    return new Files(states, others, more.length === 0 ? this.#touched : [...this.#touched, ...more], this.#footprint);
  }

  /** Whether nothing that is noted differs. */
  same(other: Files): boolean {
    if (this === other) return true;
    if (this.#states.size !== other.#states.size || this.others.exists !== other.others.exists) return false;
    if (this.#touched.length !== other.#touched.length) return false;
    if (this.#touched.some(({ key }, at) => key !== other.#touched[at]?.key)) return false;
    for (const [path, state] of this.#states) if (!sameState(state, other.#states.get(path))) return false;
    return true;
  }

  /** Takes down that one of these, if it were there, would not stay as it is. */
  reached(touched: Touched): void {
    this.#footprint?.patterns.set(touched.key, touched);
  }

  entries(): Iterable<readonly [string, FileState]> {
    return this.#states;
  }

  /** What is noted below a directory, at any depth. */
  below(path: string): (readonly [string, FileState])[] {
    this.#footprint?.under.add(path);
    const start = path === "/" ? "/" : `${path}/`;
    return [...this.#states].filter(([each]) => each.startsWith(start) && each !== path);
  }

  /** What nobody looked at, and nothing was done to, is taken for a directory on the way to another file, where it is there. */
  isPlain(path: string, { why }: FileState): boolean {
    const { others } = this;
    return others.exists === "maybe" && why === others.why && others.plain?.(path) === true;
  }

  /**
   * Where a path leads when links are followed: with `last` false, the last name itself is not followed. `lost`: a link
   * leads where nothing is known, or in a circle; `missing`: a directory on the way is none.
   */
  follow(path: string, last = true): Followed {
    let at = "/";
    const rest = path.split("/").filter((name) => name !== "" && name !== ".");
    let links = 0;
    while (rest.length > 0) {
      const name = rest.shift() as string;
      const directory = this.get(at);
      if (directory.exists === "no" || (directory.kind !== null && directory.kind !== "directory")) {
        return { is: "missing", path: at === "/" ? `/${name}` : `${at}/${name}` };
      }
      if (name === "..") {
        at = parentOf(at);
        continue;
      }
      const next = at === "/" ? `/${name}` : `${at}/${name}`;
      const state = this.get(next);
      if (state.kind === "link" && (rest.length > 0 || last)) {
        if (state.target === null || ++links > 40) return { is: "lost", path: next };
        rest.unshift(...state.target.split("/").filter((part) => part !== "" && part !== "."));
        if (state.target.startsWith("/")) at = "/";
        continue;
      }
      at = next;
    }
    return { is: "found", path: at };
  }
}

function joinedState(a: FileState, b: FileState, why: Text): FileState {
  if (sameState(a, b)) return a;
  // What one knows of a file that the other says is not there holds where it is there.
  if (a.exists === "no") return { ...b, exists: b.exists === "no" ? "no" : "maybe", why: b.why ?? why };
  if (b.exists === "no") return { ...a, exists: "maybe", why: a.why ?? why };
  const same = <K extends keyof FileState>(key: K) => (a[key] === b[key] ? a[key] : null);
  return {
    exists: a.exists === b.exists ? a.exists : "maybe",
    kind: same("kind"),
    bytes: same("bytes"),
    content: sameContent(a.content, b.content) ? a.content : { is: "unknown", why },
    target: same("target"),
    user: same("user"),
    group: same("group"),
    mode: same("mode"),
    listed: a.listed && b.listed,
    why: a.why ?? b.why ?? why,
  };
}

function sameState(a: FileState, b: FileState | undefined): boolean {
  if (a === b) return true;
  if (b === undefined) return false;
  if (a.exists === "no" && b.exists === "no") return true;
  return (
    a.exists === b.exists &&
    a.kind === b.kind &&
    a.bytes === b.bytes &&
    a.target === b.target &&
    a.user === b.user &&
    a.group === b.group &&
    a.mode === b.mode &&
    a.listed === b.listed &&
    sameContent(a.content, b.content)
  );
}

/** Asked of every file wherever two ways come together: field by field, which costs a fraction of comparing texts. */
function sameContent(a: Content, b: Content): boolean {
  if (a === b) return true;
  switch (a.is) {
    case "blank":
      return b.is === "blank";
    case "text":
      return b.is === "text" && a.text === b.text;
    case "unknown":
      return b.is === "unknown" && sameText(a.why, b.why);
    case "filesystem":
      return b.is === "filesystem" && a.type === b.type && a.label === b.label && a.bytes === b.bytes;
    case "untouched":
      return b.is === "untouched" && a.of === b.of && a.cutTo === b.cutTo && a.fills === b.fills && a.label === b.label;
  }
}

function sameText(a: Text, b: Text): boolean {
  if (a === b) return true;
  const names = Object.keys(a.args);
  if (a.id !== b.id || names.length !== Object.keys(b.args).length) return false;
  return names.every((name) => {
    const [left, right] = [a.args[name], b.args[name]];
    return left === right || (typeof left === "object" && typeof right === "object" && sameText(left, right));
  });
}

export type Followed =
  | { readonly is: "found"; readonly path: string }
  | { readonly is: "missing"; readonly path: string }
  | { readonly is: "lost"; readonly path: string };

export const absent: FileState = Object.freeze({
  exists: "no",
  kind: null,
  bytes: null,
  content: Object.freeze({ is: "blank" }),
  target: null,
  user: null,
  group: null,
  mode: null,
  listed: false,
  why: null,
});

const rootDirectory: FileState = Object.freeze({
  ...absent,
  exists: "yes",
  kind: "directory",
  user: "root",
  mode: 0o755,
});

/** A file of which nothing is known, not even whether it is there. */
export function unknownFile(why: Text): FileState {
  return { ...absent, exists: "maybe", content: { is: "unknown", why }, why };
}

/** An existing regular file as the play finds it. */
export function presentFile(path: string, bytes: number | null, more: Partial<FileState> = {}): FileState {
  return {
    ...absent,
    exists: "yes",
    kind: "file",
    bytes,
    content: { is: "untouched", of: path, cutTo: null },
    ...more,
  };
}

/** An existing directory; `listed` says that every name in it is in the store. */
export function presentDirectory(listed: boolean, more: Partial<FileState> = {}): FileState {
  return { ...absent, exists: "yes", kind: "directory", listed, ...more };
}

/** A symbolic link with this text. */
export function presentLink(target: string | null, more: Partial<FileState> = {}): FileState {
  return { ...absent, exists: "yes", kind: "link", target, ...more };
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** An absolute path without `.`, empty names and a slash at the end; `..` stays, since links decide what it means. */
export function absolute(directory: string, path: string): string {
  const whole = path.startsWith("/") ? path : `${directory}/${path}`;
  return `/${whole
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .join("/")}`;
}
