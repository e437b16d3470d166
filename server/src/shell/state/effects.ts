import { reasons } from "../reasons.ts";
import { act, type Call, clobbered, failed, found, withStatus } from "../run/call.ts";
import { absent, type Content, type FileState, parentOf } from "./files.ts";
import { access, bits, either, mayUnlink } from "./lookup.ts";
import type { World } from "./world.ts";

/** The state of a file that the user makes. */
export function newFile(call: Call, world: World, more: Partial<FileState> = {}): FileState {
  const { user } = call.runner.setting;
  return {
    ...absent,
    exists: "yes",
    kind: "file",
    bytes: 0,
    content: { is: "blank" },
    user: user?.names[0] ?? null,
    group: user?.groups[0] ?? null,
    mode: 0o666 & ~world.umask,
    ...more,
  };
}

/** Makes an empty file at a path that is free, if the user may. */
export function create(
  call: Call,
  world: World,
  path: string,
  then: (world: World) => readonly World[],
): readonly World[] {
  return inDirectory(call, world, parentOf(path), (world) =>
    then(act(call, world, "make", path, world.files.with(path, newFile(call, world)), { bytes: 0 })),
  );
}

/** Goes on where names may be made in a directory by the user; else the command fails. */
export function inDirectory(
  call: Call,
  world: World,
  directory: string,
  then: (world: World) => readonly World[],
): readonly World[] {
  const state = world.files.get(directory);
  const search = access(call.runner.setting, state, bits.search);
  const may = search === "yes" ? access(call.runner.setting, state, bits.write) : search;
  return either(may, world, call.context, call.place, then, (world) => [failed(world)]);
}

/**
 * Opens a file for writing as a program does: links are followed, and a missing file is made where `make` says so. `then`
 * is given the real path and its state.
 */
export function openForWriting(
  call: Call,
  world: World,
  path: string,
  make: boolean,
  then: (world: World, path: string, state: FileState) => readonly World[],
): readonly World[] {
  return found(call, world, path, true).flatMap((each) => {
    if (each.is === "missing") return [failed(each.world)];
    if (each.is === "lost") return [lost(call, each.world, each.path)];
    if (each.is === "free") {
      if (!make) return [failed(each.world)];
      // `open(2)` of "name/" makes no file.
      if (/\/\.?$/.test(path)) return [failed(each.world)];
      return create(call, each.world, each.path, (world) => then(world, each.path, world.files.get(each.path)));
    }
    if (each.state.kind === "directory") return [failed(each.world)];
    if (/\/\.?$/.test(path)) return [failed(each.world)];
    return either(
      access(call.runner.setting, each.state, bits.write),
      each.world,
      call.context,
      call.place,
      (world) => then(world, each.path, each.state),
      (world) => [failed(world)],
    );
  });
}

/** A path that leads nowhere that is known: it may be any file. */
export function lost(call: Call, world: World, path: string): World {
  const why = reasons.link({ path });
  return withStatus(act(call, world, "anything", path, clobbered(world.files, why), { sure: false, why }), "any");
}

/** Gives a file another size, as ftruncate(2) does; its real path. */
export function resize(call: Call, world: World, path: string, bytes: number | null): World {
  const state = world.files.get(path);
  const before = state.bytes;
  const why = reasons.size({ path });
  if (before !== null && bytes === before) return withStatus(world, 0);
  const content = bytes === null ? ({ is: "unknown", why } as const) : resized(state.content, before, bytes);
  const files = world.files.with(path, { ...state, bytes, content, why: bytes === null ? why : state.why });
  const what = before === null || bytes === null ? "write" : bytes > before ? "lengthen" : "shorten";
  return withStatus(act(call, world, what, path, files, bytes === null ? { why } : { bytes }), 0);
}

/** Makes a file at least so large, never shorter. */
export function lengthen(call: Call, world: World, path: string, bytes: number): World {
  const state = world.files.get(path);
  if (state.bytes !== null) return state.bytes >= bytes ? withStatus(world, 0) : resize(call, world, path, bytes);
  const why = reasons.size({ path });
  const files = world.files.with(path, { ...state, why });
  return withStatus(act(call, world, "lengthen", path, files, { sure: false, why }), 0);
}

function resized(content: Content, before: number | null, bytes: number): Content {
  if (bytes === 0) return { is: "blank" };
  if (content.is === "untouched") {
    if (before !== null && bytes >= before) return content;
    // Of a size that is not known it may be cut off.
    const cutTo = Math.min(bytes, content.cutTo ?? bytes);
    return { ...content, cutTo };
  }
  if (content.is === "text" && before !== null) {
    if (bytes < before && /^[\0-\x7f]*$/.test(content.text)) return { is: "text", text: content.text.slice(0, bytes) };
    return { is: "unknown", why: reasons.written({ command: "truncate" }) };
  }
  if (content.is === "filesystem" && (before === null || bytes < before)) {
    return { is: "unknown", why: reasons.written({ command: "truncate" }) };
  }
  return content;
}

/** Other content in place of the one that was there. */
export function rewrite(
  call: Call,
  world: World,
  path: string,
  bytes: number | null,
  content: Content,
  what: "write" | "format" = "write",
  more: { type?: string; label?: string } = {},
): World {
  const state = world.files.get(path);
  const size = bytes === null ? state.bytes : bytes;
  const files = world.files.with(path, { ...state, bytes: size, content });
  return withStatus(act(call, world, what, path, files, { ...(size === null ? {} : { bytes: size }), ...more }), 0);
}

/** Removes one name that is there: its real directory and name. */
export function unlinkName(
  call: Call,
  world: World,
  path: string,
  then: (world: World) => readonly World[] = (world) => [withStatus(world, 0)],
): readonly World[] {
  const state = world.files.get(path);
  const directory = world.files.get(parentOf(path));
  return either(
    mayUnlink(call.runner.setting, directory, state),
    world,
    call.context,
    call.place,
    (world) => then(act(call, world, "remove", path, world.files.withAll(gone(world, path)))),
    (world) => [failed(world)],
  );
}

/** A path and all that is noted below it, gone. */
export function gone(world: World, path: string): [string, FileState][] {
  return [[path, absent], ...world.files.below(path).map(([each]): [string, FileState] => [each, absent])];
}
