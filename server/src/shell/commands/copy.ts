import { reasons } from "../reasons.ts";
import { act, type Call, failed, found, type Handler, pathOf, vague, withStatus } from "../run/call.ts";
import { optionsOf, valueOfOption } from "../run/options.ts";
import { inDirectory, lost, newFile, unlinkName } from "../state/effects.ts";
import { type Content, type FileState, parentOf } from "../state/files.ts";
import { access, bits, either } from "../state/lookup.ts";
import { type Field, knownText } from "../state/value.ts";
import type { World } from "../state/world.ts";
import { makeDirectory, toTarget, unclear } from "./paths.ts";

interface Copying {
  readonly keeps: boolean;
  readonly force: boolean;
  readonly follow: boolean;
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly reflink: boolean;
  /** Of the copy; null: the source's, less the umask. */
  readonly mode: number | null;
  /** install: the target is removed first. */
  readonly replaces: boolean;
}

export const cp: Handler = (call, world) => {
  const long =
    "--force --no-clobber --recursive --verbose --archive --reflink --reflink= --sparse= --preserve --preserve= --no-preserve= --no-target-directory --target-directory= --dereference --no-dereference --one-file-system";
  const options = optionsOf(call.args, "afnrRpvLPHdTt:x", long.split(" "));
  if (!options) return unclear(call, world);
  const has = (...names: string[]) => names.some((name) => options.flags.has(name));
  const archive = has("a", "--archive");
  const copying: Copying = {
    keeps: has("n", "--no-clobber"),
    force: has("f", "--force"),
    follow: !(
      has("P", "d", "--no-dereference") ||
      ((archive || has("r", "R", "--recursive")) && !has("L", "--dereference"))
    ),
    recursive: archive || has("r", "R", "--recursive"),
    preserve: archive || has("p", "--preserve"),
    reflink:
      has("--reflink") &&
      valueOfOption(options, "--reflink") !== "auto" &&
      valueOfOption(options, "--reflink") !== "never",
    mode: null,
    replaces: false,
  };
  const into = options.values.get("t") ?? options.values.get("--target-directory");
  return fromAnywhere(call, world, options.operands, into, has("T", "--no-target-directory"), copying);
};

export const install: Handler = (call, world) => {
  const options = optionsOf(call.args, "dm:o:g:DvTt:CpsS:b", [
    "--directory",
    "--mode=",
    "--owner=",
    "--group=",
    "--verbose",
    "--no-target-directory",
    "--target-directory=",
  ]);
  if (!options || ["C", "p", "s", "b"].some((flag) => options.flags.has(flag)) || options.values.has("S"))
    return unclear(call, world);
  const given = valueOfOption(options, "m", "--mode");
  const mode =
    given === undefined ? 0o755 : given !== null && /^[0-7]+$/.test(given) ? Number.parseInt(given, 8) : null;
  const [user, group] = [valueOfOption(options, "o", "--owner"), valueOfOption(options, "g", "--group")];
  const owned = (worlds: readonly World[], path: string) => worlds.map((each) => withOwner(each, path, user, group));
  const root = call.runner.setting.user?.root === true;
  const sure = (worlds: readonly World[]) =>
    (user === undefined && group === undefined) || root ? worlds : worlds.map((each) => withStatus(each, "any"));
  if (options.flags.has("d") || options.flags.has("--directory")) {
    let worlds: readonly World[] = [withStatus(world, 0)];
    for (const { value, rest } of options.operands) {
      const text = rest ? null : knownText(value);
      worlds = worlds.flatMap((each) => {
        const path = text === null || text === "" ? null : pathOf(each, text);
        if (path === null) return [vague(call, each, { value, rest }, "make")];
        const made = makeDirectory(call, each, path, true, mode);
        return sure(owned(made, path)).map((one) => (each.status === 0 ? one : withStatus(one, each.status)));
      });
    }
    return worlds;
  }
  const copying: Copying = {
    keeps: false,
    force: true,
    follow: true,
    recursive: false,
    preserve: false,
    reflink: false,
    mode,
    replaces: true,
  };
  const plain = options.flags.has("T") || options.flags.has("--no-target-directory");
  const into = options.values.get("t") ?? options.values.get("--target-directory");
  const target = options.operands.at(-1);
  const text = target ? knownText(target.value) : null;
  const path = text === null ? null : pathOf(world, text);
  // It removes what is there before it opens the source.
  const isSame = ({ value }: Field) => path !== null && pathOf(world, knownText(value) ?? "") === path;
  if (options.operands.slice(0, -1).some(isSame)) return unclear(call, world);
  if (options.flags.has("D") && (into || path === null || options.operands.length !== 2)) return unclear(call, world);
  const ready = options.flags.has("D") ? makeDirectory(call, world, parentOf(path as string), true, 0o755) : [world];
  const after = ready.flatMap((each) =>
    options.flags.has("D") && each.status !== 0
      ? [each]
      : fromAnywhere(call, each, options.operands, into, plain, copying),
  );
  return sure(
    user === undefined && group === undefined ? after : path === null ? unclear(call, world) : owned(after, path),
  );
};

