import { attributes, becauseOf, boolean, fails as failure, list, string, unknown, unsupported } from "../../make.ts";
import { compareBytes } from "../../ops/compare.ts";
import { baseName, parentPath } from "../../ops/paths.ts";
import { type Item, type ListValue, ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { each, fails, holds, isUnknown, later } from "./combine.ts";
import { filesBelow } from "./filesystem.ts";
import { item, lambda, listValue, made, needList, needString, section, uncertainty } from "./kit.ts";

const define = section("fileset", "lib/fileset/default.nix");

/**
 * `lib.fileset`: a set of files is an attribute set with the files as a list in `__files`, in the order of their names at
 * each level. A folder that cannot be read leaves the list open; an undecided predicate makes an element conditional.
 */
export const fileset: readonly Definition[] = [
  define("toList", "fileset!", "fileset -> [path]", (call, given) => filesOf(call, given.force(), "toList")),
  define(
    "fileFilter",
    "predicate path!",
    "({ name, type, hasExt } -> bool) -> path -> fileset",
    (call, predicate, path) => {
      const given = path.force();
      if (given.type !== "path")
        return given.type === "unknown"
          ? becauseOf(given, "fileFilter", call.at)
          : failure("lib.fileset.fileFilter: Second argument should be a path", call.at, "throw");
      const files = filesOf(call, given, "fileFilter");
      if (files.type !== "list") return files;
      const kept: Item[] = [];
      for (const file of files.items) {
        const at = file.thunk.force();
        const verdict = at.type === "path" ? holds(call, predicate, describe(call, at.value)) : false;
        if (isUnknown(verdict) && fails(verdict)) return verdict;
        if (verdict !== false) kept.push(isUnknown(verdict) ? item(file.thunk, verdict) : file);
      }
      return fileSet(call, listValue(call, kept, files.rest, files.origin));
    },
  ),
  define("union", "first! second!", "fileset -> fileset -> fileset", (call, first, second) =>
    union(call, [first, second]),
  ),
  define("unions", "filesets!", "[fileset] -> fileset", (call, given) => {
    const xs = needList(call, given, "unions");
    if (xs.type === "unknown") return xs;
    const doubt = uncertainty(xs);
    if (!doubt)
      return union(
        call,
        xs.items.map((x) => x.thunk),
      );
    const known = union(
      call,
      xs.items.filter((x) => !x.conditional).map((x) => x.thunk),
    );
    const files = filesOf(call, known, "unions");
    return files.type === "list"
      ? fileSet(call, { ...files, rest: files.rest ?? becauseOf(doubt, "unions", call.at) })
      : files;
  }),
  define("intersection", "first! second!", "fileset -> fileset -> fileset", (call, first, second) =>
    select2(call, "intersection", first, second, (there) => there),
  ),
  define("difference", "positive! negative!", "fileset -> fileset -> fileset", (call, positive, negative) =>
    select2(call, "difference", positive, negative, (there) => (isUnknown(there) ? there : !there)),
  ),
  define("maybeMissing", "path!", "path -> fileset", (call, path) => {
    const given = path.force();
    if (given.type !== "path")
      return given.type === "unknown"
        ? becauseOf(given, "maybeMissing", call.at)
        : failure("lib.fileset.maybeMissing: Argument should be a path", call.at, "throw");
    const found = call.evaluator.files.type(given.value);
    return !found.ok && found.problem === "absent"
      ? fileSet(call, list([]))
      : fileSet(call, filesOf(call, given, "maybeMissing"));
  }),
  define("isFileset", "x!", "any -> bool", (call, x) => {
    const value = x.force();
    if (value.type === "unknown") return becauseOf(value, "isFileset", call.at, { type: "boolean" });
    return boolean(value.type === "path" || (value.type === "attrs" && value.entries.has("__files")), made(call));
  }),
  define("trace", "fileset x", "fileset -> a -> a", (_, __, x) => x.force()),
  define("traceVal", "fileset!", "fileset -> fileset", (call, given) =>
    fileSet(call, filesOf(call, given.force(), "traceVal")),
  ),
  define("fromSource", "source!", "source -> fileset", (call, source) => {
    const given = source.force();
    if (given.type === "path") return fileSet(call, filesOf(call, given, "fromSource"));
    return given.type === "unknown"
      ? becauseOf(given, "fromSource", call.at)
      : unsupported("lib.fileset.fromSource of a filtered source", call.at);
  }),
  {
    name: "lib.fileset.empty",
    parameters: [],
    signature: "fileset",
    source: "lib/fileset/default.nix",
    run: (call) => fileSet(call, list([])),
  },
];

function fileSet(call: Call, files: Value): Value {
  if (files.type === "unknown") return files;
  return attributes(
    [
      ["_type", string("fileset")],
      ["__files", files],
    ],
    made(call),
  );
}

/** The files of a fileset, or of a path that stands for one. */
function filesOf(call: Call, given: Value, via: string): ListValue | Unknown {
  if (given.type === "path") return filesAt(call, given.value);
  if (given.type === "unknown") return becauseOf(given, via, call.at);
  const files = given.type === "attrs" ? given.entries.get("__files") : undefined;
  if (!files) return failure(`lib.fileset.${via}: Argument should be a file set or a path`, call.at, "throw");
  return needList(call, files.thunk, via);
}

function filesAt(call: Call, path: string): ListValue | Unknown {
  const found = call.evaluator.files.type(path);
  if (!found.ok && found.problem === "absent") return failure(`lib.fileset: ${path} does not exist`, call.at, "throw");
  if (!found.ok) return unknown({ reason: "unreadable-file", path, problem: found.problem }, call.at);
  const self: Value = { type: "path", value: path, origin: made(call) };
  return found.value === "directory"
    ? needList(call, filesBelow(call, self), "fileset")
    : list([ready(self)], made(call));
}

/** What a predicate is told of a file. */
function describe(call: Call, path: string): Value {
  const name = baseName(path);
  const type = later(call, () => {
    const entries = call.evaluator.files.entries(parentPath(path));
    const known = entries.ok ? entries.value.get(name) : undefined;
    return known ? string(known, made(call)) : unsupported("the type of a file", call.at, { type: "string" });
  });
  const hasExt = lambda(call, "hasExt", 1, (extension) =>
    each(call, extension, (e) =>
      e.type === "string" ? boolean(name.endsWith(`.${e.value}`), made(call)) : needString(call, e, "hasExt"),
    ),
  );
  return attributes(
    [
      ["name", string(name, made(call))],
      ["type", type],
      ["hasExt", hasExt],
    ],
    made(call),
  );
}

function pathIn(x: Item): string | null {
  const value = x.thunk.force();
  return value.type === "path" ? value.value : null;
}

function union(call: Call, parts: readonly Thunk[]): Value {
  const found = new Map<string, Item>();
  let rest: Unknown | null = null;
  for (const part of parts) {
    const files = filesOf(call, part.force(), "union");
    if (files.type === "unknown") {
      if (fails(files)) return files;
      rest ??= files;
      continue;
    }
    rest ??= files.rest;
    for (const x of files.items) {
      const path = pathIn(x);
      const before = path === null ? undefined : found.get(path);
      if (path !== null && (!before || (before.conditional && !x.conditional))) found.set(path, x);
    }
  }
  const sorted = [...found].sort(([a], [b]) => comparePaths(a, b)).map(([, x]) => x);
  return fileSet(call, listValue(call, sorted, rest));
}

/** The files of the first set for which `keep` holds, told whether they are in the second. */
function select2(
  call: Call,
  via: string,
  first: Thunk,
  second: Thunk,
  keep: (there: boolean | Unknown) => boolean | Unknown,
): Value {
  const from = filesOf(call, first.force(), via);
  if (from.type === "unknown") return from;
  const other = filesOf(call, second.force(), via);
  if (other.type === "unknown" && fails(other)) return other;
  const paths = new Map(other.type === "list" ? other.items.map((x) => [pathIn(x), x]) : []);
  const doubt = other.type === "list" ? other.rest : other;
  const kept = from.items.flatMap((x) => {
    const match = paths.get(pathIn(x));
    const verdict = keep(match ? (match.conditional ?? true) : (doubt ?? false));
    if (verdict === false) return [];
    return [verdict === true ? x : item(x.thunk, x.conditional ?? verdict)];
  });
  return fileSet(call, listValue(call, kept, from.rest, from.origin));
}

/** In the order in which folders are walked: by the names of each level. */
function comparePaths(a: string, b: string): number {
  const x = a.split("/");
  const y = b.split("/");
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const order = compareBytes(x[i] as string, y[i] as string);
    if (order !== 0) return order;
  }
  return x.length - y.length;
}
