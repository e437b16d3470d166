import { reasons } from "../reasons.ts";
import {
  act,
  type Call,
  eachOperand,
  failed,
  found,
  type Handler,
  handedOver,
  vague,
  withStatus,
  write,
} from "../run/call.ts";
import { type Options, optionsOf, sizeOf, valueOfOption } from "../run/options.ts";
import { openForWriting, resize } from "../state/effects.ts";
import type { Content, FileState } from "../state/files.ts";
import { either } from "../state/lookup.ts";
import { knownText, unknownValue } from "../state/value.ts";
import type { World } from "../state/world.ts";
import { unclear } from "./paths.ts";

const MiB = 1024 ** 2;

/** What a program that makes filesystems is like. */
interface Maker {
  readonly type: string;
  readonly letters: string;
  readonly label: string;
  readonly mostLabel: number;
  /** Below it, it may refuse. */
  readonly least: number;
  /** Refuses where it finds a filesystem, unless it is told to go on. */
  readonly careful: boolean;
  /** Options with which it is sure to succeed. */
  readonly plain: RegExp;
  readonly dry: string;
}

const ext: Omit<Maker, "type"> = {
  letters: "b:C:cDd:E:e:Ff:g:G:I:i:J:jL:l:m:M:nN:o:O:qr:ST:t:U:vV",
  label: "L",
  mostLabel: 16,
  least: MiB,
  careful: false,
  plain: /^[LqFvm]$/,
  dry: "n",
};

const makers: Readonly<Record<string, Maker>> = {
  ext2: { ...ext, type: "ext2" },
  ext3: { ...ext, type: "ext3" },
  ext4: { ...ext, type: "ext4" },
  xfs: {
    type: "xfs",
    letters: "b:c:d:fi:KL:l:m:Nn:p:qr:s:V",
    label: "L",
    mostLabel: 12,
    least: 320 * MiB,
    careful: true,
    plain: /^[Lqf]$/,
    dry: "N",
  },
  btrfs: {
    type: "btrfs",
    letters: "A:b:Cd:fKL:l:m:n:O:qR:r:s:U:Vv",
    label: "L",
    mostLabel: 255,
    least: 128 * MiB,
    careful: true,
    plain: /^[Lqf]$/,
    dry: "",
  },
  vfat: {
    type: "vfat",
    letters: "aAb:cCD:f:F:g:h:i:Il:m:M:n:r:R:s:S:v",
    label: "n",
    mostLabel: 11,
    least: 2 * MiB,
    careful: false,
    plain: /^[nIvF]$/,
    dry: "",
  },
  swap: {
    type: "swap",
    letters: "cfp:L:v:U:qe:o:V",
    label: "L",
    mostLabel: 15,
    least: MiB,
    careful: false,
    plain: /^[Lqf]$/,
    dry: "",
  },
};

export const mkfs: Handler = (call, world) => {
  const type = typeOf(call);
  const maker = makers[type === "fat" || type === "dos" || type === "msdos" ? "vfat" : type];
  const options = maker ? optionsOf(call.args, maker.letters) : null;
  if (!maker || !options) return unclear(call, world);
  if (maker.dry !== "" && options.flags.has(maker.dry)) return [withStatus(world, "any")];
  const [file, size] = options.operands;
  if (!file) return [failed(world)];
  if (size || options.flags.has("C") || options.flags.has("c")) return unclear(call, world);
  return eachOperand(
    call,
    world,
    [file],
    (world, path) =>
      openForWriting(call, world, path, false, (world, real, state) => {
        if (state.kind !== "file" && state.kind !== "block")
          return [withStatus(vague(call, world, file, "write"), "any")];
        return format(call, world, real, state, maker, options);
      }),
    "write",
  );
};

function typeOf(call: Call): string {
  if (call.name === "mkswap") return "swap";
  if (call.name === "mke2fs") {
    const at = call.args.findIndex(({ value }) => knownText(value) === "-t");
    const named = at < 0 ? undefined : call.args[at + 1];
    return named ? (knownText(named.value) ?? "") : "ext2";
  }
  if (call.name === "mkdosfs") return "vfat";
  return call.name.slice("mkfs.".length);
}

