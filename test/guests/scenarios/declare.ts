import type { Declaration } from "../declaration.ts";
import type { Scenario } from "../scenario.ts";
import { data, sizes, store, writing } from "./use.ts";

const two = (first: object, second: object): Declaration => ({
  volumes: [
    { image: "a.img", mountPoint: "/a", size: 32, ...first },
    { image: "b.img", mountPoint: "/b", size: 32, ...second },
  ],
});

const below = (mount: object): Declaration => ({
  overlay: "/persist/rw",
  volumes: [{ image: "persist.img", mountPoint: "/persist", size: 32, label: "persist" }],
  fileSystems: { "/persist": mount },
});

/** One partition of Linux from 1 MiB on, and the mark of a partition table. */
const partition = `${String.raw`\x00\x20\x21\x00\x83\xaa\x28\x02\x00\x08\x00\x00\x00\xf0\x00\x00`}${String.raw`\x00`.repeat(48)}${String.raw`\x55\xaa`}`;

/** Declarations that were edited since the images were made, and first starts. */
export const declareScenarios: readonly Scenario[] = [
  ...(["ext4", "ext3", "ext2", "xfs", "btrfs"] as const).map(
    (fsType): Scenario => ({
      name: `${fsType}-created`,
      first: null,
      second: data(fsType, { label: "data" }),
    }),
  ),
  { name: "vfat-created", first: null, second: data("vfat", { label: "DATA" }) },
  { name: "store-created", first: null, second: store("xfs") },
  { name: "xfs-too-small", first: null, second: data("xfs", { size: 200 }) },
  { name: "xfs-label-too-long", first: null, second: data("xfs", { label: "thirteen-byte" }) },
  { name: "ext4-label-cut", first: null, second: data("ext4", { label: "seventeen-bytes-x" }) },
  { name: "ext4-label-with-blank", first: null, second: data("ext4", { label: "two words" }) },
  {
    name: "label-changed",
    first: data("ext4", { label: "old" }),
    acts: writing("/data"),
    second: data("ext4", { label: "new" }),
  },
  { name: "label-added", first: data("xfs"), acts: writing("/data"), second: data("xfs", { label: "data" }) },
  { name: "label-removed", first: data("btrfs", { label: "data" }), acts: writing("/data"), second: data("btrfs") },
  { name: "ext4-to-xfs", first: data("ext4"), acts: writing("/data"), second: data("xfs", { size: sizes.ext4 }) },
  { name: "xfs-to-ext4", first: data("xfs"), acts: writing("/data"), second: data("ext4", { size: sizes.xfs }) },
  { name: "ext4-to-ext3", first: data("ext4"), acts: writing("/data"), second: data("ext3", { size: sizes.ext4 }) },
  { name: "ext3-to-ext4", first: data("ext3"), acts: writing("/data"), second: data("ext4", { size: sizes.ext3 }) },
  { name: "ext2-to-ext4", first: data("ext2"), acts: writing("/data"), second: data("ext4", { size: sizes.ext2 }) },
  { name: "ext4-to-ext2", first: data("ext4"), acts: writing("/data"), second: data("ext2", { size: sizes.ext4 }) },
  { name: "ext3-to-ext2", first: data("ext3"), acts: writing("/data"), second: data("ext2", { size: sizes.ext3 }) },
  { name: "ext2-to-ext3", first: data("ext2"), acts: writing("/data"), second: data("ext3", { size: sizes.ext2 }) },
  {
    name: "type-found-by-mount",
    first: data("xfs"),
    acts: writing("/data"),
    second: { ...data("ext4", { size: sizes.xfs }), fileSystems: { "/data": { fsType: "auto" } } },
  },
  {
    name: "swapped-in-the-list",
    first: two({}, {}),
    acts: "echo a > /a/marker && echo b > /b/marker && sync",
    second: { volumes: [...two({}, {}).volumes].reverse() },
  },
  {
    name: "swapped-with-labels",
    first: two({ label: "one" }, { label: "two" }),
    acts: "echo a > /a/marker && echo b > /b/marker && sync",
    second: { volumes: [...two({ label: "one" }, { label: "two" }).volumes].reverse() },
  },
  {
    name: "optional-and-missing",
    first: two({}, { label: "two" }),
    acts: writing("/a"),
    second: { ...two({}, { label: "three" }), fileSystems: { "/b": { options: ["nofail"] } } },
  },
  {
    name: "not-mounted-at-boot",
    first: two({}, { label: "two" }),
    acts: writing("/a"),
    second: { ...two({}, { label: "three" }), fileSystems: { "/b": { options: ["noauto"] } } },
  },
  {
    name: "device-forced",
    first: data("ext4", { label: "old" }),
    acts: writing("/data"),
    second: { ...data("ext4", { label: "new" }), fileSystems: { "/data": { device: "/dev/disk/by-label/old" } } },
  },
  {
    name: "device-forced-away",
    first: data("ext4", { label: "old" }),
    acts: writing("/data"),
    second: { ...data("ext4", { label: "old" }), fileSystems: { "/data": { device: "/dev/disk/by-label/other" } } },
  },
  {
    name: "store-below-a-volume",
    first: below({ neededForBoot: true }),
    acts: "mkdir /nix/store/aaa",
    second: below({}),
  },
  { name: "store-below-a-needed-volume", first: below({ neededForBoot: true }), acts: "mkdir /nix/store/aaa" },
  {
    name: "store-not-needed",
    first: store("ext4"),
    acts: "mkdir /nix/store/aaa",
    second: { ...store("ext4"), fileSystems: { "/nix/.rw-store": { neededForBoot: false } } },
  },
  {
    name: "store-read-only",
    first: store("ext4"),
    acts: "mkdir /nix/store/aaa",
    second: store("ext4", { readOnly: true }),
  },
  { name: "store-on-vfat", first: null, second: store("vfat", { label: "STORE" }) },
  {
    name: "owned-by-root",
    first: data("ext4"),
    between: "chown 0:0 data.img && chmod 0600 data.img",
    alone: true,
  },
  { name: "missing", first: null, second: data("ext4", { autoCreate: false }), alone: true },
  { name: "directory-in-place", first: null, between: "mkdir data.img", second: data("ext4"), alone: true },
  { name: "folder-missing", first: null, second: data("ext4", { image: "images/data.img" }) },
  {
    name: "partitioned",
    first: null,
    between: `truncate -s 32M data.img && chown --reference=. data.img && printf '${partition}' | dd of=data.img bs=1 seek=446 conv=notrunc status=none`,
    second: data("ext4"),
  },
  {
    name: "qcow2-as-raw",
    first: null,
    between: "qemu-img create -q -f qcow2 data.img 32M && chown --reference=. data.img",
    second: data("ext4"),
  },
];