function withOwner(
  world: World,
  path: string,
  user: string | null | undefined,
  group: string | null | undefined,
): World {
  const followed = world.files.follow(path.replace(/\/+$/, ""));
  if (followed.is !== "found") return world;
  const state = world.files.get(followed.path);
  if (state.exists !== "yes" || world.status !== 0) return world;
  const owner = { user: user === undefined ? state.user : user, group: group === undefined ? state.group : group };
  return { ...world, files: world.files.with(followed.path, { ...state, ...owner }) };
}

/** A source whose path is not known may still be copied to a target that is. */
function fromAnywhere(
  call: Call,
  world: World,
  operands: readonly Field[],
  into: Field | undefined,
  plain: boolean,
  copying: Copying,
): readonly World[] {
  const [source, target, more] = operands;
  const known = operands.every(({ rest, value }) => !rest && knownText(value) !== null);
  if (known || into || more || !source || !target || knownText(target.value) === null || target.rest) {
    return toTarget(call, world, operands, into, plain, (world, from, to) => copyOne(call, world, from, to, copying));
  }
  const to = pathOf(world, knownText(target.value) as string);
  if (to === null || source.rest) return unclear(call, world);
  return found(call, world, to, true).flatMap((each) => {
    const directory = each.is === "there" && each.state.kind !== "file" && each.state.kind !== "block";
    if (each.is === "lost" || directory || copying.recursive) return unclear(call, each.world);
    const why = reasons.path({ command: call.name });
    const state: FileState = {
      ...newFile(call, each.world),
      bytes: null,
      content: { is: "unknown", why },
      mode: null,
      why,
    };
    // A source that is not there leaves everything as it is.
    return either(
      "maybe",
      each.world,
      call.context,
      call.place,
      (one) => put(call, one, to, state, copying, null),
      (one) => [failed(one)],
    );
  });
}

function copyOne(call: Call, world: World, from: string, to: string, copying: Copying): readonly World[] {
  return found(call, world, from, copying.follow).flatMap((source) => {
    if (source.is === "lost") return [lost(call, source.world, source.path)];
    if (source.is !== "there") return [failed(source.world)];
    const { state } = source;
    if (state.kind === "directory" && !copying.recursive) return [failed(source.world)];
    if (state.kind === "directory") return copyTree(call, source.world, source.path, to, copying);
    if (state.kind === "link") return copyLink(call, source.world, to, state, copying);
    if (from.endsWith("/")) return [failed(source.world)];
    if (state.kind !== "file" && !(state.kind === "block" && !copying.recursive)) return unclear(call, source.world);
    return either(
      access(call.runner.setting, state, bits.read),
      source.world,
      call.context,
      call.place,
      (world) => put(call, world, to, copyOf(call, world, state, copying), copying, source.path),
      (world) => [failed(world)],
    );
  });
}

/** The state of a new copy. */
function copyOf(call: Call, world: World, state: FileState, copying: Copying): FileState {
  const made = newFile(call, world);
  const mode = copying.replaces
    ? copying.mode
    : copying.preserve
      ? state.mode
      : state.mode === null
        ? null
        : state.mode & ~world.umask;
  const root = call.runner.setting.user?.root === true;
  const owner =
    copying.preserve && root
      ? { user: state.user, group: state.group }
      : copying.preserve
        ? { user: made.user, group: null }
        : {};
  return { ...made, bytes: state.bytes, content: state.content, mode, why: state.why, ...owner };
}

