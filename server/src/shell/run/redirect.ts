import { expandChunks, expandFields, wholeValue } from "../expand/expand.ts";
import { reasons } from "../reasons.ts";
import { lost, openForWriting, resize } from "../state/effects.ts";
import type { FileState } from "../state/files.ts";
import { access, bits, either } from "../state/lookup.ts";
import { concat, type Field, knownText, unknownValue, type Value } from "../state/value.ts";
import type { World } from "../state/world.ts";
import type { Redirect } from "../syntax/tree.ts";
import { act, type Call, failed, found, vague, withStatus } from "./call.ts";

/** Opens what the redirections name, runs, and puts what was written into the files. `keep`: they stay, as for `exec`. */
export function withRedirects(
  call: Call,
  redirects: readonly Redirect[],
  world: World,
  run: (world: World) => readonly World[],
  keep = false,
): readonly World[] {
  const [first, ...rest] = redirects;
  if (!first) return run(world);
  const inner = (world: World) => withRedirects(call, rest, world, run, keep);
  if (first.body) {
    return expandChunks(first.body, world, call.context, call.runner).flatMap(({ world, made }) =>
      reading(world, wholeValue(made), inner, keep),
    );
  }
  if (/^<<-?$/.test(first.operator) || first.descriptor === -1) {
    return [call.runner.lost(world, call.context, first, reasons.syntax())];
  }
  return expandFields([first.target], world, call.context, call.runner).flatMap(({ world, made }) => {
    if (world.flow) return [world];
    const [target] = made;
    // A redirection to several words is an error, before the command runs.
    if (!target || made.length > 1) return [failed(world)];
    return one(call, first, target, world, inner, keep);
  });
}

function one(
  call: Call,
  redirect: Redirect,
  target: Field,
  world: World,
  run: (world: World) => readonly World[],
  keep: boolean,
): readonly World[] {
  const { operator, descriptor } = redirect;
  const text = target.rest ? null : knownText(target.value);
  if (operator === "<<<") return reading(world, concat(target.value, ["\n"]), run, keep);
  if (operator === ">&" || operator === "<&") {
    const duplicate = text !== null && /^(?:\d*-|\d+)$/.test(text);
    if (duplicate || operator === "<&" || descriptor !== null)
      return duplicated(operator, descriptor, text, world, run);
  }
  if (text !== null && devices.has(text)) return toDevice(operator, descriptor, text, world, run, keep);
  if (text === null) {
    const reads = operator === "<";
    const named: Call = { ...call, name: operator };
    const opened = reads ? withStatus(world, "any") : vague(named, world, target, "write");
    const why = reasons.path({ command: operator });
    const after = either(
      "maybe",
      opened,
      call.context,
      redirect,
      (world) => {
        const inside = reads
          ? { ...world, input: unknownValue(why) }
          : { ...world, out: standard(operator, descriptor) ? null : world.out };
        return run(inside).map((each) => restored(each, world, keep));
      },
      (world) => [failed(world)],
    );
    return after;
  }
  if (text === "") return [failed(world)];
  const path = text.startsWith("/") ? text : world.cwd === null ? null : `${world.cwd}/${text}`;
  if (path === null) {
    const unknown: Field = { value: unknownValue(reasons.directory()), rest: false };
    return one(call, redirect, unknown, world, run, keep);
  }
  const named: Call = { ...call, name: operator };
  if (operator === "<") return fromFile(named, path, world, run, keep);
  return toFile(named, operator, descriptor, path, world, run, keep);
}

function standard(operator: string, descriptor: number | null): boolean {
  return descriptor === 1 || (descriptor === null && operator !== "<") || operator.startsWith("&");
}

function restored(after: World, before: World, keep: boolean): World {
  return keep ? after : { ...after, out: before.out, input: before.input };
}

function reading(world: World, input: Value, run: (world: World) => readonly World[], keep: boolean): readonly World[] {
  return run({ ...world, input }).map((after) => (keep ? after : { ...after, input: world.input }));
}

function duplicated(
  operator: string,
  descriptor: number | null,
  text: string | null,
  world: World,
  run: (world: World) => readonly World[],
): readonly World[] {
  if (operator === "<&") {
    return run({ ...world, input: unknownValue(reasons.output({ command: "<&" })) }).map((each) =>
      restored(each, world, false),
    );
  }
  const from = descriptor ?? 1;
  if (from === 2 && text === "1") {
    return run({ ...world, complained: false }).map((each) => ({
      ...each,
      complained: each.complained || world.complained,
      out:
        each.out !== null && each.complained
          ? concat(each.out, unknownValue(reasons.output({ command: "2>&1" })))
          : each.out,
    }));
  }
  if (from !== 1 || text === "1") return run(world);
  // To standard error nobody listens; where another number leads is not followed.
  const where =
    world.out === null || text === "2" || text === "-" ? null : unknownValue(reasons.output({ command: `>&${text}` }));
  return run({ ...world, out: null }).map((each) => ({
    ...each,
    out: where === null || world.out === null ? world.out : concat(world.out, where),
  }));
}

