import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../cli/run.ts";
import { guestFolder } from "../operations/images.ts";
import { declared, guest, type volume } from "./file.ts";

/** A state directory with one guest, called `guest`, and what is declared of it. */
export interface Scene {
  /** The guest's directory. */
  readonly folder: string;
  readonly stateDir: string;
  /** The file for `--declared`. */
  readonly file: string;
  /** Path of data.img. */
  readonly image: string;
  declare(volumes: readonly ReturnType<typeof volume>[], more?: object): void;
  check(): ReturnType<typeof run>;
  atStart(operation: "grow" | "renew", ...more: readonly string[]): ReturnType<typeof run>;
}

export const growing = { how: "copy", mount: false, onFailure: "start" };

export function scene(volumes: readonly ReturnType<typeof volume>[], more: object = {}): Scene {
  const folder = guestFolder();
  const stateDir = dirname(folder);
  const file = join(stateDir, "declared.json");
  mkdirSync(folder, { recursive: true });
  symlinkSync("/nix/store/first-runner", join(folder, "current"));
  const declare = (all: typeof volumes, others: object = {}) =>
    writeFileSync(file, declared(stateDir, [guest("guest", all, others)]));
  declare(volumes, more);
  return {
    folder,
    stateDir,
    file,
    image: join(folder, "data.img"),
    declare,
    check: () => run(["start-check", "--declared", file, "guest"]),
    atStart: (operation, ...words) => run(["image", operation, "--declared", file, ...words]),
  };
}
