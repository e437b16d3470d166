import { unsupported } from "../../nix/eval/make.ts";
import type { Place, Unknown, Value } from "../../nix/eval/value.ts";
import type { Piece, Script } from "../../shell/script.ts";
import type { Field } from "../model.ts";
import type { Element, Listed, Texts, TmpfilesRule } from "./start.ts";
import { isNixosOwn, named, type TextReader } from "./texts.ts";

type Rules = Listed<Field<TmpfilesRule>>;

/** `systemd.tmpfiles.rules`: each line taken apart by the rules of tmpfiles.d(5). */
export function readRules(value: Value | undefined, reader: TextReader): Rules {
  const lines = reader.list(value, null);
  const items = lines.items.flatMap(({ value: field, conditional, at }): Element<Field<TmpfilesRule>>[] => {
    if (field.state !== "set") return field.state === "unknown" ? [{ value: field, conditional, at }] : [];
    const [, second] = field.value;
    return field.value.flatMap((script) => {
      const rule = parseRule(script);
      if (rule === null) return [];
      const known: Field<TmpfilesRule> = isUnknown(rule)
        ? { state: "unknown", unknown: rule, at }
        : { state: "set", value: rule, origin: field.origin, at };
      // Of several texts, one is there.
      return [{ value: known, conditional: second ? (conditional ?? severalTexts) : conditional, at }];
    });
  });
  return { items, open: lines.open };
}

const severalTexts: Unknown = unsupported("which of several lines it is");

/** One line; null for a comment or an empty one. */
export function parseRule(line: Script): TmpfilesRule | Unknown | null {
  const [start] = line;
  if (
    line.length === 0 ||
    (typeof start === "string" && /^\s*(#|$)/.test(start) && (start.trim() !== "" || line.length === 1))
  )
    return null;
  const { words, rest } = fields(line, 6);
  const [type, path, ...more] = words;
  const [letter] = type ?? [];
  if (typeof letter !== "string" || type?.length !== 1 || !/^[a-zA-Z][!+=~^$?-]*$/.test(letter))
    return unsupported("a line for tmpfiles of unknown type");
  if (!path || path.length === 0) return unsupported("a line for tmpfiles without a path");
  const [mode, user, group, age] = more.map((word) => (isDash(word) ? null : word));
  return {
    type: letter.slice(0, 1),
    modifiers: letter.slice(1),
    path,
    mode: mode ?? null,
    user: user ?? null,
    group: group ?? null,
    age: age ?? null,
    argument: rest.length === 0 || isDash(rest) ? null : rest,
  };
}

function isDash(word: Script): boolean {
  return word.length === 1 && word[0] === "-";
}

/** The first words, quotes and backslashes taken off, and what follows them. A hole never ends a word. */
function fields(line: Script, most: number): { readonly words: Script[]; readonly rest: Script } {
  const words: Piece[][] = [];
  const rest: Piece[] = [];
  let word: Piece[] | null = null;
  let quote = "";
  const put = (piece: Piece) => {
    word ??= [];
    const last = word.at(-1);
    if (typeof piece === "string" && typeof last === "string") word[word.length - 1] = last + piece;
    else word.push(piece);
  };
  const end = () => {
    if (word) words.push(word);
    word = null;
  };
  line.forEach((piece) => {
    if (typeof piece !== "string") {
      if (words.length >= most) rest.push(piece);
      else put(piece);
      return;
    }
    for (let i = 0; i < piece.length; i++) {
      const c = piece.charAt(i);
      if (words.length >= most) {
        const text = rest.length === 0 ? piece.slice(i).trimStart() : piece.slice(i);
        if (text !== "") rest.push(text);
        return;
      }
      if (c === "\\" && quote !== "'" && i + 1 < piece.length) put(unescaped(piece.charAt(++i)));
      else if (quote !== "" ? c === quote : word === null && (c === '"' || c === "'")) {
        quote = quote === "" ? c : "";
        put("");
      } else if (quote === "" && /\s/.test(c)) end();
      else put(c);
    }
  });
  end();
  return { words: words.map((one) => one.filter((piece) => piece !== "")), rest: trimmedEnd(rest) };
}

function unescaped(c: string): string {
  return c === "n" ? "\n" : c === "t" ? "\t" : c === "s" ? " " : c;
}

function trimmedEnd(script: Script): Script {
  const last = script.at(-1);
  if (typeof last !== "string") return script;
  const text = last.trimEnd();
  return text === "" ? script.slice(0, -1) : [...script.slice(0, -1), text];
}

/** `systemd.tmpfiles.settings.FILE.PATH.TYPE = { mode; user; … }` (nixos/modules/system/boot/systemd/tmpfiles.nix). */
export function readSettings(value: Value | undefined, reader: TextReader): Rules {
  const items: Element<Field<TmpfilesRule>>[] = [];
  let open: Unknown | null = null;
  const files = named(value, (paths) => paths);
  open ??= files.open;
  for (const file of files.items.values()) {
    const paths = named(file.value, (types) => types);
    open ??= paths.open;
    for (const [path, types] of paths.items) {
      const entries = named(types.value, (settings, at) => ({ settings, at }));
      open ??= entries.open;
      for (const [type, entry] of entries.items) {
        const conditional = file.conditional ?? types.conditional ?? entry.conditional;
        items.push({
          value: readSetting(path, type, entry.value.settings, entry.at, reader),
          conditional,
          at: entry.at,
        });
      }
    }
  }
  return { items, open };
}

function readSetting(path: string, name: string, settings: Value, at: Place, reader: TextReader): Field<TmpfilesRule> {
  if (settings.type !== "attrs") {
    const unknown = settings.type === "unknown" ? settings : unsupported("tmpfiles settings");
    return { state: "unknown", unknown, at };
  }
  if (settings.rest && !isNixosOwn(settings.rest)) return { state: "unknown", unknown: settings.rest, at };
  const field = (key: string): Script | null | Unknown => {
    const value = settings.entries.get(key)?.thunk.force();
    if (!value) return null;
    const text: Field<Texts> = reader.text(value, at);
    if (text.state === "unknown") return text.unknown;
    const [only, other] = text.state === "set" ? text.value : [];
    if (other) return severalTexts;
    return !only || only.length === 0 || isDash(only) ? null : only;
  };
  const type = settings.entries.has("type") ? field("type") : [name];
  const parts = {
    mode: field("mode"),
    user: field("user"),
    group: field("group"),
    age: field("age"),
    argument: field("argument"),
  };
  const wrong = [type, ...Object.values(parts)].find(isUnknown);
  if (wrong) return { state: "unknown", unknown: wrong, at };
  const [letter] = (type as Script | null) ?? [name];
  if (typeof letter !== "string")
    return { state: "unknown", unknown: unsupported("tmpfiles settings of unknown type"), at };
  const known = parts as { readonly [K in keyof typeof parts]: Script | null };
  const value: TmpfilesRule = { type: letter.slice(0, 1), modifiers: letter.slice(1), path: [path], ...known };
  return { state: "set", value, origin: settings.origin, at };
}

function isUnknown(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && "type" in value && value.type === "unknown";
}
