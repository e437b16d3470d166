import { reasons } from "../reasons.ts";
import { act, type Call, eachOperand, failed, found, type Handler, pathOf, withStatus, write } from "../run/call.ts";
import { optionsOf, sizeOf, valueOfOption } from "../run/options.ts";
import { lengthen, openForWriting, resize, rewrite } from "../state/effects.ts";
import type { Content, FileState } from "../state/files.ts";
import { either } from "../state/lookup.ts";
import { type Field, knownText, unknownValue } from "../state/value.ts";
import type { World } from "../state/world.ts";
import { unclear } from "./paths.ts";

/** Larger files than this are not possible on every filesystem (16 TiB on ext4). */
const largest = 16 * 1024 ** 4 - 4096;

export const truncate: Handler = (call, world) => {
  const options = optionsOf(call.args, "cor:s:", ["--no-create", "--size=", "--reference="]);
  if (!options || options.flags.has("o")) return unclear(call, world);
  const given = valueOfOption(options, "s", "--size");
  const reference = options.values.get("r") ?? options.values.get("--reference");
  if ((given === undefined) === (reference === undefined) || options.operands.length === 0) {
    return given !== undefined && reference !== undefined ? unclear(call, world) : [failed(world)];
  }
  if (reference) return unclear(call, world);
  const found = given === null ? null : /^\s*([+\-<>/%]?)\s*(\d+\w*)$/.exec(given as string);
  const amount = found ? sizeOf(found[2] as string) : null;
  if (given !== null && amount === null)
    return /^\s*[+\-<>/%]?\s*\d/.test(given as string) ? unclear(call, world) : [failed(world)];
  const makes = !options.flags.has("c") && !options.flags.has("--no-create");
  return eachOperand(
    call,
    world,
    options.operands,
    (world, path) => truncateOne(call, world, path, found?.[1] ?? "", amount, makes),
    "write",
    makes ? 1 : 0,
  );
};

function truncateOne(
  call: Call,
  world: World,
  path: string,
  sign: string,
  amount: number | null,
  makes: boolean,
): readonly World[] {
  const absent = makes ? null : found(call, world, path, true);
  if (absent) {
    return absent.flatMap((each) => {
      if (each.is === "free" || each.is === "missing") return [withStatus(each.world, each.is === "free" ? 0 : "any")];
      return truncateOne(call, each.world, path, sign, amount, true);
    });
  }
  return openForWriting(call, world, path, true, (world, real, state) => {
    if (state.kind !== "file")
      return [state.kind === null ? withStatus(resize(call, world, real, null), "any") : failed(world)];
    if (amount === null) return [withStatus(resize(call, world, real, null), "any")];
    if (state.bytes === null) {
      if (sign === ">") return sure(call, amount, world, (each) => lengthen(call, each, real, amount));
      if (sign !== "") return [resize(call, world, real, null)];
    }
    const bytes = target(sign, amount, state.bytes ?? 0);
    if (bytes === null) return [failed(world)];
    return sure(call, bytes, world, (each) => resize(call, each, real, bytes));
  });
}

/** A size beyond what some filesystems can hold may be refused. */
function sure(call: Call, bytes: number, world: World, then: (world: World) => World): readonly World[] {
  const may = bytes > largest ? "maybe" : "yes";
  return either(
    may,
    world,
    call.context,
    call.place,
    (each) => [then(each)],
    (each) => [failed(each)],
  );
}

function target(sign: string, amount: number, before: number): number | null {
  if (sign === "+") return before + amount;
  if (sign === "-") return Math.max(0, before - amount);
  if (sign === "<") return Math.min(before, amount);
  if (sign === ">") return Math.max(before, amount);
  if (sign === "/") return amount === 0 ? null : Math.floor(before / amount) * amount;
  if (sign === "%") return amount === 0 ? null : Math.ceil(before / amount) * amount;
  return amount;
}

export const fallocate: Handler = (call, world) => {
  const options = optionsOf(call.args, "l:o:nv", ["--length=", "--offset=", "--keep-size", "--verbose"]);
  const length = options ? valueOfOption(options, "l", "--length") : null;
  const offset = options ? (valueOfOption(options, "o", "--offset") ?? "0") : null;
  if (options?.operands.length !== 1) return unclear(call, world);
  if (length === undefined) return [failed(world)];
  const [size, start] = [length, offset].map((text) => (text === null ? null : sizeOf(text)));
  if (size === null || size === undefined || start === null || start === undefined) return unclear(call, world);
  if (size === 0) return [failed(world)];
  const keeps = options.flags.has("n") || options.flags.has("--keep-size");
  return eachOperand(
    call,
    world,
    options.operands,
    (world, path) =>
      openForWriting(call, world, path, true, (world, real, state) => {
        if (state.kind !== "file") return [withStatus(world, state.kind === null ? "any" : 1)];
        return keeps
          ? [withStatus(world, 0)]
          : sure(call, size + start, world, (each) => lengthen(call, each, real, size + start));
      }),
    "write",
  );
};