const devices = new Set(
  "null zero full stdout stderr stdin tty console kmsg random urandom".split(" ").map((name) => `/dev/${name}`),
);

function toDevice(
  operator: string,
  descriptor: number | null,
  text: string,
  world: World,
  run: (world: World) => readonly World[],
  keep: boolean,
): readonly World[] {
  if (operator === "<") {
    const input = text === "/dev/null" ? [""] : unknownValue(reasons.output({ command: text }));
    return reading(world, input, run, keep);
  }
  if (!standard(operator, descriptor) || text === "/dev/stdout") return run(world);
  return run({ ...world, out: null }).map((each) => restored(each, world, keep));
}

function fromFile(
  call: Call,
  path: string,
  world: World,
  run: (world: World) => readonly World[],
  keep: boolean,
): readonly World[] {
  return found(call, world, path, true).flatMap((each) => {
    if (each.is === "lost") return [lost(call, each.world, each.path)];
    if (each.is !== "there") return [failed(each.world)];
    return either(
      access(call.runner.setting, each.state, bits.read),
      each.world,
      call.context,
      call.place,
      // A directory can be opened, and not be read.
      (world) => {
        const after = reading(world, textOf(each.state, path), run, keep);
        return each.state.kind === "file"
          ? after
          : after.map((one) => (one.status === 0 ? withStatus(one, "any") : one));
      },
      (world) => [failed(world)],
    );
  });
}

/** What reading a file gives. */
export function textOf(state: FileState, path: string): Value {
  if (state.content.is === "text") return [state.content.text];
  if (state.bytes === 0 && state.kind === "file") return [""];
  const why = reasons.output({ command: path });
  return [{ why, holds: "text", ...(state.bytes !== null && state.kind === "file" ? { bytes: state.bytes } : {}) }];
}

function toFile(
  call: Call,
  operator: string,
  descriptor: number | null,
  path: string,
  world: World,
  run: (world: World) => readonly World[],
  keep: boolean,
): readonly World[] {
  const appends = operator.includes(">>");
  return openForWriting(call, world, path, true, (opened, real, state) => {
    const truncates = !appends && operator !== "<>" && state.kind === "file";
    const ready = truncates
      ? resize(call, opened, real, 0)
      : state.kind === null
        ? perhaps(call, opened, real)
        : opened;
    const toStandard = standard(operator, descriptor) && operator !== "<>";
    const before = ready.files.get(real);
    const inside = { ...ready, out: toStandard ? [] : ready.out, status: world.status, complained: false };
    if (keep)
      return run(written(call, { ...inside, out: null }, real, unknownValue(reasons.written({ command: operator }))));
    return run(inside).map((after) => {
      // Where the name leads to another file by now, what is written is seen by nobody.
      const same = after.files.get(real) === before;
      const errors = descriptor === 2 || operator.startsWith("&");
      const text = toStandard ? (after.out ?? []) : [];
      const unsure = errors && after.complained ? unknownValue(reasons.written({ command: operator })) : [];
      const complained = after.complained || world.complained;
      const restoredWorld = { ...after, out: toStandard ? world.out : after.out, complained };
      if (!same) return restoredWorld;
      const status = restoredWorld.status;
      return withStatus(written(call, restoredWorld, real, concat(text, unsure)), status);
    });
  });
}

/** A file to whose end something was written. */
function written(call: Call, world: World, path: string, value: Value): World {
  const text = knownText(value);
  if (text === "") return world;
  const state = world.files.get(path);
  if (state.kind !== "file") return world;
  const bytes = text === null || state.bytes === null ? null : state.bytes + Buffer.byteLength(text);
  const why = reasons.written({ command: call.name });
  const before = state.bytes === 0 ? "" : state.content.is === "text" ? state.content.text : null;
  const content =
    text === null || before === null
      ? ({ is: "unknown", why } as const)
      : ({ is: "text", text: before + text } as const);
  return {
    ...world,
    files: world.files.with(path, { ...state, bytes, content, why: bytes === null ? why : state.why }),
  };
}

/** What it is is not known: a file has other content then. */
function perhaps(call: Call, world: World, path: string): World {
  const why = reasons.written({ command: ">" });
  const content = { is: "unknown", why } as const;
  const files = world.files.with(path, { ...world.files.get(path), bytes: null, content });
  return act(call, world, "write", path, files, { sure: false, why });
}
