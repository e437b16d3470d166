import { reasons } from "../reasons.ts";
import { act, type Call, eachOperand, failed, found, type Handler, pathOf, withStatus } from "../run/call.ts";
import { optionsOf } from "../run/options.ts";
import { inDirectory, lost, newFile, openForWriting, rewrite, unlinkName } from "../state/effects.ts";
import { type FileState, parentOf, unknownFile } from "../state/files.ts";
import { concat, knownText } from "../state/value.ts";
import type { World } from "../state/world.ts";
import { unclear } from "./paths.ts";

export const ln: Handler = (call, world) => {
  const options = optionsOf(call.args, "sfnvTrt:", [
    "--symbolic",
    "--force",
    "--no-dereference",
    "--verbose",
    "--no-target-directory",
    "--relative",
  ]);
  if (!options || options.values.size > 0) return unclear(call, world);
  const has = (...names: string[]) => names.some((name) => options.flags.has(name));
  const symbolic = has("s", "--symbolic");
  const force = has("f", "--force");
  const relative = has("r", "--relative");
  const [first, second, more] = options.operands;
  if (!first || more || !symbolic) return unclear(call, world);
  if (!second && has("T", "--no-target-directory")) return [failed(world)];
  if (knownText(first.value) === "") return force ? unclear(call, world, "remove") : [failed(world)];
  const name = knownText(first.value)?.replace(/\/+$/, "").split("/").at(-1);
  const written = second ? knownText(second.value) : name;
  const to = written === null || written === undefined || written === "" ? null : pathOf(world, written);
  if (to === null || second?.rest) return unclear(call, world);
  const follow = !has("n", "--no-dereference", "T", "--no-target-directory");
  return found(call, world, to, follow).flatMap((each) => {
    if (each.is === "lost") return [lost(call, each.world, each.path)];
    const inside = each.is === "there" && each.state.kind === "directory" && !has("T", "--no-target-directory");
    if (inside && (name === undefined || name === "")) return unclear(call, each.world);
    if (each.is === "there" && each.state.kind === null) return unclear(call, each.world);
    const at = inside ? `${to.replace(/\/+$/, "")}/${name}` : to;
    const target = knownText(first.value);
    const same = target === null ? null : sameName(call, each.world, target, at);
    // Versions of ln differ in whether a link to nowhere may be replaced by one to itself.
    if (force && same !== false) {
      const sure = same && each.world.files.get(at).kind !== "link";
      if (sure) return [failed(each.world)];
      const why = reasons.options({ command: "ln" });
      const path = found(call, each.world, at, false)[0]?.path ?? at;
      const files = each.world.files.with(path, unknownFile(why));
      return [withStatus(act(call, each.world, "anything", path, files, { sure: false, why }), "any")];
    }
    return makeLink(call, each.world, at, relative ? null : target, force);
  });
};

/** Whether the target, seen from here, is the very name that the link would replace: ln refuses that. Null: not known. */
function sameName(call: Call, world: World, target: string, at: string): boolean | null {
  const path = pathOf(world, target);
  if (path === null) return null;
  const [source, more] = found(call, world, path, false);
  const [name, others] = found(call, world, at, false);
  if (more || others || !source || !name) return source?.path === name?.path ? null : false;
  return source.is === "there" && name.is === "there" && source.path === name.path;
}

function makeLink(call: Call, world: World, at: string, target: string | null, force: boolean): readonly World[] {
  const place = (world: World, path: string): readonly World[] =>
    inDirectory(call, world, parentOf(path), (world) => {
      const made = newFile(call, world, {
        kind: "link",
        target,
        bytes: target === null ? null : Buffer.byteLength(target),
        mode: 0o777,
      });
      const to = target === null ? {} : { to: { is: "known", path: target } as const };
      return [withStatus(act(call, world, "link", path, world.files.with(path, made), to), 0)];
    });
  return found(call, world, at, false).flatMap((each) => {
    if (each.is === "lost") return [lost(call, each.world, each.path)];
    if (each.is === "missing") return [failed(each.world)];
    if (each.is === "free") return at.endsWith("/") ? [failed(each.world)] : place(each.world, each.path);
    if (!force || each.state.kind === "directory") return [failed(each.world)];
    return unlinkName(call, each.world, each.path, (world) => place(world, each.path));
  });
}

export const tee: Handler = (call, world) => {
  const options = optionsOf(call.args, "ai", ["--append"]);
  if (!options) return unclear(call, world);
  const appends = options.flags.has("a") || options.flags.has("--append");
  const text = knownText(world.input);
  const after = eachOperand(
    call,
    world,
    options.operands,
    (world, path) =>
      openForWriting(call, world, path, true, (world, real, state: FileState) => {
        if (state.kind !== "file") return [withStatus(world, "any")];
        const before = appends
          ? state.bytes === 0
            ? ""
            : state.content.is === "text"
              ? state.content.text
              : null
          : "";
        const why = reasons.written({ command: "tee" });
        if (text === null || before === null) {
          return [
            {
              ...rewrite(call, world, real, 0, { is: "unknown", why }),
              files: world.files.with(real, { ...state, bytes: null, content: { is: "unknown", why }, why }),
            },
          ];
        }
        const whole = before + text;
        return [
          rewrite(
            call,
            world,
            real,
            Buffer.byteLength(whole),
            whole === "" ? { is: "blank" } : { is: "text", text: whole },
          ),
        ];
      }),
    "write",
  );
  return after.map((each) => ({ ...each, out: each.out === null ? null : concat(each.out, world.input) }));
};
