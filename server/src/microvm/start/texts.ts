import { becauseOf, wrongType } from "../../nix/eval/make.ts";
import { normalisePath, rootOf } from "../../nix/eval/ops.ts";
import { isStorePath } from "../../nix/eval/pieces.ts";
import { reasonText } from "../../nix/eval/reasons.ts";
import type { Hole, Item, Pieces, Place, Unknown, Value } from "../../nix/eval/value.ts";
import type { FileSource } from "../../nix/files.ts";
import type { Script, Hole as ScriptHole } from "../../shell/script.ts";
import type { Field } from "../model.ts";
import type { Element, Listed, Named, Texts } from "./start.ts";

/** Scripts in scripts: more of them than this are not looked into. */
const deepest = 6;

/** Turns values into texts with holes. `files` gives the text of scripts in the workspace. */
export class TextReader {
  readonly #files: FileSource;

  constructor(files: FileSource) {
    this.#files = files;
  }

  /** A text as systemd or a shell gets it: numbers and truth values as NixOS writes them (toOption, systemd-lib.nix). */
  text(value: Value, at: Place): Field<Texts> {
    if (value.type === "unknown" && value.why.reason === "undecided") {
      const candidates = value.why.candidates.map((candidate) => this.text(candidate, at));
      const texts = candidates.flatMap((field) => (field.state === "set" ? field.value : []));
      if (candidates.some((field) => field.state !== "set"))
        return { state: "unknown", unknown: becauseOf(value.why.condition, "if", at), at };
      return { state: "set", value: texts, origin: originOf(value, at), at };
    }
    const script = this.#script(value);
    if ("type" in script) return { state: "unknown", unknown: script, at };
    return { state: "set", value: [script], origin: originOf(value, at), at };
  }

  #script(value: Value): Script | Unknown {
    switch (value.type) {
      case "string":
      case "path":
        return this.#written(value.value);
      case "integer":
      case "boolean":
      case "float":
        return [String(value.value)];
      case "null":
        return [];
      case "unknown":
        return value.shape?.pieces ? this.#pieces(value.shape.pieces, 0) : value;
      case "attrs": {
        const path = value.entries.get("outPath")?.thunk.force();
        return path ? this.#script(path) : wrongType("a string", "attrs");
      }
      default:
        return wrongType("a string", value.type);
    }
  }

  #pieces(pieces: Pieces, depth: number): Script {
    const made: (string | ScriptHole)[] = [];
    let skip = 0;
    pieces.forEach((piece, i) => {
      if (typeof piece === "string") {
        const rest = piece.slice(skip);
        skip = 0;
        made.push(...this.#written(rest));
        return;
      }
      const next = pieces[i + 1];
      const behind = typeof next === "string" ? next : "";
      const { below, script } = this.#behind(piece, behind, depth);
      skip = below.length;
      const suffix = (below === "" ? piece.suffix : below) ?? "";
      made.push({
        why: reasonText(rootOf(piece.why).why),
        holds: piece.word || isStorePath(piece) ? "word" : "text",
        ...(piece.prefix ? { prefix: piece.prefix } : {}),
        ...(suffix ? { suffix } : {}),
        ...(piece.package === undefined ? {} : { package: piece.package }),
        ...(script ? { script } : {}),
      });
    });
    return made;
  }

  /**
   * A known text. A path of a script in the workspace (`"${self}/reset.sh"`, for which the evaluator takes the folder itself)
   * stands for its copy in the Nix store.
   */
  #written(text: string): Script {
    const made: (string | ScriptHole)[] = [];
    let done = 0;
    for (const match of text.matchAll(/(?<![\w./-])\/[\w.+-]+(?:\/[\w.+-]+)+/g)) {
      const [path] = match;
      const type = /\.(sh|bash)$/.test(path) ? this.#files.type(path) : null;
      const content = type?.ok && type.value === "regular" ? this.#files.text(path) : null;
      if (!content?.ok) continue;
      if (match.index > done) made.push(text.slice(done, match.index));
      const why = reasonText({ reason: "external", what: "store path of a file" });
      made.push({ why, holds: "word", suffix: path.slice(path.lastIndexOf("/")), script: [content.value] });
      done = match.index + path.length;
    }
    if (done < text.length) made.push(text.slice(done));
    return made;
  }

  /** The text of the file that a hole, with a part of what is written behind it, leads to. */
  #behind(hole: Hole, behind: string, depth: number): { readonly below: string; readonly script: Script | null } {
    const none = { below: "", script: null };
    if (depth >= deepest) return none;
    if (hole.file) {
      const { below, text } = hole.file;
      if (!behind.startsWith(below) || /^[\w.+/-]/.test(behind.slice(below.length))) return none;
      return { below, script: this.#pieces(text, depth + 1) };
    }
    if (hole.source === undefined) return none;
    const below = /^[\w./+-]*/.exec(behind)?.[0] ?? "";
    const path = normalisePath(hole.source + below);
    const type = this.#files.type(path);
    if (!type.ok || type.value !== "regular") return none;
    const text = this.#files.text(path);
    return text.ok ? { below, script: [text.value] } : none;
  }

  /** A list, or a single value in its place. */
  list(value: Value | undefined, at: Place): Listed<Field<Texts>> {
    return listed(value, at, (element, place) => this.text(element, place));
  }
}

