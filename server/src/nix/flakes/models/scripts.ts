import { attributes, external, list, string, unsupported, wrongType } from "../../eval/make.ts";
import { applyFunction, coerceToString, isError, mapUndecided, selectAttribute, unknownText } from "../../eval/ops.ts";
import { piecesOf } from "../../eval/pieces.ts";
import { delayed, type Place, type Thunk, type Value } from "../../eval/value.ts";
import type { World } from "../world.ts";
import { f } from "./function.ts";
import source from "./scripts.nix";

const names = [
  "runtimeShell",
  "writeTextFile",
  "writeText",
  "writeTextDir",
  "writeScript",
  "writeScriptBin",
  "writeShellScript",
  "writeShellScriptBin",
  "writeShellApplication",
  "writers",
] as const;

/**
 * The functions of nixpkgs that put a text into the store. What they give is a derivation of which the path is not known,
 * but the text that it leads to is. Sources: pkgs/build-support/trivial-builders and pkgs/build-support/writers/scripts.nix
 * of nixpkgs.
 */
export function scriptWriters(world: World, pkgs: Thunk): readonly (readonly [string, Thunk])[] {
  const writers = delayed(null, () =>
    applyFunction(world.ours("scripts", source), [ready(textFile), pkgs, ready(external("a writer of nixpkgs"))], null),
  );
  return names.map((name) => [name, delayed(null, () => selectAttribute(writers.force(), name, null))] as const);
}

function ready(value: Value): Thunk {
  return delayed(null, () => value);
}

/** `{ name, text, below, main }`: a derivation of one file, which is at `below` (or is the output itself). */
const textFile = f("textFile", (given) => {
  const args = given.force();
  if (args.type !== "attrs") return args.type === "unknown" ? args : wrongType("a set", args.type, given.at);
  const part = (name: string) => delayed(given.at, () => selectAttribute(args, name, given.at));
  const self: Thunk = delayed(given.at, () => ({
    ...attributes([
      ["type", string("derivation")],
      ["name", part("name")],
      ["text", part("text")],
      ["outPath", delayed(given.at, () => outPath(part("name"), part("text"), part("below"), given.at))],
      ["out", self],
      ["outputName", string("out")],
      ["outputs", list([ready(string("out"))])],
      ["meta", { ...attributes([["mainProgram", part("main")]]), rest: unsupported("meta of a derivation") }],
    ]),
    rest: unsupported("attributes of a derivation"),
  }));
  return self.force();
});

function outPath(name: Thunk, text: Thunk, below: Thunk, at: Place): Value {
  return mapUndecided(
    coerceToString(text.force(), "interpolation", at),
    (content) => {
      if (content.type === "unknown" && isError(content)) return content;
      const [called, place] = [name.force(), below.force()];
      const known = {
        prefix: "/nix/store/",
        word: true,
        ...(called.type === "string" ? { suffix: `-${called.value}` } : {}),
      } as const;
      if (place.type !== "string") return unknownText("store path of a script", at, known);
      const pieces = content.type === "string" ? [content.value] : content.type === "unknown" ? piecesOf(content) : [];
      return unknownText("store path of a script", at, { ...known, file: { below: place.value, text: pieces } });
    },
    at,
  );
}
