import { reasons } from "../reasons.ts";
import { type Call, failed, found, type Handler, pathOf, withStatus, write } from "../run/call.ts";
import { optionsOf, valueOfOption } from "../run/options.ts";
import { textOf } from "../run/redirect.ts";
import { access, bits, either, type Found } from "../state/lookup.ts";
import { concat, type Field, knownText, unknownValue, type Value } from "../state/value.ts";
import type { Status, World } from "../state/world.ts";

/** Reads each operand and prints what `say` makes of it; null: it fails for this one. */
function eachFile(
  call: Call,
  world: World,
  operands: readonly Field[],
  follow: boolean,
  say: (each: Found, written: string) => Value | null,
): readonly World[] {
  let worlds: readonly World[] = [withStatus(world, 0)];
  const output = unknownValue(reasons.output({ command: call.name }));
  for (const { value, rest } of operands) {
    const text = rest ? null : knownText(value);
    worlds = worlds.flatMap((before) => {
      const path = text === null || text === "" ? null : pathOf(before, text);
      if (text === "") return [failed(before)];
      if (path === null) return [withStatus(write(before, output), "any")];
      return found(call, before, path, follow).map((each) => {
        if (each.is === "lost") return withStatus(write(each.world, output), "any");
        const said = say(each, text as string);
        return said === null ? failed(each.world) : write(each.world, said);
      });
    });
  }
  return worlds;
}

function unclear(call: Call, world: World): readonly World[] {
  return [withStatus(write(world, unknownValue(reasons.output({ command: call.name }))), "any")];
}

export const stat: Handler = (call, world) => {
  const options = optionsOf(call.args, "Lftc:", ["--dereference", "--format=", "--printf=", "--terse"]);
  if (!options || options.operands.length === 0) return unclear(call, world);
  const format = valueOfOption(options, "c", "--format", "--printf");
  const end = options.values.has("--printf") ? "" : "\n";
  const follow = options.flags.has("L") || options.flags.has("--dereference");
  return eachFile(call, world, options.operands, follow, ({ is, state }, written) => {
    if (is !== "there") return null;
    const unknown = unknownValue(reasons.size({ path: written }), "word");
    if (format === undefined || format === null || options.flags.has("f") || /\\/.test(format)) return unknown;
    let value: Value = [];
    for (const piece of format.match(/%.|[^%]+|%/g) ?? []) {
      const size = state.kind === "directory" || state.kind === null ? null : state.kind === "block" ? 0 : state.bytes;
      const names: Readonly<Record<string, string>> = { directory: "directory", link: "symbolic link" };
      const name =
        state.kind === "file" ? (size === 0 ? "regular empty file" : "regular file") : names[state.kind ?? ""];
      if (piece === "%s") value = concat(value, size === null ? unknown : [String(size)]);
      else if (piece === "%n") value = concat(value, [written]);
      else if (piece === "%F" && name !== undefined && (state.kind !== "file" || size !== null))
        value = concat(value, [name]);
      else if (piece === "%a" && state.mode !== null) value = concat(value, [state.mode.toString(8)]);
      else value = concat(value, piece.startsWith("%") ? unknown : [piece]);
    }
    return concat(value, [end]);
  });
};

export const du: Handler = (call, world) => {
  const options = optionsOf(call.args, "bskmhcalxB:d:L", [
    "--bytes",
    "--apparent-size",
    "--summarize",
    "--block-size=",
    "--human-readable",
  ]);
  if (options?.operands.length !== 1) return unclear(call, world);
  const unit = valueOfOption(options, "B", "--block-size");
  const apparent = options.flags.has("--apparent-size");
  const bytes = options.flags.has("b") || options.flags.has("--bytes") || (apparent && unit === "1");
  const others =
    ["k", "m", "h", "c", "L", "--human-readable"].some((flag) => options.flags.has(flag)) ||
    (unit !== undefined && unit !== "1");
  return eachFile(call, world, options.operands, false, ({ is, state }, written) => {
    if (is !== "there") return null;
    if (!bytes || others || state.kind !== "file" || state.bytes === null)
      return concat(unknownValue(reasons.size({ path: written }), "word"), [`\t${written}\n`]);
    return [`${state.bytes}\t${written}\n`];
  });
};

export const wc: Handler = (call, world) => {
  const options = optionsOf(call.args, "clmwL", ["--bytes", "--lines"]);
  if (!options || options.operands.length > 1) return unclear(call, world);
  const only = [...options.flags].every((flag) => flag === "c" || flag === "--bytes") && options.flags.size > 0;
  const [file] = options.operands;
  if (!file) {
    const text = knownText(world.input);
    const [part] = world.input;
    const bytes =
      text !== null
        ? Buffer.byteLength(text)
        : world.input.length === 1 && typeof part === "object"
          ? part.bytes
          : undefined;
    if (!only || bytes === undefined)
      return [withStatus(write(world, unknownValue(reasons.output({ command: "wc" }))), 0)];
    return [withStatus(write(world, [`${bytes}\n`]), 0)];
  }
  return eachFile(call, world, [file], true, ({ is, state }, written) => {
    if (is !== "there" || state.kind === "directory") return null;
    if (!only || state.kind !== "file" || state.bytes === null)
      return concat(unknownValue(reasons.size({ path: written }), "word"), [` ${written}\n`]);
    return [`${state.bytes} ${written}\n`];
  });
};