function put(
  call: Call,
  world: World,
  to: string,
  copy: FileState,
  copying: Copying,
  from: string | null,
): readonly World[] {
  const source = from === null ? {} : { from: { is: "known", path: from } as const };
  const size = copy.bytes === null ? {} : { bytes: copy.bytes };
  return found(call, world, to, !copying.replaces).flatMap((target) => {
    if (target.is === "lost") return [lost(call, target.world, target.path)];
    if (target.is === "missing" || target.path === from) return [failed(target.world)];
    if (target.is === "free" && to.endsWith("/")) return [failed(target.world)];
    const done = (world: World, path: string, state: FileState, what: "make" | "write") => {
      const after = withStatus(
        act(call, world, what, path, world.files.with(path, state), {
          ...source,
          ...size,
          why: copy.bytes === null ? copy.why : null,
        }),
        0,
      );
      return copying.reflink ? reflinked(call, after, path) : [after];
    };
    if (target.is === "free") {
      // Through a link that leads nowhere cp does not write.
      const dangling = target.path !== to && world.files.get(to.replace(/\/+$/, "")).kind === "link";
      if (dangling) return [failed(target.world)];
      return inDirectory(call, target.world, parentOf(target.path), (world) => done(world, target.path, copy, "make"));
    }
    if (target.state.kind === "directory") return [failed(target.world)];
    if (copying.keeps) return [withStatus(target.world, "any")];
    if (copying.replaces) {
      return unlinkName(call, target.world, target.path, (world) =>
        inDirectory(call, world, parentOf(target.path), (world) => done(world, target.path, copy, "make")),
      );
    }
    if (target.state.kind !== "file") return unclear(call, target.world);
    const may = access(call.runner.setting, target.state, bits.write);
    const replace = (world: World): readonly World[] =>
      copying.force
        ? unlinkName(call, world, target.path, (world) =>
            inDirectory(call, world, parentOf(target.path), (world) => done(world, target.path, copy, "make")),
          )
        : [failed(world)];
    const over = {
      ...target.state,
      bytes: copy.bytes,
      content: copy.content,
      why: copy.why,
      ...(copying.preserve ? { mode: copy.mode, user: copy.user, group: copy.group } : {}),
    };
    return either(
      may,
      target.world,
      call.context,
      call.place,
      (world) => done(world, target.path, over, "write"),
      replace,
    );
  });
}

/** `--reflink=always` fails on most filesystems, and then leaves an empty file. */
function reflinked(call: Call, world: World, path: string): readonly World[] {
  return either(
    "maybe",
    world,
    call.context,
    call.place,
    (each) => [each],
    (each) => [failed(vague(call, each, { value: [path], rest: false }, "write"))],
  );
}

function copyLink(call: Call, world: World, to: string, state: FileState, copying: Copying): readonly World[] {
  return found(call, world, to, false).flatMap((target) => {
    if (target.is !== "free" || copying.keeps) return unclear(call, target.world);
    return inDirectory(call, target.world, parentOf(target.path), (world) => {
      const made = newFile(call, world, { kind: "link", target: state.target, bytes: state.bytes, mode: 0o777 });
      return [withStatus(act(call, world, "link", target.path, world.files.with(target.path, made)), 0)];
    });
  });
}

function copyTree(call: Call, world: World, from: string, to: string, copying: Copying): readonly World[] {
  const root = call.runner.setting.user?.root === true;
  return found(call, world, to, true).flatMap((target) => {
    const nested = `${target.path}/`.startsWith(`${from}/`);
    if (target.is !== "free" || nested || !root || copying.mode !== null) return unclear(call, target.world);
    const below = target.world.files.below(from).filter(([, state]) => state.exists !== "no");
    const whole = [[from, target.world.files.get(from)] as const, ...below];
    const simple = whole.every(
      ([, state]) => state.kind === "file" || state.kind === "link" || (state.kind === "directory" && state.listed),
    );
    if (!simple) return unclear(call, target.world);
    return inDirectory(call, target.world, parentOf(target.path), (world) => {
      const states = whole.map(([path, state]): [string, FileState] => [
        target.path + path.slice(from.length),
        inTree(call, world, state, copying),
      ]);
      return [withStatus(act(call, world, "make-directory", target.path, world.files.withAll(states)), 0)];
    });
  });
}

function inTree(call: Call, world: World, state: FileState, copying: Copying): FileState {
  const content: Content = state.content;
  const copy = copyOf(call, world, state, copying);
  return { ...copy, exists: state.exists, kind: state.kind, target: state.target, listed: state.listed, content };
}
