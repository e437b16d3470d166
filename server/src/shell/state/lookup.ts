import type { Place } from "../script.ts";
import type { Setting } from "../setting.ts";
import { type FileState, parentOf } from "./files.ts";
import { type Context, fork, type World } from "./world.ts";

/** Where a path leads in one world: every name on the way is then known to be there or not. */
export interface Found {
  readonly world: World;
  /**
   * "there": `path` exists. "free": it does not, but its directory does. "missing": a directory on the way does not exist.
   * "lost": it cannot be followed.
   */
  readonly is: "there" | "free" | "missing" | "lost";
  /** After following links on the way (and the last one, where that was asked for). */
  readonly path: string;
  readonly state: FileState;
}

/** Follows an absolute path; what may or may not exist on the way is decided both ways, each with a world of its own. */
export function lookUp(world: World, path: string, last: boolean, context: Context, place: Place): readonly Found[] {
  world.files.ask(path);
  let at = "/";
  const rest = namesOf(path);
  let links = 0;
  // A slash at the end says that it is a directory, and follows a link.
  const follow = last || /[^/]\/+\.?$/.test(path);
  while (rest.length > 0) {
    const directory = world.files.get(at);
    if (directory.exists === "no" || (directory.kind !== null && directory.kind !== "directory")) {
      return [{ world, is: "missing", path: at, state: directory }];
    }
    const name = rest.shift() as string;
    if (name === "..") {
      at = parentOf(at);
      continue;
    }
    const next = at === "/" ? `/${name}` : `${at}/${name}`;
    const state = world.files.get(next);
    if (state.exists === "maybe") {
      const [yes, no] = fork(world, context, place);
      const kind = rest.length > 0 && world.files.isPlain(next, state) ? "directory" : state.kind;
      const there = { ...yes, files: yes.files.decided(next, { ...state, exists: "yes", kind }) };
      const gone = { ...no, files: no.files.decided(next, { ...state, exists: "no", kind: null }) };
      return [there, gone].flatMap((each) => lookUp(each, path, last, context, place));
    }
    if (state.exists === "yes" && state.kind === null && rest.length > 0 && !hasBelow(world, next)) {
      if (world.files.isPlain(next, state)) {
        const files = world.files.decided(next, { ...state, kind: "directory" });
        return lookUp({ ...world, files }, path, last, context, place);
      }
      return [{ world, is: "lost", path: next, state }];
    }
    if (state.exists === "yes" && state.kind === "link" && (rest.length > 0 || follow)) {
      if (state.target === null || state.target === "") return [{ world, is: "lost", path: next, state }];
      if (++links > 40) return [{ world, is: "missing", path: next, state }];
      rest.unshift(...namesOf(state.target));
      if (state.target.startsWith("/")) at = "/";
      continue;
    }
    if (rest.length === 0) {
      // A slash at the end wants a directory.
      const wrong =
        state.exists === "yes" && state.kind !== null && state.kind !== "directory" && /[^/]\/+\.?$/.test(path);
      return [{ world, is: wrong ? "missing" : state.exists === "yes" ? "there" : "free", path: next, state }];
    }
    at = next;
  }
  return [{ world, is: "there", path: at, state: world.files.get(at) }];
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

/** Something is known to be below it, so that it is a directory. */
function hasBelow(world: World, path: string): boolean {
  for (const [each, state] of world.files.entries())
    if (state.exists === "yes" && each.startsWith(`${path}/`)) return true;
  return false;
}

export const bits = { read: 4, write: 2, search: 1 } as const;

/** Whether the user may do this with a file or directory; what is not known of owners and modes makes it "maybe". */
export function access(setting: Setting, state: FileState, bit: 1 | 2 | 4): "yes" | "no" | "maybe" {
  if (setting.user === null) return setting.unknownUserMay ? "yes" : "maybe";
  if (setting.user.root) return "yes";
  if (state.mode === null || state.user === null || state.group === null) {
    const everybody = state.mode !== null && (state.mode & (bit * 0o111)) === bit * 0o111;
    return everybody ? "yes" : "maybe";
  }
  const shift = setting.user.names.includes(state.user) ? 6 : setting.user.groups.includes(state.group) ? 3 : 0;
  return ((state.mode >> shift) & bit) !== 0 ? "yes" : "no";
}

/** Whether a name in this directory may be removed or replaced by the user: of others only where the directory is not sticky. */
export function mayUnlink(setting: Setting, directory: FileState, state: FileState): "yes" | "no" | "maybe" {
  const write = access(setting, directory, bits.write);
  if (write !== "yes" || setting.user === null || setting.user.root) return write;
  if (access(setting, directory, bits.search) !== "yes") return access(setting, directory, bits.search);
  if (directory.mode === null) return "maybe";
  if ((directory.mode & 0o1000) === 0) return "yes";
  if (state.user === null || directory.user === null) return "maybe";
  return setting.user.names.includes(state.user) || setting.user.names.includes(directory.user) ? "yes" : "no";
}

/** Parts a world by an answer: "maybe" is played both ways. */
export function either(
  answer: "yes" | "no" | "maybe",
  world: World,
  context: Context,
  place: Place,
  yes: (world: World) => readonly World[],
  no: (world: World) => readonly World[],
): readonly World[] {
  if (answer === "yes") return yes(world);
  if (answer === "no") return no(world);
  const [first, second] = fork(world, context, place);
  return [...yes(first), ...no(second)];
}
