import { reasons } from "../reasons.ts";
import { act, type Call, failed, found, type Handler, pathOf, withStatus } from "../run/call.ts";
import { optionsOf } from "../run/options.ts";
import { gone, lost } from "../state/effects.ts";
import { parentOf } from "../state/files.ts";
import { access, bits, either } from "../state/lookup.ts";
import { type Field, knownPieces, knownText, mayBePath, whyUnknown } from "../state/value.ts";
import type { World } from "../state/world.ts";
import { both, toTarget, unclear } from "./paths.ts";

export const mv: Handler = (call, world) => {
  const options = optionsOf(call.args, "fnvTt:", [
    "--force",
    "--no-clobber",
    "--verbose",
    "--no-target-directory",
    "--target-directory=",
  ]);
  if (!options) return unclear(call, world);
  const keeps = options.flags.has("n") || options.flags.has("--no-clobber");
  const plain = options.flags.has("T") || options.flags.has("--no-target-directory");
  const away = options.values.size === 0 ? moveAway(call, world, options.operands) : null;
  if (away) return away;
  return toTarget(
    call,
    world,
    options.operands,
    options.values.get("t") ?? options.values.get("--target-directory"),
    plain,
    (world, from, to) => moveOne(call, world, from, to, keeps),
  );
};

/**
 * One file that is moved to a name that is not known as a whole: where no noted file may have that name and others are not
 * there, or the name holds the time to the second (`a.img.$(date +%s)`), it is gone from its own. Null: it may be otherwise.
 */
function moveAway(call: Call, world: World, [source, target, more]: readonly Field[]): readonly World[] | null {
  if (!source || !target || more || source.rest || target.rest || knownText(target.value) !== null) return null;
  const names = target.value.every((part) => typeof part === "string" || part.pattern?.source === "[^/]*");
  const text = knownText(source.value);
  const from = text === null || text === "" || text.endsWith("/") ? null : pathOf(world, text);
  const [start] = target.value;
  if (!names || from === null || typeof start !== "string" || !start.includes(".")) return null;
  const directory = pathOf(world, start.includes("/") ? start.slice(0, start.lastIndexOf("/") + 1) : "./");
  const isNew = target.value.some((part) => typeof part !== "string" && part.instant === true);
  const noted = [...world.files.entries()].some(
    ([path, { exists }]) => exists !== "no" && mayBePath(target.value, path, world.cwd),
  );
  const [into, others] = directory === null ? [] : found(call, world, directory, true);
  if (!into || others || into.is !== "there") return null;
  if (!isNew && (noted || !into.state.listed)) return null;
  return found(call, world, from, false).flatMap((each) => {
    if (each.is === "lost") return [lost(call, each.world, each.path)];
    if (each.is !== "there") return [failed(each.world)];
    const may = both(
      access(call.runner.setting, each.world.files.get(parentOf(each.path)), bits.write),
      access(call.runner.setting, into.state, bits.write),
    );
    const why = whyUnknown(target.value) ?? reasons.path({ command: call.name });
    const to = { is: "partly", known: knownPieces(target.value), why } as const;
    return either(
      may,
      each.world,
      call.context,
      call.place,
      (one) => {
        const files = one.files.withAll(gone(one, each.path));
        const fits = (path: string) => mayBePath(target.value, path, world.cwd);
        const key = `moved ${JSON.stringify(knownPieces(target.value))} ${world.cwd}`;
        return [
          withStatus(act(call, one, "move", each.path, files.touched({ key, fits, why, under: into.path }), { to }), 0),
        ];
      },
      (one) => [failed(one)],
    );
  });
}

function moveOne(call: Call, world: World, from: string, to: string, keeps: boolean): readonly World[] {
  const { setting } = call.runner;
  return found(call, world, from.replace(/(.)\/+$/, "$1"), false).flatMap((source) => {
    if (source.is === "lost") return [lost(call, source.world, source.path)];
    if (source.is !== "there") return [failed(source.world)];
    if (from.endsWith("/") && source.state.kind !== "directory") return unclear(call, source.world);
    return found(call, source.world, to.replace(/(.)\/+$/, "$1"), false).flatMap((target) => {
      if (target.is === "lost") return [lost(call, target.world, target.path)];
      if (target.is === "missing" || target.path === source.path) return [failed(target.world)];
      // A link is not moved onto what it leads to, nor that onto the link, in some versions.
      if (source.state.kind === "link" || (target.is === "there" && target.state.kind === "link")) {
        const ends = [source.path, target.path].map((path) => target.world.files.follow(path));
        if (ends[0]?.path === ends[1]?.path && target.is === "there") return unclear(call, target.world);
      }
      if (to.endsWith("/") && source.state.kind !== "directory") return [failed(target.world)];
      if (`${target.path}/`.startsWith(`${source.path}/`)) return [failed(target.world)];
      if (target.is === "there") {
        // Its status for a file that it leaves alone has changed between versions.
        if (keeps) return [withStatus(target.world, "any")];
        const kinds = [source.state.kind, target.state.kind];
        if (kinds.includes(null)) return unclear(call, target.world);
        const directories = kinds.filter((kind) => kind === "directory").length;
        if (directories === 1) return [failed(target.world)];
        if (directories === 2) return unclear(call, target.world);
      }
      const at = parentOf(target.path);
      return either(
        both(
          access(setting, target.world.files.get(parentOf(source.path)), bits.write),
          access(setting, target.world.files.get(at), bits.write),
        ),
        target.world,
        call.context,
        call.place,
        (world) => {
          const moved = world.files.below(source.path);
          const files = world.files
            .withAll(gone(world, target.path))
            .withAll([
              [target.path, source.state],
              ...moved.map(([path, state]) => [target.path + path.slice(source.path.length), state] as const),
            ])
            .withAll(gone(world, source.path));
          return [
            withStatus(act(call, world, "move", source.path, files, { to: { is: "known", path: target.path } }), 0),
          ];
        },
        (world) => [failed(world)],
      );
    });
  });
}
