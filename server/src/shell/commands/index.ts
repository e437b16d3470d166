import { anything, type Handler, withStatus, write } from "../call.ts";
import { reasons } from "../reasons.ts";
import { knownText, unknownValue } from "../value.ts";
import { cp, install } from "./copy.ts";
import { attach, fsck, mkfs, qemuImg, relabel, resize2fs } from "./filesystems.ts";
import { find } from "./find.ts";
import { succeeding } from "./inert.ts";
import { ln, tee } from "./links.ts";
import { basename, cat, compare, dirname, du, readlink, seq, stat, wc } from "./output.ts";
import { chattr, chmod, chown, sed, setfacl, shred } from "./owners.ts";
import { mkdir, mv, rm, rmdir, touch, unlink } from "./paths.ts";
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
  mkfs,
  mke2fs: mkfs,
  mkdosfs: mkfs,
  mkswap: mkfs,
  e2fsck: fsck,
  fsck,
  "fsck.ext4": fsck,
  "fsck.ext3": fsck,
  "fsck.ext2": fsck,
  resize2fs,
  e2label: relabel,
  tune2fs: relabel,
  fatlabel: relabel,
  "qemu-img": qemuImg,
  losetup: attach,
  mount: attach,
  umount: attach,
  systemctl,
  mktemp,
};
