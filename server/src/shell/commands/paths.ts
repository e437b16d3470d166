import { reasons } from "../reasons.ts";
import { act, type Call, eachOperand, failed, found, type Handler, pathOf, vague, withStatus } from "../run/call.ts";
import { optionsOf, valueOfOption } from "../run/options.ts";
import { create, inDirectory, lost, newFile, unlinkName } from "../state/effects.ts";
import { absolute, parentOf } from "../state/files.ts";
import { access, bits, either } from "../state/lookup.ts";
import { type Field, knownText, type Value } from "../state/value.ts";
import type { World } from "../state/world.ts";

/** What a command with options that are not followed may do to its operands. */
export function unclear(
  call: Call,
  world: World,
  change: "remove" | "replace" | "owner" = "replace",
): readonly World[] {
  const why = reasons.options({ command: call.name });
  let after = world;
  for (const arg of call.args) {
    const text = knownText(arg.value);
    if (text?.startsWith("-")) continue;
    const written = text === null ? null : pathOf(after, text);
    const path = written === null ? null : absolute("/", written);
    const field: Field = path === null ? arg : { value: [path], rest: false };
    after = vague(call, after, field, change, why);
    // It may also be a directory with all that is in it.
    if (path !== null)
      after = vague(call, after, { value: [`${path}/`, { why, holds: "text" }], rest: false }, change, why);
  }
  return [withStatus(after, "any")];
}

