import type * as Fs from "node:fs";
import { fstatSync, mkdirSync, mkdtempSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { draftName } from "../../server/src/files/write-file.ts";
import { lookAtPlace } from "../../server/src/operations/look/look.ts";
import type { Outcome, Target } from "../../server/src/operations/operation.ts";
import { planConvert } from "../../server/src/operations/plans/convert.ts";
import { planGrow } from "../../server/src/operations/plans/grow.ts";
import { planAdopt, planBackUp, planMoveAside } from "../../server/src/operations/plans/move.ts";
import { planRestore } from "../../server/src/operations/plans/restore.ts";
import { planRecovery, runRecovery } from "../../server/src/operations/recover.ts";
import { runPlan } from "../../server/src/operations/run.ts";
import { needTools } from "../host/tools.ts";
import { contentOf, type FileState, putDown, statesAfter, Watcher } from "./cut/model.ts";
import { asPlan, makeImage, targetAt, tool } from "./images.ts";

/** Whoever watches this process' own calls. */
const watched = vi.hoisted(() => ({ by: null as null | ((call: string, fd: unknown) => void) }));

vi.mock("node:fs", async (importOriginal) => {
  const real = await importOriginal<typeof Fs>();
  const calls = [
    "openSync",
    "writeFileSync",
    "ftruncateSync",
    "linkSync",
    "renameSync",
    "unlinkSync",
    "fsyncSync",
  ] as const;
  const wrapped = calls.map((name) => {
    const call = real[name] as (...args: unknown[]) => unknown;
    return [
      name,
      (...args: unknown[]) => {
        const result = call(...args);
        const { by } = watched;
        // What is looked at meanwhile is not watched itself.
        watched.by = null;
        by?.(name, args[0]);
        watched.by = by;
        return result;
      },
    ];
  });
  return { ...real, ...Object.fromEntries(wrapped) };
});

const ready = needTools("mkfs.ext4", "debugfs", "e2fsck", "resize2fs", "qemu-img");

const MiB = 1024 * 1024;

interface Scene {
  /** Prepares below `root`, whose folders are `guest` and `other`; the image is guest/data.img. */
  plan(target: Target, root: string): Outcome | Promise<Outcome>;
  prepare?(image: string, root: string): void;
  /** Names that may be there in the end, below root. */
  readonly names: readonly string[];
}

const scenes: Readonly<Record<string, Scene>> = {
  grow: { plan: (target) => planGrow(target, 32 * MiB), names: ["guest/data.img", "guest/data.img.before-grow"] },
  convert: {
    plan: (target) => planConvert(target),
    prepare(image) {
      tool("qemu-img", "convert", "-f", "raw", "-O", "qcow2", image, `${image}.q`);
      tool("mv", `${image}.q`, image);
    },
    names: ["guest/data.img", "guest/data.img.qcow2"],
  },
  restore: {
    plan: async (target, root) => planRestore(target, await targetAt(join(root, "other", "backup.img"))),
    prepare(image, root) {
      const copy = join(root, "other", "backup.img");
      tool("cp", "--sparse=always", image, copy);
      tool("tune2fs", "-L", "older", copy);
    },
    names: ["guest/data.img", "guest/data.img.before-restore", "other/backup.img"],
  },
  "move-aside": { plan: (target) => planMoveAside(target), names: ["guest/data.img", "guest/data.img.aside"] },
  adopt: {
    plan: (target, root) => planAdopt(target, lookAtPlace(join(root, "other", "new.img"))),
    names: ["guest/data.img", "other/new.img"],
  },
  backup: {
    plan: (target, root) => planBackUp(target, lookAtPlace(join(root, "other", "copy.img"))),
    names: ["guest/data.img", "other/copy.img"],
  },
};

/** By POSIX, not by one file system: cut.host.test.ts has the real ones. */
describe.skipIf(!ready)("when the power fails, by everything that POSIX allows", () => {
  test.each(Object.entries(scenes))(
    "%s: undone or finished, and no byte is lost",
    async (_, { plan, prepare, names }) => {
      const work = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-power-")));
      onTestFinished(() => {
        watched.by = null;
        rmSync(work, { recursive: true, force: true });
      });
      const root = join(work, "root");
      const folders = [join(root, "guest"), join(root, "other")];
      for (const folder of folders) mkdirSync(folder, { recursive: true });
      const image = join(root, "guest", "data.img");
      makeImage(image, "ext4", 16);
      prepare?.(image, root);
      const target = await targetAt(image);
      const planned = asPlan(await plan(target, root));
      const old = contentOf(image);

      const watcher = watch(folders);
      const step = (): void => watcher.look();
      expect(await runPlan(planned, target, { step }).finally(() => (watched.by = null))).toBeNull();
      const last = watcher.state();
      const right = new Set([old, ...last.contents.values()]);
      const told = { states: 0, twice: 0, undone: 0, finished: 0, nothing: 0 };

      const seen = new Set<string>();
      for (let end = 0; end <= watcher.events.length; end++) {
        for (const state of statesAfter(watcher.start, watcher.events.slice(0, end))) {
          const at = `after ${end} of ${watcher.events.length}: ${shown(state, root)}`;
          if (end === watcher.events.length) expect(shown(state, root)).toBe(shown(last, root));
          if (seen.has(shown(state, root))) continue;
          seen.add(shown(state, root));
          told.states++;
          const place = join(work, "state");
          putDown(state, root, place, folders);
          const again = watch(folders.map((folder) => folder.replace(root, place)));
          await putInOrder(place, at);
          watched.by = null;
          rmSync(place, { recursive: true });
          // The power fails once more meanwhile.
          for (let second = 1; second < again.events.length; second++) {
            for (const [index, twice] of statesAfter(again.start, again.events.slice(0, second)).entries()) {
              if ((told.states + second + index) % 3 !== 0) continue;
              told.twice++;
              const other = join(work, "twice");
              putDown(
                twice,
                place,
                other,
                folders.map((folder) => folder.replace(root, place)),
              );
              await putInOrder(other, `${at}, then ${shown(twice, place)}`);
              rmSync(other, { recursive: true });
            }
          }
        }
      }
      expect(told).toMatchObject({ undone: expect.any(Number), finished: expect.any(Number) });
      expect(Math.min(told.undone, told.finished, told.twice)).toBeGreaterThan(0);
      process.stderr.write(`${planned.operation}: ${JSON.stringify(told)}\n`);

      async function putInOrder(place: string, at: string): Promise<void> {
        const found = contentsBelow(place);
        expect({ at, kept: [...found.values()].includes(old) }).toEqual({ at, kept: true });
        const left = planRecovery(join(place, "guest", "data.img"));
        if (left === null) told.nothing++;
        else if (left.kind !== "recovery") expect({ at, refused: left.reason.id }).toBeNull();
        else {
          expect({ at, failed: await runRecovery(left) }).toEqual({ at, failed: null });
          told[left.outcome.id.endsWith("undone") ? "undone" : "finished"]++;
        }
        const after = contentsBelow(place);
        const strange = [...after].filter(
          ([path, content]) => !draftName.test(basename(path)) && (!names.includes(path) || !right.has(content)),
        );
        expect({ at, strange }).toEqual({ at, strange: [] });
        expect({ at, kept: [...after.values()].includes(old) }).toEqual({ at, kept: true });
      }
    },
    120_000,
  );

  function contentsBelow(place: string): Map<string, string> {
    const state = new Watcher(["guest", "other"].map((name) => join(place, name))).start;
    return new Map(
      [...state.names].map(([path, inode]) => [path.slice(place.length + 1), state.contents.get(inode) ?? ""]),
    );
  }

  function shown({ names, contents }: FileState, root: string): string {
    const lines = [...names].map(([path, inode]) => {
      const content = contents.get(inode) ?? "";
      return `${path.slice(root.length + 1)} ${inode} ${content.startsWith("{") ? "journal" : content.slice(0, 8)}`;
    });
    return lines.sort().join(", ");
  }
});

/** Watches what this process does in these folders from now on. */
function watch(folders: readonly string[]): Watcher {
  const watcher = new Watcher(folders);
  watched.by = (call, fd) => {
    if (call !== "fsyncSync") {
      watcher.look(call === "renameSync");
      return;
    }
    const link = readlinkSync(`/proc/self/fd/${fd}`);
    const folder = folders.find((each) => each === link);
    watcher.synced({ inode: fstatSync(fd as number).ino, path: folder ?? null });
  };
  return watcher;
}
