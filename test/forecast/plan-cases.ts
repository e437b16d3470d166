/** One pair of a declaration and a state of the disk, for the test that the plan comes true. */
export interface PlanCase {
  readonly name: string;
  readonly image: string;
  readonly fsType: string;
  readonly size: number;
  readonly label: string | null;
  readonly mounted: boolean;
  readonly autoCreate: boolean;
  readonly readOnly: boolean;
  readonly mkfsExtraArgs: readonly string[];
  /** `preStart` removes the image. */
  readonly transient: boolean;
  readonly disk: DiskState;
}

export type DiskState =
  | { readonly kind: "absent" }
  | { readonly kind: "blank" | "noise"; readonly sizeMiB: number }
  | { readonly kind: "directory" | "no-parent" | "read-only-parent" }
  /** Made by mkfs; cut off to `cutMiB`, lengthened to `longerMiB`, or given to root. */
  | {
      readonly kind: "filesystem";
      readonly fsType: string;
      readonly sizeMiB: number;
      readonly label: string | null;
      readonly cutMiB?: number;
      readonly longerMiB?: number;
      readonly owner: "microvm" | "root";
    };

/** `count` cases, the same ones for the same seed. */
export function planCases(count: number, seed: number): PlanCase[] {
  const random = generator(seed);
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const chance = (part: number) => random() < part;
  return Array.from({ length: count }, (_, index): PlanCase => {
    const fsType = pick("ext2", "ext3", "ext4", "ext4", "xfs", "btrfs", "vfat");
    const size = pick(...(sizes[fsType] ?? [16]));
    const mkfsExtraArgs = fsType === "btrfs" && chance(0.3) ? [pick("--mixed", "-M")] : [];
    const label = chance(0.5) ? null : pick(...labels);
    const disk = diskState(pick, chance, { fsType, size, label });
    return {
      name: `case${index}`,
      image:
        disk.kind === "no-parent" || disk.kind === "read-only-parent"
          ? "sub/data.img"
          : pick("data.img", "my data.img", "data.img"),
      fsType: chance(0.02) ? "f2fs" : fsType,
      size,
      label,
      mounted: !chance(0.1),
      autoCreate: !chance(0.1),
      readOnly: chance(0.08),
      mkfsExtraArgs,
      transient: chance(0.08),
      disk,
    };
  });
}

const sizes: Readonly<Record<string, readonly number[]>> = {
  ext2: [0, 1, 2, 8, 16],
  ext3: [0, 1, 2, 8, 16],
  ext4: [0, 1, 2, 8, 16],
  xfs: [16, 299, 300, 320],
  btrfs: [15, 16, 108, 109, 128],
  vfat: [0, 1, 2, 8, 16],
};

const labels = [
  "a",
  "data",
  "eleven-byte",
  "twelve-bytes",
  "thirteen-byte",
  "sixteen-bytes-ok",
  "seventeen-bytes-x",
  "two words",
  "数据",
  "a/b",
  "A.B",
  "x=y",
];

function diskState(
  pick: <T>(...choices: readonly T[]) => T,
  chance: (part: number) => boolean,
  declared: { readonly fsType: string; readonly size: number; readonly label: string | null },
): DiskState {
  const kind = pick(
    "absent",
    "absent",
    "absent",
    "same",
    "same",
    "other",
    "other",
    "blank",
    "noise",
    "cut",
    "longer",
    "root",
    "directory",
    "no-parent",
    "read-only-parent",
  );
  if (kind === "absent") return { kind };
  if (kind === "blank" || kind === "noise") return { kind, sizeMiB: pick(1, 8, declared.size || 4) };
  if (kind === "directory" || kind === "no-parent" || kind === "read-only-parent") return { kind };
  const fsType =
    kind === "other" || chance(0.3) ? pick("ext2", "ext3", "ext4", "xfs", "btrfs", "vfat") : declared.fsType;
  const sizeMiB = { xfs: 300, btrfs: 128 }[fsType] ?? pick(8, 16);
  const label = kind === "same" && fitsAll(declared.label) ? declared.label : pick(null, "data", "other", "A");
  const base = { kind: "filesystem", fsType, sizeMiB, label, owner: kind === "root" ? "root" : "microvm" } as const;
  if (kind === "cut") return { ...base, cutMiB: Math.floor(sizeMiB / 2) };
  return kind === "longer" ? { ...base, longerMiB: sizeMiB * 2 } : base;
}

/** Every mkfs writes such a label as it is. */
function fitsAll(label: string | null): boolean {
  return label === null || /^[A-Za-z0-9-]{1,11}$/.test(label);
}

/** mulberry32: small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
