import type { FileProblem } from "../../files.ts";
import { attributes, boolean, external, fails, path, string, unknown, unsupported, wrongType } from "../make.ts";
import { baseName, coerceToString, mapUndecided, normalisePath, parentPath, pass, unknownText } from "../ops.ts";
import { piecesOf, sourceOf } from "../pieces.ts";
import type { Thunk, Unknown, Value } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, coerced, expectText, madeBy, outside } from "./kit.ts";

const storePath: Unknown["shape"] = {
  type: "string",
  pieces: [{ why: external("copy in the store"), prefix: "/nix/store/", word: true }],
};

/** Builtins that look at files, through the FileSource alone, and those on the text of paths. */
export const fileBuiltins: readonly Definition[] = [
  builtin("readFile", "path", "path -> string", (call, file) =>
    absolutePath(
      call,
      file,
      "readFile",
      (p) => {
        const text = call.evaluator.files.text(p);
        if (!text.ok) return unreadable(call, p, text.problem, { type: "string" });
        return text.value.includes("\0")
          ? fails("file contains a null byte", call.at)
          : string(text.value, madeBy(call));
      },
      { type: "string" },
    ),
  ),
  builtin("readDir", "path", "path -> { }", (call, folder) =>
    absolutePath(
      call,
      folder,
      "readDir",
      (p) => {
        const entries = call.evaluator.files.entries(p);
        if (!entries.ok) return unreadable(call, p, entries.problem, { type: "attrs" });
        const sorted = [...entries.value].map(([name, type]) => [name, string(type, madeBy(call))] as const);
        return attributes(sorted, madeBy(call));
      },
      { type: "attrs" },
    ),
  ),
  builtin("pathExists", "path", "path -> bool", (call, file) => {
    const given = coerceToString(file.force(), "plain", call.at);
    const source = given.type === "unknown" ? sourceOf(given) : null;
    if (source !== null) return exists(call, normalisePath(source), /\/\.?$/.test(source));
    return coerced(
      call,
      file,
      "plain",
      "pathExists",
      (text) =>
        absolutePath(call, string(text), "pathExists", (p) => exists(call, p, /\/\.?$/.test(text)), {
          type: "boolean",
        }),
      { type: "boolean" },
    );
  }),
  builtin("readFileType", "path", "path -> string", (call, file) =>
    absolutePath(
      call,
      file,
      "readFileType",
      (p) => {
        const entries = p === "/" ? null : call.evaluator.files.entries(parentPath(p));
        // The folder tells a symbolic link from what it points to.
        const type = entries?.ok ? entries.value.get(baseName(p)) : undefined;
        if (type) return string(type, madeBy(call));
        return unreadable(call, p, entries && !entries.ok ? entries.problem : "absent", { type: "string" });
      },
      { type: "string" },
    ),
  ),
  builtin("toPath", "s", "string -> string", (call, s) =>
    absolutePath(call, s, "toPath", (p) => string(p, madeBy(call)), { type: "string" }),
  ),
  builtin("baseNameOf", "s", "path -> string", (call, s) =>
    coerced(call, s, "plain", "baseNameOf", (text) => string(baseName(text), madeBy(call)), { type: "string" }),
  ),
  builtin("dirOf", "s", "path -> path", (call, s) =>
    mapUndecided(
      s.force(),
      (v) => {
        if (v.type === "path") return path(parentPath(v.value), madeBy(call, v.origin));
        if (v.type === "unknown") return pass(v, "dirOf", call.at, v.shape?.type ? { type: v.shape.type } : undefined);
        return coerced(call, v, "plain", "dirOf", (text) => string(folderOfText(text), madeBy(call)), {
          type: "string",
        });
      },
      call.at,
    ),
  ),
  outside("path", "set", "{ path, … } -> path", "copy in the store", storePath),
  outside("filterSource", "filter path", "(path -> string -> bool) -> path -> path", "copy in the store", storePath),
  {
    ...builtin("toFile", "name s", "string -> string -> path", (call, name, s) =>
      expectText(
        call,
        name,
        "toFile",
        (text) =>
          mapUndecided(
            coerceToString(s.force(), "interpolation", call.at),
            (content) => {
              const known = { prefix: "/nix/store/", suffix: `-${text}`, word: true } as const;
              const pieces =
                content.type === "string" ? [content.value] : content.type === "unknown" ? piecesOf(content) : [];
              return unknownText("file in the store", call.at, { ...known, file: { below: "", text: pieces } });
            },
            call.at,
          ),
        storePath,
      ),
    ),
    unknown: "file in the store",
  },
  outside("storePath", "path", "path -> path", "store path", storePath),
  {
    ...builtin("findFile", "search-path lookup-path", "[{ }] -> string -> path", (call, _paths, name) => {
      const text = name.force();
      return external(text.type === "string" ? `<${text.value}>` : "search path", call.at, { type: "path" });
    }),
    unknown: "search path",
  },
];

/** Goes on with an absolute, normalised path: a path, or a string that begins with a slash. */
export function absolutePath(
  call: Call,
  argument: Thunk | Value,
  via: string,
  use: (path: string) => Value,
  shape?: Unknown["shape"],
): Value {
  const value = "force" in argument ? argument.force() : argument;
  return mapUndecided(
    coerceToString(value, "plain", call.at),
    (v) => {
      if (v.type === "unknown") {
        const source = sourceOf(v);
        return source === null ? pass(v, via, call.at, shape) : use(normalisePath(source));
      }
      if (v.type !== "string") return wrongType("path", v.type, call.at);
      return v.value.startsWith("/")
        ? use(normalisePath(v.value))
        : fails(`string '${v.value}' doesn't represent an absolute path`, call.at);
    },
    call.at,
  );
}

/** Does something lie there? A symbolic link does, even if it leads nowhere. */
function exists(call: Call, p: string, asFolder: boolean): Value {
  const { files } = call.evaluator;
  const type = files.type(p);
  if (type.ok) {
    // Only newer versions of Nix see that `file/` is no file.
    return asFolder && type.value !== "directory"
      ? unsupported("pathExists of a file with a slash behind it", call.at, { type: "boolean" })
      : boolean(true, madeBy(call));
  }
  if (type.problem !== "absent") return unreadable(call, p, type.problem, { type: "boolean" });
  const siblings = p === "/" ? null : files.entries(parentPath(p));
  return boolean(siblings?.ok === true && siblings.value.has(baseName(p)), madeBy(call));
}

/** What stands before the last slash; `.` without one. */
function folderOfText(text: string): string {
  const slash = text.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : text.slice(0, slash);
}

function unreadable(call: Call, file: string, problem: FileProblem, shape: NonNullable<Unknown["shape"]>): Unknown {
  return unknown({ reason: "unreadable-file", path: file, problem }, call.at, shape);
}
