import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isBelow } from "../../base/folders.ts";
import type { Declared } from "../../declared/file.ts";
import { parseMountInfo } from "../../disk/local/mounts.ts";
import { realPathOf } from "../../operations/look/look.ts";

/**
 * The first place at which the host mounts something and nothing is mounted now, of those that have to do with the state
 * directory or the declared images; null: there is none. A network file system comes late, or not at all.
 */
export function notMounted({ mounts, stateDir, guests }: Declared): string | null {
  const images = guests.flatMap(({ directory, volumes }) => volumes.map(({ image }) => resolve(directory, image)));
  const folders = [stateDir, ...images.map((path) => dirname(path))];
  const all = new Set(folders.flatMap((path) => [path, realPathOf(path)]));
  const isAsked = (point: string) =>
    [...all].some((path) => isBelow(path, point)) ||
    [stateDir, realPathOf(stateDir)].some((path) => isBelow(point, path));
  return firstMissing(mounts.filter(isAsked));
}

/** The same, of the places above one path. */
export function notMountedAbove(path: string, { mounts }: Declared): string | null {
  const all = [path, realPathOf(dirname(path))];
  return firstMissing(mounts.filter((point) => all.some((each) => isBelow(each, point))));
}

function firstMissing(points: readonly string[]): string | null {
  if (points.length === 0) return null;
  // What is mounted when it is asked for (autofs) is mounted by this.
  for (const point of points) {
    try {
      statSync(`${point}/.`);
    } catch {
      // It is not there, or does not answer: then nothing is mounted.
    }
  }
  const now = parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
  const isMissing = (point: string) => {
    const mount = now.get(point);
    return mount === undefined || mount.type === "autofs";
  };
  return points.find(isMissing) ?? null;
}