export const dd: Handler = (call, world) => {
  const operands = new Map<string, string | null>();
  for (const { value, rest } of call.args) {
    const [first] = value;
    const name = typeof first === "string" ? /^(\w+)=/.exec(first)?.[1] : undefined;
    if (name === undefined || rest) return unclear(call, world);
    operands.set(name, knownText([(first as string).slice(name.length + 1), ...value.slice(1)]));
  }
  const of = call.args.find(({ value: [first] }) => typeof first === "string" && first.startsWith("of="));
  if (!of) return [withStatus(write(world, unknownValue(reasons.output({ command: "dd" }))), "any")];
  const [head, ...tail] = of.value;
  const file: Field = { value: [(head as string).slice(3), ...tail].filter((part) => part !== ""), rest: false };
  return eachOperand(call, world, [file], (world, path) => copyTo(call, operands, world, path), "write");
};

function copyTo(
  call: Call,
  operands: ReadonlyMap<string, string | null>,
  world: World,
  path: string,
): readonly World[] {
  const conv = (operands.get("conv") ?? "").split(",").filter((word) => word !== "");
  const plain = conv.every((word) => /^(?:notrunc|fsync|fdatasync|sparse|noerror|nocreat|excl)$/.test(word));
  const numbers = plain && !operands.has("oflag") && !operands.has("iflag") && !conv.includes("excl");
  const number = (name: string, otherwise: number) => {
    const text = operands.get(name);
    return text === undefined ? otherwise : text === null ? null : multiplied(text);
  };
  const block = number("bs", 512);
  const [ibs, obs] = [number("ibs", block ?? 0), number("obs", block ?? 0)];
  const [count, skip, seek] = [number("count", -1), number("skip", 0), number("seek", 0)];
  const known = numbers && ![block, ibs, obs, count, skip, seek].includes(null);
  const source = sourceOf(call, world, operands.get("if"));
  if (source === "missing") return [failed(world)];
  if (/^\/dev\/(?:null|zero)$/.test(path)) return [withStatus(world, 0)];
  return openForWriting(call, world, path, !conv.includes("nocreat"), (world, real, state) => {
    const why = reasons.written({ command: "dd" });
    if (!known || (state.kind !== "file" && state.kind !== "block") || source === null) {
      const content: Content = { is: "unknown", why };
      const files = world.files.with(real, {
        ...state,
        bytes: state.kind === "block" ? state.bytes : null,
        content,
        why,
      });
      return [withStatus(act(call, world, "write", real, files, { why }), "any")];
    }
    const available = source.bytes === null ? null : Math.max(0, source.bytes - (skip as number) * (ibs as number));
    const wanted = count === -1 ? null : (count as number) * (ibs as number);
    const length =
      wanted === null ? available : available === null ? (source.endless ? wanted : null) : Math.min(wanted, available);
    const start = (seek as number) * (obs as number);
    if (wanted === null && source.endless)
      return [withStatus(rewrite(call, world, real, null, { is: "unknown", why }), "any")];
    const cuts = !conv.includes("notrunc") && state.kind === "file";
    return [copied(call, world, real, state, { start, length, cuts, zeros: source.zeros })];
  });
}

interface Copied {
  readonly start: number;
  readonly length: number | null;
  readonly cuts: boolean;
  readonly zeros: boolean;
}

function copied(
  call: Call,
  world: World,
  path: string,
  state: FileState,
  { start, length, cuts, zeros }: Copied,
): World {
  const cut = cuts ? resize(call, world, path, start) : world;
  if (length === 0) return withStatus(cut, 0);
  const before = cut.files.get(path);
  const end = length === null ? null : start + length;
  const bytes =
    state.kind === "block" ? state.bytes : end === null || before.bytes === null ? null : Math.max(before.bytes, end);
  // Zeros behind the end of what was there only make it longer.
  const behind = zeros && before.bytes !== null && start >= before.bytes;
  const blank =
    zeros &&
    (before.content.is === "blank" || (start === 0 && end !== null && before.bytes !== null && end >= before.bytes));
  const content: Content = blank
    ? { is: "blank" }
    : behind && before.content.is !== "text"
      ? before.content
      : { is: "unknown", why: reasons.written({ command: "dd" }) };
  const files = cut.files.with(path, { ...before, bytes, content });
  const what = behind ? "lengthen" : "write";
  return withStatus(act(call, cut, what, path, files, bytes === null ? {} : { bytes }), 0);
}

/** Null: not known. */
function sourceOf(call: Call, world: World, name: string | null | undefined) {
  if (name === null) return null;
  if (name === undefined) {
    const text = knownText(world.input);
    const [only] = world.input;
    const bytes = text !== null ? Buffer.byteLength(text) : typeof only === "object" ? (only.bytes ?? null) : null;
    return { bytes, endless: false, zeros: false };
  }
  if (name === "/dev/zero") return { bytes: null, endless: true, zeros: true };
  if (name === "/dev/urandom" || name === "/dev/random") return { bytes: null, endless: true, zeros: false };
  if (name === "/dev/null") return { bytes: 0, endless: false, zeros: false };
  const path = pathOf(world, name);
  if (path === null || path.startsWith("/dev/")) return null;
  const [only, more] = found(call, world, path, true);
  if (!only || more || only.is === "lost") return null;
  if (only.is !== "there") return only.world === world ? ("missing" as const) : null;
  return only.state.kind === "file"
    ? { bytes: only.state.bytes, endless: false, zeros: only.state.content.is === "blank" }
    : null;
}

function multiplied(text: string): number | null {
  const parts = text
    .split("x")
    .map((part) => sizeOf(part.replace(/^(\d+)c$/, "$1").replace(/^(\d+)w$/, (_, n) => String(Number(n) * 2))));
  return parts.includes(null) ? null : (parts as number[]).reduce((a, b) => a * b, 1);
}
