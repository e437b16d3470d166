import type { Declaration } from "../declaration.ts";
import type { Scenario } from "../scenario.ts";

/** The size in MiB of a volume of each type in scenarios: small, and enough for mkfs. */
export const sizes = { ext4: 32, ext3: 24, ext2: 24, xfs: 300, btrfs: 128, vfat: 24 } as const;
export type Type = keyof typeof sizes;

export const data = (fsType: Type, more: object = {}): Declaration => ({
  volumes: [{ image: "data.img", mountPoint: "/data", size: sizes[fsType], fsType, ...more }],
});

export const store = (fsType: Type, more: object = {}): Declaration => ({
  overlay: "/nix/.rw-store",
  volumes: [
    { image: "store.img", mountPoint: "/nix/.rw-store", size: sizes[fsType], fsType, label: "rw-store", ...more },
  ],
});

/** Files with content at a place of a guest, so that the filesystem has been used. */
export const writing = (place: string, mebibytes = 2) =>
  `mkdir -p ${place}/some && dd if=/dev/zero of=${place}/some/file bs=1M count=${mebibytes} conv=fsync 2>/dev/null && echo used > ${place}/marker`;

const throughStore = `mkdir -p /nix/store/aaa-package && dd if=/dev/zero of=/nix/store/aaa-package/file bs=1M count=2 conv=fsync 2>/dev/null`;

const kinds = ["ext4", "ext3", "ext2", "xfs", "btrfs"] as const;

/** Images that guests did nothing with but use them: no finding may speak of them. */
export const useScenarios: readonly Scenario[] = [
  ...kinds.flatMap((fsType): Scenario[] => [
    { name: `${fsType}-unmounted`, first: data(fsType, { label: "data" }), acts: writing("/data"), used: true },
    { name: `${fsType}-killed`, first: data(fsType), acts: writing("/data"), end: "killed", used: true },
    { name: `${fsType}-powered-off`, first: data(fsType), acts: writing("/data"), end: "powered off", used: true },
    { name: `${fsType}-store`, first: store(fsType), acts: throughStore, used: true },
    { name: `${fsType}-store-killed`, first: store(fsType), acts: throughStore, end: "killed", used: true },
  ]),
  ...(["ext4", "xfs", "btrfs"] as const).map(
    (fsType): Scenario => ({
      name: `${fsType}-bind-mount`,
      first: { volumes: [{ image: "persist.img", mountPoint: "/persist", size: sizes[fsType], fsType }] },
      acts: "mkdir -p /persist/var/log /var/log && mount --bind /persist/var/log /var/log && echo line > /var/log/messages && cat /var/log/messages > /dev/null",
      used: true,
    }),
  ),
  { name: "vfat-unmounted", first: data("vfat", { label: "DATA" }), acts: writing("/data"), used: true },
  { name: "vfat-killed", first: data("vfat"), acts: writing("/data"), end: "killed", used: true },
  {
    name: "three-volumes",
    first: {
      overlay: "/nix/.rw-store",
      volumes: [
        { image: "store.img", mountPoint: "/nix/.rw-store", size: 32, label: "store" },
        { image: "var.img", mountPoint: "/var", size: 300, fsType: "xfs", label: "var" },
        { image: "home.img", mountPoint: "/var/home", size: 32 },
      ],
    },
    acts: `${throughStore} && ${writing("/var")} && ${writing("/var/home")}`,
    end: "killed",
    used: true,
  },
  {
    name: "never-written",
    first: {
      volumes: [
        { image: "a.img", mountPoint: "/a", size: 32, label: "a" },
        { image: "b.img", mountPoint: "/b", size: 300, fsType: "xfs", label: "b" },
      ],
    },
    acts: "true",
    used: true,
  },
  ...(["ext4", "xfs", "btrfs"] as const).map(
    (fsType): Scenario => ({
      name: `${fsType}-read-only`,
      first: data(fsType),
      acts: writing("/data"),
      second: data(fsType, { readOnly: true }),
      used: true,
    }),
  ),
];
