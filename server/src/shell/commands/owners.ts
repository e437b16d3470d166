import { reasons } from "../reasons.ts";
import { act, type Call, eachOperand, failed, found, type Handler, handedOver, withStatus } from "../run/call.ts";
import { optionsOf } from "../run/options.ts";
import { openForWriting, unlinkName } from "../state/effects.ts";
import type { FileState } from "../state/files.ts";
import { knownText, unknownValue } from "../state/value.ts";
import type { World } from "../state/world.ts";
import { unclear } from "./paths.ts";

/** chown, chgrp, chmod: `change` gives the new state; null where it is not known. */
function changing(
  what: "change-owner" | "change-mode",
  change: (call: Call, spec: string | null, state: FileState) => FileState,
): Handler {
  return (call, world) => {
    // A mode may begin with a dash.
    const args = call.args.map((arg) =>
      what === "change-mode" && /^-[rwxXst]+$/.test(knownText(arg.value) ?? "") ? { value: ["u"], rest: false } : arg,
    );
    const options = optionsOf(args, "RvcfhLHPw", [
      "--recursive",
      "--verbose",
      "--changes",
      "--silent",
      "--quiet",
      "--no-dereference",
      "--reference=",
    ]);
    if (!options || options.values.size > 0) return unclear(call, world, "owner");
    const [first, ...operands] = options.operands;
    if (!first || operands.length === 0) return [failed(world)];
    const spec = first.rest ? null : knownText(first.value);
    const deep = options.flags.has("R") || options.flags.has("--recursive");
    const follow = !options.flags.has("h") && !options.flags.has("--no-dereference");
    return eachOperand(
      call,
      world,
      operands,
      (world, path) =>
        found(call, world, path, follow).flatMap((each) => {
          if (each.is === "lost") return [withStatus(each.world, "any")];
          if (each.is !== "there") return [failed(each.world)];
          return [changed(call, each.world, each.path, deep, (state) => change(call, spec, state), what)];
        }),
      "owner",
    );
  };
}

function changed(
  call: Call,
  world: World,
  path: string,
  deep: boolean,
  change: (state: FileState) => FileState,
  what: "change-owner" | "change-mode",
): World {
  const paths = [path];
  if (deep) for (const [each, state] of world.files.below(path)) if (state.exists !== "no") paths.push(each);
  const { user } = call.runner.setting;
  const root = user?.root === true;
  const states = paths.map((each): [string, FileState] => {
    const state = world.files.get(each);
    // On the way down, links get the owner themselves; their mode is no matter.
    if (state.kind === "link" && each !== path) return [each, what === "change-owner" ? change(state) : state];
    const to = change(state);
    // Somebody else may be refused.
    return [each, root ? to : { ...to, user: null, group: null, mode: null }];
  });
  const after = act(call, world, what, path, world.files.withAll(states));
  const own =
    what === "change-mode" &&
    user !== null &&
    states.every(([each]) => user.names.includes(world.files.get(each).user ?? ""));
  if (own) {
    const files = world.files.withAll(paths.map((each) => [each, change(world.files.get(each))] as const));
    return withStatus({ ...after, files }, 0);
  }
  return withStatus(after, root ? 0 : "any");
}

export const chown = changing("change-owner", (call, spec, state) => {
  if (spec === null) return { ...state, user: null, group: null };
  const [user, group] = spec.split(/[:.]/, 2) as [string, string | undefined];
  const next = {
    user: user === "" ? state.user : user,
    group: group === undefined ? state.group : group === "" ? null : group,
  };
  // Bits that stand for the owner's rights are cleared.
  const mode = state.mode !== null && (state.mode & 0o6000) !== 0 ? null : state.mode;
  return call.name === "chgrp" ? { ...state, group: spec, mode } : { ...state, ...next, mode };
});

