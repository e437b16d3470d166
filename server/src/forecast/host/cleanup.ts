import { attached } from "../../base/attached.ts";
import { verbatim } from "../../base/text.ts";
import { type Guest, type Host, known, type Volume } from "../../microvm/model.ts";
import type { HostStart, Unit } from "../../microvm/start.ts";
import type { Act } from "../../shell/acts.ts";
import { Files, parentOf, presentFile } from "../../shell/files.ts";
import type { ShellParser } from "../../shell/parser.ts";
import { play } from "../../shell/play.ts";
import type { Setting } from "../../shell/setting.ts";
import { plain } from "../mount.ts";
import { linesOf, root } from "./commands.ts";
import { asShell, type Exec, scriptOf, splitExec } from "./exec.ts";
import { type Place, placeInOrder } from "./units.ts";

/** A unit of a host that removes the image of a guest, whenever it runs. */
export interface Cleanup extends Place {
  readonly guest: Guest;
  readonly volume: Volume;
  /** The unit file's name. */
  readonly unit: string;
  /** A program that a unit on NixOS does not find, where one is to remove the image. */
  readonly notFound: string | null;
}

/** Of microvm.nix's own units only a part is declared in the workspace: their order is not known from it. */
const ofMicrovm = /^(install-)?microvm[@-]/;

/** The services of a host that remove images of its guests, found by playing their commands on files that are there. */
export function cleanupsOf(host: Host, guests: readonly Guest[], parser: ShellParser): readonly Cleanup[] {
  const before = remembered.get(host);
  if (before?.guests === guests && before.parser === parser) return before.found;
  const found = findCleanups(host, guests, parser);
  remembered.set(host, { guests, parser, found });
  return found;
}

interface Remembered {
  readonly guests: readonly Guest[];
  readonly parser: ShellParser;
  readonly found: readonly Cleanup[];
}

const remembered = attached<Host, Remembered>();

function findCleanups(host: Host, guests: readonly Guest[], parser: ShellParser): readonly Cleanup[] {
  const { start } = host;
  if (!start) return [];
  const own = guests.filter((guest) => guest.host === host.name);
  const images = own.flatMap((guest) => guest.volumes.flatMap((volume) => imageOf(host, guest, volume)));
  if (images.length === 0) return [];
  const files = new Files(
    images.map(({ path }) => [path, presentFile(path, null)] as const),
    { exists: "maybe", why: verbatim("?") },
  );
  return [...start.units.items].flatMap(([name, { value: unit }]) => {
    if (!name.endsWith(".service") || ofMicrovm.test(name) || unit.unknown || known(unit.enable) === false) return [];
    return cleanupsBy(start, name, removalsBy(unit, parser, files), images);
  });
}

interface Image {
  readonly guest: Guest;
  readonly volume: Volume;
  readonly path: string;
}

function imageOf({ stateDir }: Host, guest: Guest, volume: Volume): readonly Image[] {
  const image = known(volume.image);
  const base = known(stateDir);
  if (image === undefined || image === "" || image.endsWith("/")) return [];
  if (image.startsWith("/")) return [{ guest, volume, path: image }];
  return base === undefined
    ? []
    : [{ guest, volume, path: `${plain(base)}/${guest.name}/${image.replace(/^(\.\/+)+/, "")}` }];
}

/** What a line of a unit removes, and the program that is not found. */
interface Removal {
  readonly path: string;
  readonly notFound: string | null;
}

/** One finding for each guest: the first image that is removed. */
function cleanupsBy(
  start: HostStart,
  unit: string,
  removals: readonly Removal[],
  images: readonly Image[],
): readonly Cleanup[] {
  const found = new Map<Guest, Cleanup>();
  for (const { path, notFound } of removals) {
    for (const { guest, volume, path: image } of images) {
      if (found.has(guest) || !(image === path || image.startsWith(`${path}/`))) continue;
      found.set(guest, { guest, volume, unit, notFound, ...placeInOrder(start, guest.name, unit) });
    }
  }
  return [...found.values()];
}

const settings = ["ExecStartPre", "ExecStart", "ExecStartPost", "ExecStop", "ExecStopPost"];

function removalsBy(unit: Unit, parser: ShellParser, files: Files): readonly Removal[] {
  return settings
    .flatMap((name) => linesOf(unit, name))
    .flatMap((line) => known(line) ?? [])
    .flatMap((script) => {
      const exec = splitExec(script, "");
      return exec ? removalsOf(exec, parser, files) : [];
    });
}

/** Every program is taken for found, so that it is seen what the author wants. */
function removalsOf(exec: Exec, parser: ShellParser, files: Files): readonly Removal[] {
  const setting: Setting = {
    parser,
    directory: "/",
    user: root,
    commands: "all",
    otherPrograms: "found",
    othersSet: true,
  };
  const { acts } = play(scriptOf(exec)?.script ?? asShell(exec.words), setting, files);
  return acts.flatMap(({ what, path }: Act) =>
    what === "remove" && path.is === "known" && path.path !== "/" && parentOf(path.path) !== "/"
      ? [{ path: path.path, notFound: notFound(exec) }]
      : [],
  );
}

/** systemd looks for a program without a path in its own, and NixOS has /bin/sh and /usr/bin/env only. */
function notFound({ words: [program] }: Exec): string | null {
  const [name, more] = program ?? [];
  if (typeof name !== "string" || more !== undefined) return null;
  if (!name.includes("/")) return name;
  return /^(\/usr)?\/s?bin\//.test(name) && name !== "/bin/sh" && name !== "/usr/bin/env" ? name : null;
}
