import { reasons } from "../reasons.ts";
import type { Place } from "../script.ts";
import { type FileState, parentOf } from "../state/files.ts";
import type { Field, Unknown, Value } from "../state/value.ts";
import { concat } from "../state/value.ts";
import { type Context, fork, type World } from "../state/world.ts";
import type { Expanded } from "./expand.ts";
import { type Chunk, patternSource } from "./patterns.ts";

/**
 * The files that a pattern fits: those that are known to be there, and, where a directory is not listed, a field `rest` for
 * whatever else there may be. A file that may be there is decided both ways.
 */
export function globFields(
  chunks: readonly Chunk[],
  world: World,
  context: Context,
  place: Place,
): readonly Expanded<readonly Field[]>[] {
  const components = componentsOf(chunks);
  const literal: Value = chunks.reduce<Value>((value, chunk) => concat(value, [chunk.value]), []);
  const start = startOf(components, world);
  if (!components || !start) return [{ world, made: [{ value: vague(chunks), rest: false }] }];
  const found = match(components.slice(start.skip), [start], world);
  if (found === null) return [{ world, made: [{ value: vague(chunks), rest: false }] }];
  if ("undecided" in found) {
    const [yes, no] = fork(world, context, place);
    const state = world.files.get(found.undecided);
    const decide = (to: World, exists: "yes" | "no"): World => ({
      ...to,
      files: to.files.with(found.undecided, { ...state, exists }),
    });
    return [decide(yes, "yes"), decide(no, "no")].flatMap((decided) => globFields(chunks, decided, context, place));
  }
  const fields: Field[] = found.paths.sort().map((path) => ({ value: [path], rest: false }));
  if (found.open) return [{ world, made: [...fields, { value: vague(chunks), rest: true }] }];
  if (fields.length > 0 || world.options.nullglob) return [{ world, made: fields }];
  return [{ world, made: [{ value: literal, rest: false }] }];
}

interface Start {
  /** As it is written, with the slash behind it; "" for the working directory. */
  readonly written: string;
  readonly path: string;
}

function startOf(components: readonly (readonly Chunk[])[] | null, world: World): (Start & { skip: number }) | null {
  if (!components) return null;
  if (components[0]?.length === 0) return { written: "/", path: "/", skip: 1 };
  return world.cwd === null ? null : { written: "", path: world.cwd, skip: 0 };
}

/** The chunks between slashes; null where an unknown is among them. */
function componentsOf(chunks: readonly Chunk[]): Chunk[][] | null {
  const components: Chunk[][] = [[]];
  for (const chunk of chunks) {
    if (typeof chunk.value !== "string") return null;
    for (const [at, piece] of chunk.value.split("/").entries()) {
      if (at > 0) components.push([]);
      if (piece !== "") components.at(-1)?.push({ ...chunk, value: piece });
    }
  }
  return components;
}

type Found = { readonly paths: string[]; readonly open: boolean } | { readonly undecided: string } | null;

function match(components: readonly Chunk[][], starts: readonly Start[], world: World): Found {
  let here = starts;
  let open = false;
  for (const [at, component] of components.entries()) {
    const last = at === components.length - 1;
    const next: Start[] = [];
    if (component.length === 0) {
      if (last) return null;
      continue;
    }
    const source = patternSource(component, true);
    if (source === null) return null;
    const pattern = new RegExp(`^(?:${source})$`);
    const special = component.some(({ value, quoted }) => !quoted && /[*?[]/.test(value as string));
    const plain = component.map(({ value }) => value).join("");
    for (const directory of here) {
      const followed = world.files.follow(directory.path);
      if (followed.is !== "found") {
        if (followed.is === "lost") open = true;
        continue;
      }
      const state = world.files.get(followed.path);
      if (state.exists === "maybe") open = true;
      if (!special) {
        if (plain === "." || plain === "..") {
          const path = plain === "." ? followed.path : parentOf(followed.path);
          next.push({ written: `${directory.written}${plain}`, path });
          continue;
        }
        const path = child(followed.path, plain);
        const existing = world.files.get(path);
        if (existing.exists === "maybe") {
          if (world.files.has(path)) return { undecided: path };
          open = true;
        } else if (existing.exists === "yes") next.push({ written: `${directory.written}${plain}`, path });
        continue;
      }
      if (isOpen(state, world)) open = true;
      for (const [path, existing] of world.files.below(followed.path)) {
        if (parentOf(path) !== followed.path) continue;
        const name = path.slice(path.lastIndexOf("/") + 1);
        const hidden = name.startsWith(".") && !plain.startsWith(".");
        if (existing.exists === "no" || hidden || !pattern.test(name)) continue;
        if (existing.exists === "maybe") return { undecided: path };
        next.push({ written: `${directory.written}${name}`, path });
      }
    }
    here = last ? next : next.map((each) => ({ ...each, written: `${each.written}/` }));
  }
  return { paths: here.map(({ written }) => written), open };
}

/** Whether there may be names in a directory that are not noted. */
function isOpen(state: FileState, world: World): boolean {
  if (state.exists === "no") return false;
  if (state.kind !== null && state.kind !== "directory") return false;
  return !state.listed && world.files.others.exists === "maybe";
}

function child(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

/** The pattern as a value that is known in part. */
function vague(chunks: readonly Chunk[]): Value {
  let value: Value = [];
  for (const chunk of chunks) {
    if (typeof chunk.value !== "string" || chunk.quoted) value = concat(value, [chunk.value]);
    else {
      for (const piece of chunk.value.split(/(\[[^\]]*\]|[*?[])/)) {
        const special = /^(?:\[.*\]|[*?[])$/s.test(piece);
        const unknown: Unknown = { why: reasons.pattern({ pattern: chunk.value }), holds: "word", pattern: anyName };
        if (piece !== "") value = concat(value, [special ? unknown : piece]);
      }
    }
  }
  return value;
}

const anyName = /[^/]*/;