export const rm: Handler = (call, world) => {
  const long = [
    "--force",
    "--recursive",
    "--verbose",
    "--one-file-system",
    "--no-preserve-root",
    "--preserve-root",
    "--dir",
  ];
  const options = optionsOf(call.args, "frRvd", long);
  if (!options) return unclear(call, world, "remove");
  const force = options.flags.has("f") || options.flags.has("--force");
  const recursive = ["r", "R", "--recursive"].some((flag) => options.flags.has(flag));
  const empty = options.flags.has("d") || options.flags.has("--dir");
  if (options.operands.length === 0) return [withStatus(world, force ? 0 : 1)];
  return eachOperand(
    call,
    world,
    options.operands,
    (world, path, written) => {
      if (/(?:^|\/)\.{1,2}\/*$/.test(written)) {
        // It refuses `.` and `..` where they are there.
        return found(call, world, path, true).map((each) =>
          withStatus(each.world, each.is === "lost" ? "any" : each.is === "there" || !force ? 1 : 0),
        );
      }
      const bare = path.replace(/(.)\/+$/, "$1");
      return found(call, world, bare, false).flatMap((each) => {
        if (each.is === "lost") return [lost(call, each.world, each.path)];
        if (each.is !== "there") return [withStatus(each.world, force ? 0 : 1)];
        if (each.path === "/") return [failed(each.world)];
        if (bare !== path && each.state.kind !== "directory") {
          if (each.state.kind === null) return [maybeGone(call, each.world, each.path)];
          // Where a link leads to a directory, versions of rm differ.
          return each.state.kind === "link"
            ? unclear(call, each.world, "remove")
            : [withStatus(each.world, force ? 0 : 1)];
        }
        if (each.state.kind === null && !recursive) return [maybeGone(call, each.world, each.path)];
        if (each.state.kind === "directory" && !recursive)
          return empty ? removeEmpty(call, each.world, each.path) : [failed(each.world)];
        if (each.state.kind === "directory") return removeTree(call, each.world, each.path);
        return unlinkName(call, each.world, each.path);
      });
    },
    "remove",
    force ? 0 : 1,
  );
};

function maybeGone(call: Call, world: World, path: string): World {
  return vague(call, world, { value: [path], rest: false }, "remove", reasons.written({ command: call.name }));
}

/** A directory with everything in it; only root can be sure that nothing in it resists. */
function removeTree(call: Call, world: World, path: string): readonly World[] {
  const { user } = call.runner.setting;
  const inside = world.files.below(path).filter(([, state]) => state.exists !== "no");
  const state = world.files.get(path);
  if (user?.root || (inside.length === 0 && state.listed)) return unlinkName(call, world, path);
  const own =
    access(call.runner.setting, state, bits.write) === "yes" &&
    inside.every(([, each]) => each.kind !== "directory" && each.kind !== null);
  if (own && state.listed) return unlinkName(call, world, path);
  const why = reasons.mayFail({ command: call.name });
  const below: Value = [`${path}/`, { why, holds: "text" }];
  return [vague(call, maybeGone(call, world, path), { value: below, rest: false }, "remove", why)];
}

function removeEmpty(call: Call, world: World, path: string): readonly World[] {
  const inside = world.files.below(path).filter(([each, state]) => parentOf(each) === path && state.exists !== "no");
  if (inside.some(([, state]) => state.exists === "yes")) return [failed(world)];
  const { listed } = world.files.get(path);
  const empty = inside.length === 0 && (listed || world.files.others.exists === "no");
  return either(
    empty ? "yes" : "maybe",
    world,
    call.context,
    call.place,
    (each) => unlinkName(call, each, path),
    (each) => [failed(each)],
  );
}

export const unlink: Handler = (call, world) => {
  const options = optionsOf(call.args, "");
  if (options?.operands.length !== 1) return [failed(world)];
  return eachOperand(
    call,
    world,
    options.operands,
    (world, path) =>
      found(call, world, path, false).flatMap((each) => {
        if (each.is === "lost") return [lost(call, each.world, each.path)];
        if (each.is !== "there" || each.state.kind === "directory") return [failed(each.world)];
        return each.state.kind === null
          ? [maybeGone(call, each.world, each.path)]
          : unlinkName(call, each.world, each.path);
      }),
    "remove",
  );
};

export const rmdir: Handler = (call, world) => {
  const options = optionsOf(call.args, "v", ["--verbose"]);
  if (!options) return unclear(call, world, "remove");
  return eachOperand(
    call,
    world,
    options.operands,
    (world, path) =>
      found(call, world, path.replace(/(.)\/+$/, "$1"), false).flatMap((each) => {
        if (each.is === "lost") return [lost(call, each.world, each.path)];
        if (each.is !== "there") return [failed(each.world)];
        if (each.state.kind === null) return [maybeGone(call, each.world, each.path)];
        return each.state.kind === "directory" ? removeEmpty(call, each.world, each.path) : [failed(each.world)];
      }),
    "remove",
  );
};

export const mkdir: Handler = (call, world) => {
  const options = optionsOf(call.args, "pvm:", ["--parents", "--mode=", "--verbose"]);
  if (!options) return unclear(call, world);
  const parents = options.flags.has("p") || options.flags.has("--parents");
  const given = valueOfOption(options, "m", "--mode");
  const mode =
    given === undefined
      ? 0o777 & ~world.umask
      : given !== null && /^[0-7]+$/.test(given)
        ? Number.parseInt(given, 8)
        : null;
  return eachOperand(
    call,
    world,
    options.operands,
    (world, path) => makeDirectory(call, world, path, parents, mode),
    "make",
  );
};

export function makeDirectory(
  call: Call,
  world: World,
  path: string,
  parents: boolean,
  mode: number | null,
): readonly World[] {
  const bare = path.replace(/(.)\/+$/, "$1");
  if (!parents) return makeOne(call, world, bare, mode, false);
  let worlds: readonly World[] = [withStatus(world, 0)];
  const names = bare.split("/").filter((name) => name !== "" && name !== ".");
  for (let count = 1; count <= names.length; count++) {
    const part = `/${names.slice(0, count).join("/")}`;
    const last = count === names.length;
    const modeOfPart = last ? mode : 0o777 & ~world.umask;
    worlds = worlds.flatMap((each) => (each.status === 0 ? makeOne(call, each, part, modeOfPart, true) : [each]));
  }
  return worlds;
}

function makeOne(call: Call, world: World, path: string, mode: number | null, existing: boolean): readonly World[] {
  return found(call, world, path, existing).flatMap((each) => {
    if (each.is === "lost") return [existing ? withStatus(each.world, "any") : failed(each.world)];
    if (each.is === "missing") return [failed(each.world)];
    if (each.is === "there") {
      if (!existing) return [failed(each.world)];
      return [withStatus(each.world, each.state.kind === "directory" ? 0 : each.state.kind === null ? "any" : 1)];
    }
    // A dangling link is there, for mkdir(2).
    if (existing && each.world.files.get(path).kind === "link") return [failed(each.world)];
    return inDirectory(call, each.world, parentOf(each.path), (world) => {
      const made = newFile(call, world, { kind: "directory", bytes: null, listed: true, mode });
      return [withStatus(act(call, world, "make-directory", each.path, world.files.with(each.path, made)), 0)];
    });
  });
}

export const touch: Handler = (call, world) => {
  const options = optionsOf(call.args, "acmr:t:d:", ["--no-create", "--date=", "--reference="]);
  if (!options) return unclear(call, world);
  const makes = !options.flags.has("c") && !options.flags.has("--no-create");
  const reference = options.values.has("r") || options.values.has("--reference");
  const after = eachOperand(
    call,
    world,
    options.operands,
    (world, path) =>
      found(call, world, path, true).flatMap((each) => {
        if (each.is === "lost") return [lost(call, each.world, each.path)];
        if (each.is === "missing") return [withStatus(each.world, makes ? 1 : "any")];
        if (/[^/]\/+$/.test(path) && each.state.kind !== "directory") return [failed(each.world)];
        if (each.is === "free")
          return makes
            ? create(call, each.world, each.path, (made) => [withStatus(made, 0)])
            : [withStatus(each.world, 0)];
        const { user } = call.runner.setting;
        const own = each.state.user !== null && user?.names.includes(each.state.user) === true;
        const may = own ? "yes" : access(call.runner.setting, each.state, bits.write);
        return either(
          may,
          each.world,
          call.context,
          call.place,
          (one) => [withStatus(one, 0)],
          (one) => [failed(one)],
        );
      }),
    "make",
  );
  return reference ? after.map((each) => withStatus(each, "any")) : after;
};

/** Plays sources and a target: the target may be a directory. */
export function toTarget(
  call: Call,
  world: World,
  operands: readonly Field[],
  into: Field | undefined,
  plain: boolean,
  one: (world: World, from: string, to: string) => readonly World[],
): readonly World[] {
  const target = into ?? operands.at(-1);
  const sources = into ? operands : operands.slice(0, -1);
  if (!target || sources.length === 0) return [failed(world)];
  const text = target.rest ? null : knownText(target.value);
  const to = text === null || text === "" ? null : pathOf(world, text);
  const known = sources.every(({ rest, value }) => !rest && knownText(value) !== null);
  if (call.name === "cp" && to === null && known && text === null) {
    // What is copied stays as it is.
    const below: Field = {
      ...target,
      value: [...target.value, "/", { why: reasons.path({ command: "cp" }), holds: "text" }],
    };
    return [vague(call, vague(call, world, target, "write"), below, "write")];
  }
  if (to === null || !known) return unclear(call, world);
  return found(call, world, to, true).flatMap((each) => {
    if (each.is === "lost" || (each.is === "there" && each.state.kind === null)) return unclear(call, each.world);
    const directory = each.is === "there" && each.state.kind === "directory" && !plain;
    if (!directory && (sources.length > 1 || into)) return [failed(each.world)];
    if (!directory && /[^/]\/+$/.test(to) && each.is === "there") return [failed(each.world)];
    return eachOperand(
      call,
      each.world,
      sources,
      (world, from) => {
        const name = from.replace(/\/+$/, "").split("/").at(-1) ?? "";
        if (directory && (name === "" || name === "." || name === "..")) return unclear(call, world);
        return one(world, from, directory ? `${to.replace(/\/+$/, "")}/${name}` : to);
      },
      "write",
    );
  });
}

export function both(a: "yes" | "no" | "maybe", b: "yes" | "no" | "maybe"): "yes" | "no" | "maybe" {
  return a === "no" || b === "no" ? "no" : a === "yes" && b === "yes" ? "yes" : "maybe";
}