function format(
  call: Call,
  world: World,
  path: string,
  state: FileState,
  maker: Maker,
  options: Options,
): readonly World[] {
  const label = valueOfOption(options, maker.label);
  const length = label === undefined || label === null ? 0 : Buffer.byteLength(label);
  const used = [...options.flags, ...options.values.keys()];
  const sure =
    state.bytes !== null &&
    state.bytes >= maker.least &&
    label !== null &&
    length <= maker.mostLabel &&
    !(maker.type === "vfat" && label !== undefined && !/^[A-Z0-9_-]+$/.test(label)) &&
    used.every((letter) => maker.plain.test(letter)) &&
    !(options.values.has("m") && !/^\d$/.test(valueOfOption(options, "m") ?? "")) &&
    !(options.values.has("F") && maker.type === "vfat") &&
    (!maker.careful || options.flags.has("f") || state.content.is === "blank");
  const made = (world: World): readonly World[] => {
    const known = label === null || length > maker.mostLabel || maker.type === "vfat" ? null : (label ?? "");
    const vfat = maker.type === "vfat" && label !== null && /^[A-Z0-9_-]*$/.test(label ?? "") ? (label ?? "") : known;
    const content: Content = {
      is: "filesystem",
      type: maker.type,
      label: vfat,
      bytes: plainSize(options) ? state.bytes : null,
    };
    const files = world.files.with(path, { ...state, content });
    const size = state.bytes === null ? {} : { bytes: state.bytes };
    return [
      withStatus(
        act(call, world, "format", path, files, {
          type: maker.type,
          ...(vfat === null ? {} : { label: vfat }),
          ...size,
        }),
        0,
      ),
    ];
  };
  const refused = (world: World): readonly World[] => {
    const why = reasons.mayFail({ command: call.name });
    const content: Content = { is: "unknown", why };
    const files = world.files.with(path, { ...state, content, why });
    return [failed(act(call, world, "write", path, files, { sure: false, why }))];
  };
  // A file of nothing holds no filesystem.
  if (state.kind === "file" && state.bytes === 0) return [failed(world)];
  return either(sure ? "yes" : "maybe", world, call.context, call.place, made, refused);
}

function plainSize(options: Options): boolean {
  return !options.values.has("b") && !options.values.has("d");
}

/** A check keeps the filesystem that is there; its status says what it found. */
export const fsck: Handler = (call, world) => {
  const options = optionsOf(call.args, "apnyfvcdDFkb:B:C:E:j:l:L:z:tVM", []);
  if (!options) return unclear(call, world);
  return eachOperand(
    call,
    world,
    options.operands,
    (world, path) =>
      found(call, world, path, true).map((each) => {
        if (each.is !== "there") return withStatus(each.world, each.is === "lost" ? "any" : 8);
        const { content } = each.state;
        const fresh =
          content.is === "filesystem" && /^ext/.test(content.type) && /^(?:e2fsck|fsck\.ext[234])$/.test(call.name);
        return withStatus(
          each.world,
          fresh && content.bytes === each.state.bytes ? 0 : content.is === "blank" ? "fail" : "any",
        );
      }),
    "write",
  );
};

export const resize2fs: Handler = (call, world) => {
  const options = optionsOf(call.args, "fFpPMbsd:S:z:", []);
  const [file, size] = options?.operands ?? [];
  if (!options || !file || options.flags.has("M") || options.values.size > 0) return unclear(call, world);
  if (options.flags.has("P"))
    return [withStatus(write(world, unknownValue(reasons.output({ command: "resize2fs" }))), "any")];
  return eachOperand(
    call,
    world,
    [file],
    (world, path) =>
      openForWriting(call, world, path, false, (world, real, state) => {
        const { content } = state;
        if (content.is === "blank") return [failed(world)];
        if (content.is === "filesystem" && !/^ext/.test(content.type)) return [failed(world)];
        const why = reasons.written({ command: "resize2fs" });
        const filled = (world: World): readonly World[] => {
          const known = content.is === "untouched" || content.is === "filesystem";
          const to: FileState =
            size || !known
              ? { ...state, bytes: size ? null : state.bytes, content: { is: "unknown", why }, why }
              : content.is === "untouched"
                ? { ...state, content: { ...content, fills: true } }
                : { ...state, content: { ...content, bytes: state.bytes } };
          return [withStatus(act(call, world, "write", real, world.files.with(real, to)), 0)];
        };
        return either("maybe", world, call.context, call.place, filled, (each) => [failed(each)]);
      }),
    "write",
  );
};

/** `e2label FILE LABEL`, `tune2fs -L LABEL FILE`, `fatlabel FILE LABEL`. */
export const relabel: Handler = (call, world) => {
  const tunes = call.name === "tune2fs" || call.name === "xfs_admin";
  const options = optionsOf(call.args, tunes ? "L:flc:i:m:e:O:o:r:U:E:jC:T:u:g:p" : "");
  if (!options) return unclear(call, world);
  const [file, second] = options.operands;
  if (!file) return [failed(world)];
  const given = tunes ? options.values.get("L") : second;
  const others = tunes && [...options.values.keys()].some((letter) => letter !== "L");
  if (!given && !others) return [withStatus(write(world, unknownValue(reasons.output({ command: call.name }))), "any")];
  return eachOperand(
    call,
    world,
    [file],
    (world, path) =>
      openForWriting(call, world, path, false, (world, real, state) => {
        const label =
          given && Buffer.byteLength(knownText(given.value) ?? "x".repeat(99)) <= 11 ? knownText(given.value) : null;
        const { content } = state;
        if (content.is === "blank") return [failed(world)];
        if (others || label === null || (content.is !== "untouched" && content.is !== "filesystem"))
          return handed(call, world);
        const files = world.files.with(real, { ...state, content: { ...content, label } });
        return either(
          "maybe",
          world,
          call.context,
          call.place,
          (each) => [withStatus(act(call, each, "write", real, files, { label }), 0)],
          (each) => [failed(each)],
        );
      }),
    "write",
  );
};

