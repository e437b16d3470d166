import { attached } from "../../base/attached.ts";
import { verbatim } from "../../base/text.ts";
import { type Guest, type Host, known, type Volume } from "../../microvm/model.ts";
import type { Unit } from "../../microvm/start/start.ts";
import { Files, presentFile } from "../../shell/state/files.ts";
import type { ShellParser } from "../../shell/syntax/parser.ts";
import { plain } from "../guest/mount.ts";
import { linesOf, root, runLine } from "./commands.ts";
import { programNotFound, splitExec } from "./exec.ts";
import { footprintOfLine } from "./footprints.ts";
import { relevant, Ways } from "./relevant.ts";
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

/** The services of a host that remove images of its guests, found by playing their commands, as the forecast does, on images that are there. */
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
  return [...start.units.items].flatMap(([name, { value: unit }]) => {
    if (!name.endsWith(".service") || ofMicrovm.test(name) || unit.unknown || known(unit.enable) === false) return [];
    return removalsBy(unit, parser, images).map(({ image: { guest, volume }, notFound }) => ({
      ...{ guest, volume, unit: name, notFound },
      ...placeInOrder(start, guest.name, name),
    }));
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

/** What a unit removes, and the program that is not found. */
interface Removal {
  readonly image: Image;
  readonly notFound: string | null;
}

const settings = ["ExecStartPre", "ExecStart", "ExecStartPost", "ExecStop", "ExecStopPost"];

/** One removal for each guest: that of the first image. */
function removalsBy(unit: Unit, parser: ShellParser, images: readonly Image[]): readonly Removal[] {
  const found = new Map<Guest, Removal>();
  const paths = images.map(({ path }) => path);
  for (const line of settings.flatMap((name) => linesOf(unit, name))) {
    const footprint = footprintOfLine(line, unit.name, parser);
    const ways = new Ways([footprint], { links: new Map(), astray: new Set(), isKnown: () => true });
    if (footprint.everything || relevant([{ footprint }], ways, paths).size === 0) continue;
    const files = new Files(
      paths.map((path) => [path, presentFile(path, null)] as const),
      { exists: "maybe", why: verbatim("?") },
    ).withAncestors();
    const ran = runLine(
      line,
      { parser, user: root, directory: "/", unit: unit.name, wanted: true, programs: "all" },
      files,
    );
    for (const image of images) {
      if (found.has(image.guest) || !ran.some((each) => isRemoved(each.files, image.path))) continue;
      const [script] = known(line) ?? [];
      const exec = script && splitExec(script, unit.name);
      found.set(image.guest, { image, notFound: exec ? programNotFound(exec) : null });
    }
  }
  return [...found.values()];
}

/** It is gone, and was not only moved; who removes all that is below / means something else. */
function isRemoved(files: Files, path: string): boolean {
  const [, top] = path.split("/");
  if (files.get(path).exists !== "no" || files.get(`/${top}`).exists === "no") return false;
  return ![...files.entries()].some(
    ([, { exists, content }]) => exists !== "no" && content.is === "untouched" && content.of === path,
  );
}
