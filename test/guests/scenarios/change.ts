import type { Scenario } from "../scenario.ts";
import { data, sizes, store, writing } from "./use.ts";

const fillBytes = (place: string) =>
  `dd if=/dev/zero of=${place}/full bs=1M 2>/dev/null; dd if=/dev/zero of=${place}/fuller bs=1k 2>/dev/null; sync`;
const fillInodes = (place: string) => `i=0; while true 2>/dev/null > ${place}/f$i; do i=$((i + 1)); done; sync`;
const few = { mkfsExtraArgs: ["-N", "64"] };
const grown = { fileSystems: { "/data": { autoResize: true } } };
const growing = ["ext4", "ext3", "xfs", "btrfs"] as const;

/** The volume that a guest filled up while it was mounted at another place than the store's. */
const filledForStore = (fsType: "ext4" | "btrfs"): Scenario => ({
  name: `${fsType}-full-before-store`,
  first: { volumes: [{ image: "store.img", mountPoint: "/data", size: sizes[fsType], fsType, label: "rw-store" }] },
  acts: fillBytes("/data"),
  second: store(fsType),
});

/** Filled, cut off, lengthened and read-only images, and starts that grow, empty or format one. */
export const changeScenarios: readonly Scenario[] = [
  ...(["ext4", "ext2", "xfs", "btrfs"] as const).map(
    (fsType): Scenario => ({
      name: `${fsType}-full`,
      first: data(fsType),
      acts: fillBytes("/data"),
      end: fsType === "xfs" ? "killed" : "unmounted",
    }),
  ),
  ...(["ext4", "xfs", "btrfs"] as const).map(
    (fsType): Scenario => ({
      name: `${fsType}-store-full`,
      first: store(fsType),
      acts: fillBytes("/nix/store"),
    }),
  ),
  filledForStore("ext4"),
  filledForStore("btrfs"),
  { name: "ext4-no-inodes", first: data("ext4", few), acts: fillInodes("/data") },
  { name: "ext4-store-no-inodes", first: store("ext4", few), acts: fillInodes("/nix/store") },
  { name: "ext2-store-no-inodes", first: store("ext2", few), acts: fillInodes("/nix/store") },
  ...growing.map(
    (fsType): Scenario => ({
      name: `${fsType}-grows`,
      first: data(fsType),
      acts: writing("/data"),
      between: `truncate -s ${sizes[fsType] * 2}M data.img`,
      second: { ...data(fsType, { size: sizes[fsType] * 2 }), ...grown },
    }),
  ),
  ...growing.map(
    (fsType): Scenario => ({
      name: `${fsType}-lengthened-only`,
      first: data(fsType),
      acts: writing("/data"),
      between: `truncate -s ${sizes[fsType] * 2}M data.img`,
      second: data(fsType, { size: sizes[fsType] * 2 }),
    }),
  ),
  {
    name: "ext4-grows-at-start",
    first: data("ext4"),
    acts: writing("/data"),
    second: { ...data("ext4", { size: 64 }), ...grown, preStart: "truncate -s '>64M' data.img" },
  },
  {
    name: "ext4-killed-grows-at-start",
    first: data("ext4"),
    acts: writing("/data"),
    end: "killed",
    second: { ...data("ext4", { size: 64 }), ...grown, preStart: "truncate -s '>64M' data.img" },
  },
  {
    name: "ext4-lengthened-at-start",
    first: data("ext4"),
    acts: writing("/data"),
    second: { ...data("ext4", { size: 64 }), preStart: "truncate -s '>64M' data.img" },
  },
  { name: "ext4-declared-larger", first: data("ext4"), acts: writing("/data"), second: data("ext4", { size: 64 }) },
  {
    name: "ext4-emptied-at-start",
    first: data("ext4"),
    acts: writing("/data"),
    second: { ...data("ext4"), preStart: "rm -f data.img" },
  },
  {
    name: "store-emptied-at-start",
    first: store("ext4"),
    acts: "mkdir /nix/store/aaa",
    second: { ...store("ext4"), preStart: "rm -f store.img" },
  },
  ...(["ext4", "xfs", "btrfs"] as const).map(
    (fsType): Scenario => ({
      name: `${fsType}-cut-off`,
      first: data(fsType),
      acts: writing("/data"),
      between: `truncate -s ${sizes[fsType] / 2}M data.img`,
    }),
  ),
  ...(["ext4", "ext3", "xfs", "btrfs"] as const).map(
    (fsType): Scenario => ({
      name: `${fsType}-killed-then-read-only`,
      first: data(fsType),
      acts: writing("/data"),
      end: "killed",
      second: data(fsType, { readOnly: true }),
    }),
  ),
  {
    name: "ext2-killed-then-read-only",
    first: data("ext2"),
    acts: writing("/data"),
    end: "killed",
    second: data("ext2", { readOnly: true }),
  },
  {
    name: "blank-formatted-by-guest",
    first: null,
    between: "truncate -s 32M data.img && chown --reference=. data.img",
    second: { ...data("ext4", { autoCreate: false }), fileSystems: { "/data": { autoFormat: true } } },
    formats: true,
  },
  {
    name: "blank-mounted",
    first: null,
    between: "truncate -s 32M data.img && chown --reference=. data.img",
    second: data("ext4"),
    blank: true,
  },
  {
    name: "blank-not-mounted",
    first: null,
    between: "truncate -s 32M data.img && chown --reference=. data.img",
    second: data("ext4", { mountPoint: null }),
    blank: true,
  },
];