export const chmod = changing("change-mode", (_, spec, state) => {
  if (spec !== null && /^[0-7]{3,4}$/.test(spec) && state.kind !== "directory")
    return { ...state, mode: Number.parseInt(spec, 8) };
  if (spec !== null && /^[0-7]{3}$/.test(spec) && state.mode !== null)
    return { ...state, mode: (state.mode & 0o6000) | Number.parseInt(spec, 8) };
  const simple = spec === null ? null : /^([ugoa]*)([+-])([rwx]+)$/.exec(spec);
  if (!simple || state.mode === null || simple[1] === "") return { ...state, mode: null };
  let bits = 0;
  for (const letter of simple[3] as string) bits |= { r: 4, w: 2, x: 1 }[letter] ?? 0;
  let mask = 0;
  for (const who of simple[1] as string) mask |= { u: bits << 6, g: bits << 3, o: bits, a: bits * 0o111 }[who] ?? 0;
  return { ...state, mode: simple[2] === "+" ? state.mode | mask : state.mode & ~mask };
});

/** `+C` and its like change nothing for us; a file that nobody may change any more is another matter. */
export const chattr: Handler = (call, world) => {
  const flags = call.args.map(({ value }) => knownText(value)).filter((text) => text !== null && /^[-+=]/.test(text));
  const harmless = flags.every((text) => /^(?:[-+=][cCdDsSTFmPA]+|-[RVf]|-[ia])$/.test(text as string));
  if (harmless && flags.length > 0) return [withStatus(world, "any")];
  return [handedOver(call, world, call.args, reasons.options({ command: "chattr" }))];
};

export const setfacl: Handler = (call, world) => {
  const operands = call.args.filter(({ value }) => !(knownText(value) ?? "").startsWith("-"));
  return eachOperand(
    call,
    world,
    operands,
    (world, path) =>
      found(call, world, path, true).map((each) => {
        if (each.is !== "there") return withStatus(each.world, "any");
        const state = { ...each.state, mode: null };
        return withStatus(
          act(call, each.world, "change-mode", each.path, each.world.files.with(each.path, state)),
          "any",
        );
      }),
    "owner",
  );
};

export const shred: Handler = (call, world) => {
  const options = optionsOf(call.args, "fn:uvxzs:", [
    "--force",
    "--iterations=",
    "--remove",
    "--remove=",
    "--exact",
    "--zero",
    "--verbose",
  ]);
  if (!options || options.values.has("s")) return unclear(call, world);
  const removes = options.flags.has("u") || options.flags.has("--remove");
  const exact = options.flags.has("x") || options.flags.has("--exact");
  return eachOperand(
    call,
    world,
    options.operands,
    (world, path) =>
      openForWriting(call, world, path, false, (world, real, state) => {
        if (state.kind !== "file") return unclear(call, world);
        if (removes) {
          // What a link leads to is overwritten, and the link is removed.
          const wiped = state.bytes === 0 ? world : overwritten(call, world, real, null);
          return found(call, wiped, path, false).flatMap((name) => unlinkName(call, name.world, name.path));
        }
        // Sizes are rounded up to whole blocks.
        return [withStatus(overwritten(call, world, real, exact || state.bytes === 0 ? state.bytes : null), 0)];
      }),
    "write",
  );
};

function overwritten(call: Call, world: World, path: string, bytes: number | null): World {
  const why = reasons.written({ command: "shred" });
  const files = world.files.with(path, { ...world.files.get(path), bytes, content: { is: "unknown", why }, why });
  return act(call, world, "write", path, files, { why });
}

export const sed: Handler = (call, world) => {
  const inPlace = call.args.some(
    ({ value: [first] }) => typeof first === "string" && /^(?:-[nErsuz]*i|--in-place)/.test(first),
  );
  const output = unknownValue(reasons.output({ command: "sed" }));
  const after = { ...world, out: world.out === null ? null : output };
  // A program may write files of its own.
  const program = call.args.map(({ value }) => knownText(value)).join(" ");
  if (!inPlace) return /[^\\]?\bw\s|[;/]w\s|\be\b/.test(program) ? unclear(call, after) : [withStatus(after, "any")];
  return unclear(call, after);
};