function handed(call: Call, world: World): readonly World[] {
  return [handedOver(call, world, call.args, reasons.unknownCommand({ command: call.name }))];
}

export const qemuImg: Handler = (call, world) => {
  const [first, ...args] = call.args;
  const verb = first ? knownText(first.value) : null;
  const output = unknownValue(reasons.output({ command: "qemu-img" }));
  if (verb === "info" || verb === "check" || verb === "measure" || verb === "map" || verb === "compare") {
    const repairs = verb === "check" && args.some(({ value }) => knownText(value)?.startsWith("-r") !== false);
    return repairs ? handed(call, world) : [withStatus(write(world, output), "any")];
  }
  const said = write(world, output);
  if (verb === "resize") return resizeImage({ ...call, args }, said);
  if (verb === "create") return createImage({ ...call, args }, said);
  return handed({ ...call, args }, said);
};

function resizeImage(call: Call, world: World): readonly World[] {
  // A size may begin with a dash.
  const last = call.args.at(-1);
  const text = last ? knownText(last.value) : null;
  const options = optionsOf(call.args.slice(0, -1), "qf:", [
    "--shrink",
    "--preallocation=",
    "--object=",
    "--image-opts",
  ]);
  const [file] = options?.operands ?? [];
  const found = /^([+-]?)(\d+[bkKMGTPE]?)$/.exec(text ?? "");
  const amount = found ? sizeOf((found[2] as string).replace("b", "")) : null;
  const raw = options ? valueOfOption(options, "f") === "raw" : false;
  if (
    !options ||
    !file ||
    options.operands.length !== 1 ||
    amount === null ||
    !raw ||
    options.flags.has("--image-opts")
  )
    return handed(call, world);
  return eachOperand(
    call,
    world,
    [file],
    (world, path) =>
      openForWriting(call, world, path, false, (world, real, state) => {
        if (state.kind !== "file" || state.bytes === null) return [withStatus(resize(call, world, real, null), "any")];
        const sign = found?.[1];
        const current = Math.ceil(state.bytes / 512) * 512;
        const wanted = sign === "+" ? current + amount : sign === "-" ? current - amount : amount;
        const bytes = Math.ceil(wanted / 512) * 512;
        if (wanted < 0) return [failed(world)];
        if (bytes < current && !options.flags.has("--shrink")) return [failed(world)];
        return [resize(call, world, real, bytes)];
      }),
    "write",
  );
}

function createImage(call: Call, world: World): readonly World[] {
  const options = optionsOf(call.args, "qf:b:F:o:u", []);
  const [file, size] = options?.operands ?? [];
  const format = options ? (valueOfOption(options, "f") ?? "raw") : null;
  const amount = size ? sizeOf((knownText(size.value) ?? "x").replace(/b$/, "")) : null;
  if (!options || !file) return handed(call, world);
  const raw = format === "raw" && amount !== null && !options.values.has("b") && !options.values.has("o");
  const why = reasons.written({ command: "qemu-img create" });
  return eachOperand(
    call,
    world,
    [file],
    (world, path) =>
      openForWriting(call, world, path, true, (world, real, state) => {
        if (state.kind !== "file") return handed(call, world);
        const bytes = raw ? Math.ceil((amount as number) / 512) * 512 : null;
        const content: Content = raw ? { is: "blank" } : { is: "unknown", why };
        const files = world.files.with(real, { ...state, bytes, content, why: raw ? null : why });
        const after = act(call, world, "write", real, files, bytes === null ? { why } : { bytes });
        return [withStatus(after, raw ? 0 : "any")];
      }),
    "write",
  );
}

/** What makes a file a device or mounts it: whoever writes there writes into it. */
export const attach: Handler = (call, world) => {
  const output = unknownValue(reasons.output({ command: call.name }));
  if (call.args.length === 0 || call.args.every(({ value }) => /^-(?:a|l|-list|j|-all)$/.test(knownText(value) ?? "")))
    return [withStatus(write(world, output), "any")];
  return [write(handedOver(call, world, call.args, reasons.unknownCommand({ command: call.name })), output)];
};
