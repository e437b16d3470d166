import type { Scenario } from "../scenario.ts";
import { changeScenarios } from "./change.ts";
import { declareScenarios } from "./declare.ts";
import { useScenarios } from "./use.ts";

export const scenarios: readonly Scenario[] = [...useScenarios, ...changeScenarios, ...declareScenarios];

/** The names of those that every run plays: one of each kind, on few disks. */
export const inEveryRun: ReadonlySet<string> = new Set([
  "ext4-killed",
  "ext4-store-killed",
  "ext4-bind-mount",
  "btrfs-powered-off",
  "xfs-store",
  "xfs-read-only",
  "vfat-unmounted",
  "ext4-store-full",
  "ext4-store-no-inodes",
  "xfs-grows",
  "ext4-grows-at-start",
  "ext4-killed-then-read-only",
  "ext4-cut-off",
  "blank-mounted",
  "ext4-created",
  "label-changed",
  "store-below-a-volume",
  "qcow2-as-raw",
  "missing",
]);
