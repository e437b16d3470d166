import { basename, dirname } from "node:path";
import type { Chance } from "../chance.ts";
import { interpolated, plain, type Text, t } from "../nix-text.ts";
import { imagePath, type Setting } from "../world.ts";
import type { Place } from "./actions.ts";

/** How scripts of one feature write paths and programs: decided once for the feature. */
export interface Spelling {
  readonly path: "literal" | "option" | "let" | "instance" | "volume";
  readonly program: "bare" | "package" | "getExe" | "binPath";
}

export function spellingOf(chance: Chance, instance: boolean): Spelling {
  return {
    path: instance ? "instance" : chance.one("literal", "literal", "option", "let", "volume"),
    program: chance.weighted([
      [25, "bare"],
      [55, "package"],
      [10, "getExe"],
      [10, "binPath"],
    ]),
  };
}

/** Definitions that `let` spellings need around the host's module. */
export const letBindings: readonly string[] = [];

/** The state directory and guest's name in this spelling. */
export function directoryText(spelling: Spelling, { stateDir, guest, directory }: Setting): Text {
  const option = interpolated("config.microvm.stateDir", stateDir);
  switch (spelling.path) {
    case "literal":
      return [directory];
    case "let":
      return t`${option}/${interpolated("name", guest)}`;
    case "instance":
      return t`${option}/%i`;
    default:
      return t`${option}/${guest}`;
  }
}

/** A place of the host: absolute paths. */
export function hostPlace(spelling: Spelling, setting: Setting, index: number): Place {
  const volume = setting.volumes[index];
  if (!volume) throw new Error("no such volume");
  const path = imagePath(setting, volume);
  const directory = directoryText(spelling, setting);
  const inside = !volume.image.startsWith("/");
  const name =
    spelling.path === "volume" && setting.way === "config"
      ? interpolated(
          `(builtins.elemAt config.microvm.vms.${setting.guest}.config.config.microvm.volumes ${index}).image`,
          volume.image,
        )
      : ([volume.image] as Text);
  return {
    image: word(inside ? t`${directory}/${name}` : [path]),
    beside: (other) => word(besides(inside && !volume.image.includes("/") ? directory : [dirname(path)], other)),
    tool: toolIn(spelling),
    volume,
  };
}

/** A place of `preStart`: the guest's directory is the working directory. */
export function guestPlace(spelling: Spelling, setting: Setting, index: number, absolute: boolean): Place {
  const volume = setting.volumes[index];
  if (!volume) throw new Error("no such volume");
  const name =
    spelling.path === "volume"
      ? interpolated(`(builtins.elemAt config.microvm.volumes ${index}).image`, volume.image)
      : ([volume.image] as Text);
  const relative = !volume.image.startsWith("/") && !absolute;
  const image = relative || volume.image.startsWith("/") ? name : t`${setting.directory}/${name}`;
  const folder = volume.image.includes("/") ? dirname(imagePath(setting, volume)) : relative ? "" : setting.directory;
  return {
    image: spelling.path === "let" && relative ? [`"$PWD/${plain(name)}"`] : word(image),
    beside: (other) => word(besides([folder], other)),
    tool: toolIn(spelling),
    volume,
  };
}

function besides(folder: Text, name: string): Text {
  if (plain(folder) === "") return [name === "" ? "." : name];
  return name === "" ? folder : t`${folder}/${name}`;
}

function toolIn({ program }: Spelling): Place["tool"] {
  return (packageName, name) => {
    const path = `@PKGS@/${packageName}/bin/${name}`;
    switch (program) {
      case "bare":
        return [name];
      case "getExe":
        return interpolated(`lib.getExe' pkgs.${packageName} "${name}"`, path);
      case "binPath":
        return t`${interpolated(`lib.makeBinPath [ pkgs.${packageName} ]`, `@PKGS@/${packageName}/bin`)}/${name}`;
      default:
        return t`${interpolated(`pkgs.${packageName}`, `@PKGS@/${packageName}`)}/bin/${name}`;
    }
  };
}

/** Quotes around what the shell would take apart; patterns stay patterns. */
function word(text: Text): Text {
  const value = plain(text);
  if (!/[^\w@%+=:,./*-]/.test(value)) return text;
  return basename(value).includes("*") ? t`"${text.slice(0, -1)}"${text.at(-1) ?? ""}` : t`"${text}"`;
}