function originOf(value: Value, at: Place) {
  return value.type === "unknown" ? ({ at, step: "merge", from: [] } as const) : value.origin;
}

export const nothing: Listed<never> = { items: [], open: null };

/** A list of anything: null is none, what is no list is one element. */
export function listed<T>(
  value: Value | undefined,
  at: Place,
  read: (value: Value, at: Place) => T,
  conditional: Unknown | null = null,
): Listed<T> {
  if (!value || value.type === "null") return nothing;
  if (value.type === "unknown") {
    if (value.why.reason !== "undecided") {
      if (value.shape?.pieces) return { items: [{ value: read(value, at), conditional, at }], open: null };
      return { items: [], open: isNixosOwn(value) ? null : value };
    }
    // Not the value itself: its candidates would be held.
    const { condition } = value.why;
    const parts = value.why.candidates.map((candidate) => listed(candidate, at, read, condition));
    return { items: parts.flatMap(({ items }) => items), open: parts.find(({ open }) => open)?.open ?? null };
  }
  if (value.type !== "list") return { items: [{ value: read(value, at), conditional, at }], open: null };
  const items: Element<T>[] = [];
  let open = value.rest && !isNixosOwn(value.rest) ? value.rest : null;
  for (const item of value.items) {
    const element = item.thunk.force();
    if (element.type === "unknown" && !element.shape?.pieces && element.why.reason !== "undecided") open ??= element;
    items.push({
      value: read(element, item.thunk.at),
      conditional: conditionOf(item) ?? conditional,
      at: item.thunk.at,
    });
  }
  return { items, open };
}

function conditionOf({ conditional }: Item): Unknown | null {
  return conditional ?? null;
}

/** A set of anything, by name. */
export function named<T>(
  value: Value | undefined,
  read: (value: Value, at: Place, name: string) => T,
  keep: (at: Place) => boolean = () => true,
): Named<T> {
  if (!value) return { items: new Map(), open: null };
  if (value.type !== "attrs") {
    const open = value.type === "unknown" ? value : wrongType("a set", value.type);
    return { items: new Map(), open: isNixosOwn(open) ? null : open };
  }
  const items = new Map<string, Element<T>>();
  for (const [name, { thunk, at, conditional }] of value.entries) {
    if (keep(at)) items.set(name, { value: read(thunk.force(), at, name), conditional: conditional ?? null, at });
  }
  return { items, open: value.rest && !isNixosOwn(value.rest) ? value.rest : null };
}

/** The part of an option that only NixOS's own modules could add, which are not loaded here. */
export function isNixosOwn({ why }: Unknown): boolean {
  return why.reason === "external" && why.what.startsWith("NixOS option ");
}

/** What an attribute of a set of options comes to; undefined where no module says anything. */
export function at(value: Value | undefined, ...path: readonly string[]): Value | undefined {
  let found = value;
  for (const name of path) {
    if (found?.type !== "attrs") return undefined;
    found = found.entries.get(name)?.thunk.force();
  }
  return found;
}

/** One attribute of a set as a field: missing where no module says anything of it. */
export function attribute<T>(set: Value, name: string, convert: (value: Value) => T | Unknown | undefined): Field<T> {
  if (set.type === "unknown") return { state: "unknown", unknown: set, at: set.at };
  const entry = set.type === "attrs" ? set.entries.get(name) : undefined;
  if (!entry) return { state: "missing" };
  const value = entry.thunk.force();
  const { at: place } = entry;
  if (value.type === "unknown") return { state: "unknown", unknown: value, at: place };
  const result = convert(value);
  if (result === undefined) return { state: "unknown", unknown: wrongType("another type", value.type), at: place };
  if (isUnknown(result)) return { state: "unknown", unknown: result, at: place };
  if (entry.conditional) return { state: "unknown", unknown: entry.conditional, at: place };
  return { state: "set", value: result, origin: value.origin, at: place };
}

function isUnknown(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && "type" in value && value.type === "unknown";
}

/** Nothing but the set's own modules say what is in it: it was forced (`mkForce`). */
export function isForced(set: Value | undefined): boolean {
  return set?.type === "attrs" && set.rest === null && set.entries.size > 0;
}
