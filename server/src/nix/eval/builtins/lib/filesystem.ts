import type { EntryType } from "../../../files.ts";
import { attributes, becauseOf, boolean, fails as failure, list, string, unknown, wrongType } from "../../make.ts";
import { compareBytes } from "../../ops/compare.ts";
import { normalisePath, resolvePath } from "../../ops/paths.ts";
import { type PathValue, ready, type Thunk, type Unknown, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { each } from "./combine.ts";
import { builtin, item, listValue, made, need, needList, section, uncertainty } from "./kit.ts";

const define = section("filesystem", "lib/filesystem.nix");
const paths = section("path", "lib/path/default.nix");

/** `lib.filesystem` and `lib.path`, on the files that evaluation may read. */
export const filesystem: readonly Definition[] = [
  define("pathType", "path", "path -> string", (call, path) => each(call, path, (p) => pathType(call, p))),
  define("pathIsDirectory", "path", "path -> bool", (call, path) =>
    each(call, path, (p) => isType(call, p, "directory")),
  ),
  define("pathIsRegularFile", "path", "path -> bool", (call, path) =>
    each(call, path, (p) => isType(call, p, "regular")),
  ),
  define("listFilesRecursive", "folder", "path -> [path]", (call, folder) =>
    each(call, folder, (at) => filesBelow(call, at)),
  ),
  paths("append", "path subpath", "path -> string -> path", (call, path, subpath) =>
    each(call, path, (p) =>
      each(call, subpath, (s) => {
        if (p.type !== "path")
          return p.type === "unknown"
            ? becauseOf(p, "path.append", call.at)
            : failure(
                `lib.path.append: The first argument is of type ${p.type}, but a path was expected`,
                call.at,
                "throw",
              );
        const problem = s.type === "string" ? invalidSubpath(s.value) : "a string was expected";
        if (s.type === "unknown") return becauseOf(s, "path.append", call.at, { type: "path" });
        if (problem || s.type !== "string")
          return failure(
            `lib.path.append: Second argument is not a valid subpath string: ${problem}`,
            call.at,
            "throw",
          );
        return {
          type: "path",
          value: resolvePath(p.value, componentsOf(s.value).join("/")),
          origin: made(call, [p.origin, s.origin]),
        };
      }),
    ),
  ),
  paths("hasPrefix", "prefix path", "path -> path -> bool", (call, prefix, path) =>
    twoPaths(call, "path.hasPrefix", prefix, path, (a, b) =>
      boolean(isBelow(a.value, b.value), made(call, [a.origin, b.origin])),
    ),
  ),
  paths("removePrefix", "prefix path", "path -> path -> string", (call, prefix, path) =>
    twoPaths(call, "path.removePrefix", prefix, path, (a, b) => {
      if (!isBelow(a.value, b.value))
        return failure(
          `lib.path.removePrefix: "${a.value}" is not a component-wise prefix of "${b.value}"`,
          call.at,
          "throw",
        );
      return string(
        joined(absoluteComponents(b.value).slice(absoluteComponents(a.value).length)),
        made(call, [b.origin]),
      );
    }),
  ),
  paths("splitRoot", "path", "path -> { root :: path; subpath :: string; }", (call, path) =>
    onPath(call, "path.splitRoot", path, (p) =>
      attributes(
        [
          ["root", { type: "path", value: "/", origin: made(call, [p.origin]) }],
          ["subpath", string(joined(absoluteComponents(p.value)), made(call, [p.origin]))],
        ],
        made(call),
      ),
    ),
  ),
  paths("hasStorePathPrefix", "path", "path -> bool", (call, path) =>
    onPath(call, "path.hasStorePathPrefix", path, (p) =>
      boolean(/^\/nix\/store\/[^/]{32}-[^/]+/.test(p.value) || /^\/[0-9a-z]{52}(\/|$)/.test(p.value), made(call)),
    ),
  ),
];

const sub = section("path.subpath", "lib/path/default.nix");

/** `lib.path.subpath`. */
export const subpaths: readonly Definition[] = [
  sub("isValid", "value", "any -> bool", (call, value) =>
    each(call, value, (s) => {
      if (s.type === "unknown") return becauseOf(s, "subpath.isValid", call.at, { type: "boolean" });
      return boolean(s.type === "string" && invalidSubpath(s.value) === null, made(call));
    }),
  ),
  sub("components", "subpath", "string -> [string]", (call, subpath) =>
    onSubpath(call, "components", subpath, (s) =>
      list(
        componentsOf(s).map((part) => ready(string(part, made(call)))),
        made(call),
      ),
    ),
  ),
  sub("normalise", "subpath", "string -> string", (call, subpath) =>
    onSubpath(call, "normalise", subpath, (s) => string(joined(componentsOf(s)), made(call))),
  ),
  sub("join", "subpaths", "[string] -> string", (call, given) => {
    const xs = needList(call, given, "subpath.join");
    if (xs.type === "unknown") return xs;
    const doubt = uncertainty(xs);
    if (doubt) return becauseOf(doubt, "subpath.join", call.at, { type: "string" });
    const all: string[] = [];
    for (const { thunk } of xs.items) {
      const part = thunk.force();
      if (part.type === "unknown") return becauseOf(part, "subpath.join", call.at, { type: "string" });
      if (part.type !== "string" || invalidSubpath(part.value))
        return failure("lib.path.subpath.join: an element is not a valid subpath string", call.at, "throw");
      all.push(...componentsOf(part.value));
    }
    return string(joined(all), made(call));
  }),
];

/** The path that a value names: a path, or a string with an absolute path. */
export function locationOf(value: Value): string | null {
  if (value.type === "path") return value.value;
  return value.type === "string" && value.value.startsWith("/") ? normalisePath(value.value) : null;
}

function pathType(call: Call, given: Value): Value {
  return builtin(call, "readFileType", given);
}

function isType(call: Call, given: Value, type: EntryType): Value {
  if (given.type === "unknown") return becauseOf(given, "pathType", call.at, { type: "boolean" });
  const there = need(call, builtin(call, "pathExists", given), "boolean", "pathExists");
  if (there.type === "unknown" || !there.value) return there;
  const found = pathType(call, given);
  if (found.type === "unknown") return becauseOf(found, "pathType", call.at, { type: "boolean" });
  return boolean(found.type === "string" && found.value === type, made(call));
}

/** All files below the folder, depth first in the order of names. A folder that cannot be read leaves the list open. */
export function filesBelow(call: Call, given: Value): Value {
  const at = locationOf(given);
  if (at === null)
    return given.type === "unknown"
      ? becauseOf(given, "listFilesRecursive", call.at, { type: "list" })
      : wrongType("a path", given.type, call.at);
  const found: Value[] = [];
  let rest: Unknown | null = null;
  const walk = (folder: string, depth: number): void => {
    const entries = call.evaluator.files.entries(folder);
    if (!entries.ok || depth > 64 || !call.evaluator.spend()) {
      const problem = entries.ok ? "too deep" : entries.problem;
      rest ??= unknown({ reason: "unreadable-file", path: folder, problem }, call.at);
      return;
    }
    for (const [name, type] of [...entries.value].sort(([a], [b]) => compareBytes(a, b))) {
      const path = `${folder === "/" ? "" : folder}/${name}`;
      if (type === "directory") walk(path, depth + 1);
      else found.push({ type: given.type === "string" ? "string" : "path", value: path, origin: made(call) } as Value);
    }
  };
  walk(at, 0);
  if (rest && found.length === 0) return becauseOf(rest, "listFilesRecursive", call.at, { type: "list" });
  return listValue(
    call,
    found.map((path) => item(path)),
    rest,
  );
}

function onPath(call: Call, via: string, given: Thunk, f: (path: PathValue) => Value): Value {
  return each(call, given, (p) => {
    if (p.type === "path") return f(p);
    return p.type === "unknown"
      ? becauseOf(p, via, call.at)
      : failure(`lib.${via}: a path was expected, not ${p.type}`, call.at, "throw");
  });
}
function twoPaths(
  call: Call,
  via: string,
  first: Thunk,
  second: Thunk,
  f: (a: PathValue, b: PathValue) => Value,
): Value {
  return onPath(call, via, first, (a) => onPath(call, via, second, (b) => f(a, b)));
}
function onSubpath(call: Call, via: string, given: Thunk, f: (subpath: string) => Value): Value {
  return each(call, given, (s) => {
    if (s.type === "unknown") return becauseOf(s, `subpath.${via}`, call.at);
    if (s.type !== "string" || invalidSubpath(s.value))
      return failure(`lib.path.subpath.${via}: Argument is not a valid subpath string`, call.at, "throw");
    return f(s.value);
  });
}

/** Why a string is no subpath: it must be relative and stay below its start. */
function invalidSubpath(value: string): string | null {
  if (value === "") return "The given string is empty";
  if (value.startsWith("/")) return `The given string "${value}" starts with a \`/\``;
  return value.split("/").includes("..") ? `The given string "${value}" contains a \`..\` component` : null;
}
function componentsOf(subpath: string): string[] {
  return subpath.split("/").filter((part) => part !== "" && part !== ".");
}
function absoluteComponents(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}
function joined(components: readonly string[]): string {
  return `./${components.length === 0 ? "." : components.join("/")}`;
}
function isBelow(folder: string, path: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}
