import { reasons } from "../reasons.ts";
import { anything, type Handler, withStatus, write } from "../run/call.ts";
import { knownText, unknownValue } from "../state/value.ts";
import { cp, install } from "./copy.ts";
import { attach, fsck, mkfs, qemuImg, relabel, resize2fs } from "./filesystems.ts";
import { find } from "./find.ts";
import { succeeding } from "./inert.ts";
import { ln, tee } from "./links.ts";
import { mv } from "./move.ts";
import { basename, cat, compare, dirname, du, readlink, seq, stat, wc } from "./output.ts";
import { chattr, chmod, chown, sed, setfacl, shred } from "./owners.ts";
import { mkdir, rm, rmdir, touch, unlink } from "./paths.ts";
import { dd, fallocate, truncate } from "./sizes.ts";
import { wrappers } from "./wrappers.ts";

/** Asking changes nothing; starting and stopping units may do anything. */
const systemctl: Handler = (call, world) => {
  const verb = call.args.map(({ value }) => knownText(value)).find((text) => text === null || !text.startsWith("-"));
  const asks =
    verb !== null && /^(?:status|is-\w+|show|cat|list-[\w-]+|daemon-reload|get-default)$/.test(verb ?? "status");
  const output = unknownValue(reasons.output({ command: "systemctl" }));
  if (asks) return [withStatus(write(world, output), "any")];
  return [write(anything(call, world, reasons.anyCommand({ command: `systemctl ${verb ?? ""}` })), output)];
};

const mktemp: Handler = (call, world) => {
  // A new name that nobody has; a template of one's own may be in a directory of images.
  const own = call.args.some(({ value }) => !/^-/.test(knownText(value) ?? "x"));
  if (own)
    return [
      write(
        anything(call, world, reasons.options({ command: "mktemp" })),
        unknownValue(reasons.output({ command: "mktemp" })),
      ),
    ];
  const value = [
    {
      why: reasons.output({ command: "mktemp" }),
      holds: "word",
      hole: { why: reasons.output({ command: "mktemp" }), holds: "word", prefix: "/tmp/" },
    },
  ] as const;
  return [withStatus(write(world, value), 0)];
};

/** What a program prints while it works is not known. */
function printing(handler: Handler): Handler {
  return (call, world) =>
    handler(call, world).map((after) => write(after, unknownValue(reasons.output({ command: call.name }))));
}

/** Programs whose doing is known, by base name. */
export const commands: Readonly<Record<string, Handler>> = {
  __proto__: null as never,
  ...succeeding,
  ...wrappers,
  rm,
  unlink,
  rmdir,
  mkdir,
  touch,
  mv,
  cp,
  install,
  ln,
  tee,
  truncate,
  fallocate,
  dd,
  chown,
  chgrp: chown,
  chmod,
  chattr,
  setfacl,
  shred,
  sed,
  find,
  stat,
  du,
  wc,
  cat,
  basename,
  dirname,
  readlink,
  realpath: readlink,
  seq,
  cmp: compare,
  diff: compare,
  mkfs: printing(mkfs),
  mke2fs: printing(mkfs),
  mkdosfs: printing(mkfs),
  mkswap: printing(mkfs),
  e2fsck: printing(fsck),
  fsck: printing(fsck),
  "fsck.ext4": printing(fsck),
  "fsck.ext3": printing(fsck),
  "fsck.ext2": printing(fsck),
  resize2fs: printing(resize2fs),
  e2label: printing(relabel),
  tune2fs: printing(relabel),
  fatlabel: printing(relabel),
  "qemu-img": qemuImg,
  losetup: attach,
  mount: attach,
  umount: attach,
  systemctl,
  mktemp,
};
