/** What is asked for one volume: how it grows, when it is new, or only that the start is guarded. */
export const operations = ["grow-copy", "grow-in-place", "renew", "renew-keep", "renew-change", "guard"] as const;
export type Operation = (typeof operations)[number];

/** What the image is before the start. */
export const states = [
  "ext4",
  "ext3",
  "dirty",
  "full",
  "other label",
  "xfs",
  "btrfs",
  "vfat",
  "blank",
  "cut off",
  "garbage",
  "qcow2",
  "absent",
  "link",
  "two names",
  "longer",
] as const;
export type State = (typeof states)[number];

/** What goes wrong meanwhile: `killed` with the step before which the first start ended. */
export type Fault = "none" | "holder" | "no room" | "two at once" | "swapped" | `killed ${number}`;

export interface TableScene {
  readonly operation: Operation;
  readonly state: State;
  readonly policy: "start" | "refuse";
  readonly fault: Fault;
}

/** Sound images, on which a fault is what decides. */
const sound: readonly State[] = ["ext4", "ext3", "dirty", "full", "xfs", "btrfs"];
const ext: readonly State[] = ["ext4", "ext3", "dirty", "full"];

/** Every operation on every state by every policy, and every fault where it can happen. */
export function sceneTable(): readonly TableScene[] {
  const policies = ["start", "refuse"] as const;
  const all = (of: readonly Operation[], on: readonly State[], faults: readonly Fault[], by = policies.slice()) =>
    of.flatMap((operation) =>
      on.flatMap((state) => by.flatMap((policy) => faults.map((fault) => ({ operation, state, policy, fault })))),
    );
  const kills = [0, 1, 2, 3, 4, 5].map((step): Fault => `killed ${step}`);
  return [
    ...all(operations, states, ["none"]),
    ...all(operations, sound, ["holder"]),
    ...all(["grow-copy"], ext, ["no room"]),
    ...all(["grow-copy"], ext, kills, ["start"]),
    ...all(["renew", "renew-keep"], ["ext4", "xfs"], kills.slice(0, 2), ["start"]),
    ...all(operations, ["ext4", "full", "btrfs"], ["two at once"], ["start"]),
    ...all(["grow-copy", "grow-in-place"], ["ext4", "full"], ["swapped"], ["start"]),
  ];
}

/** Whether the operation, left alone, can do its work on such an image. */
export function canBeDone({ operation, state }: TableScene): boolean {
  // A file that is lengthened keeps its names; a copy would take one of them.
  if (operation === "grow-in-place" && state === "two names") return true;
  if (operation === "guard" || state === "absent") return false;
  if (operation.startsWith("renew")) return state !== "link";
  if (state === "longer") return false;
  const never: readonly State[] = ["vfat", "blank", "cut off", "garbage", "qcow2", "two names"];
  return !never.includes(state);
}

/** Whether the guest would come up with such an image, by what is declared (its own type or ext4, and a label where the image has another one). */
export function comesUp(state: State): boolean {
  return !(["blank", "cut off", "garbage", "qcow2", "vfat", "other label"] as readonly State[]).includes(state);
}