export const cat: Handler = (call, world) => {
  const options = optionsOf(call.args, "u", []);
  if (!options) return unclear(call, world);
  if (options.operands.length === 0) return [withStatus(write(world, world.input), 0)];
  let worlds: readonly World[] = [withStatus(world, 0)];
  for (const { value, rest } of options.operands) {
    const text = rest ? null : knownText(value);
    worlds = worlds.flatMap((before): readonly World[] => {
      if (text === "-") return [write(before, before.input)];
      const path = text === null || text === "" ? null : pathOf(before, text);
      if (text === "") return [failed(before)];
      if (path === "/dev/null") return [before];
      if (path === null || path.startsWith("/dev/")) return unclear(call, before);
      return found(call, before, path, true).flatMap((each): readonly World[] => {
        if (each.is === "lost" || (each.is === "there" && each.state.kind === null)) return unclear(call, each.world);
        if (each.is !== "there" || each.state.kind === "directory") return [failed(each.world)];
        const may = access(call.runner.setting, each.state, bits.read);
        return either(
          may,
          each.world,
          call.context,
          call.place,
          (one) => [write(one, textOf(each.state, path))],
          (one) => [failed(one)],
        );
      });
    });
  }
  return worlds;
};

export const basename: Handler = (call, world) => {
  const [first, suffix, more] = call.args.map(({ value, rest }) => (rest ? null : knownText(value)));
  if (first === undefined) return [failed(world)];
  if (first === null || suffix === null || more !== undefined || first.startsWith("-")) return unclear(call, world);
  const name =
    first === ""
      ? ""
      : (first
          .replace(/(.)\/+$/, "$1")
          .split("/")
          .at(-1) ??
          "") ||
        "/";
  const cut =
    suffix !== undefined && name !== suffix && name.endsWith(suffix)
      ? name.slice(0, name.length - suffix.length)
      : name;
  return [withStatus(write(world, [`${cut}\n`]), 0)];
};

export const dirname: Handler = (call, world) => {
  const [first, more] = call.args.map(({ value, rest }) => (rest ? null : knownText(value)));
  if (first === undefined) return [failed(world)];
  if (first === null || more !== undefined || first.startsWith("-")) return unclear(call, world);
  const bare = first.replace(/(.)\/+$/, "$1");
  const slash = bare.lastIndexOf("/");
  const directory = slash < 0 ? "." : bare.slice(0, slash).replace(/(.)\/+$/, "$1") || "/";
  return [withStatus(write(world, [`${directory}\n`]), 0)];
};

export const readlink: Handler = (call, world) => {
  const letters = call.name === "realpath" ? "eqz" : "fenqsv";
  const options = optionsOf(call.args, letters, ["--canonicalize", "--canonicalize-existing"]);
  if (options?.operands.length !== 1 || options.flags.has("z")) return unclear(call, world);
  const existing = options.flags.has("e") || options.flags.has("--canonicalize-existing");
  const whole = call.name === "realpath" || existing || options.flags.has("f") || options.flags.has("--canonicalize");
  const end = options.flags.has("n") ? "" : "\n";
  if (!whole) {
    return eachFile(call, world, options.operands, false, ({ is, state }) => {
      if (is !== "there" || (state.kind !== "link" && state.kind !== null)) return null;
      return state.target === null ? unknownValue(reasons.output({ command: "readlink" })) : [`${state.target}${end}`];
    });
  }
  return eachFile(call, world, options.operands, true, ({ is, path }) =>
    is === "there" || (is === "free" && !existing) ? [`${path}${end}`] : null,
  );
};

export const seq: Handler = (call, world) => {
  const numbers = call.args.map(({ value, rest }) => (rest ? null : knownText(value)));
  if (!numbers.every((text) => text !== null && /^-?\d{1,4}$/.test(text)) || numbers.length === 0 || numbers.length > 2)
    return unclear(call, world);
  const [first, last] = numbers.length === 1 ? [1, Number(numbers[0])] : [Number(numbers[0]), Number(numbers[1])];
  const list = Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => `${first + n}\n`);
  return [withStatus(write(world, [list.join("")]), 0)];
};

/** cmp and `diff -q`: 0 for the same content, 1 for other, 2 where one cannot be read. */
export const compare: Handler = (call, world) => {
  const options = optionsOf(call.args, "sqblrNun:i:", ["--silent", "--quiet", "--brief"]);
  const [a, b, more] = options?.operands ?? [];
  if (!options || !a || !b || more || options.flags.has("N") || options.values.size > 0) return unclear(call, world);
  const output = unknownValue(reasons.output({ command: call.name }));
  const paths = [a, b].map(({ value, rest }) => {
    const text = rest ? null : knownText(value);
    return text === null || text === "" || text === "-" ? null : pathOf(world, text);
  });
  const [first, second] = paths;
  if (!first || !second) return unclear(call, world);
  return found(call, world, first, true).flatMap((x) =>
    found(call, x.world, second, true).map((y) => {
      const status = compared(x, y);
      const silent = status === 0 || options.flags.has("s") || options.flags.has("--silent");
      return withStatus(silent ? y.world : write(y.world, output), status);
    }),
  );
};

function compared(x: Found, y: Found): Status {
  if (x.is === "lost" || y.is === "lost") return "any";
  if (x.is !== "there" || y.is !== "there") return 2;
  if (x.state.kind !== "file" || y.state.kind !== "file") return "any";
  if (x.path === y.path) return 0;
  const [a, b] = [x.state, y.state];
  if (a.bytes !== null && b.bytes !== null && a.bytes !== b.bytes) return 1;
  if (a.bytes === null || b.bytes === null) return "any";
  if (a.content.is === "text" && b.content.is === "text") return a.content.text === b.content.text ? 0 : 1;
  if (a.content.is === "blank" && b.content.is === "blank") return 0;
  const same =
    a.content.is === "untouched" &&
    b.content.is === "untouched" &&
    JSON.stringify(a.content) === JSON.stringify(b.content);
  return same ? 0 : "any";
}
