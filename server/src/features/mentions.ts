import type { TextEdit } from "../base/edit.ts";
import type { Snapshot } from "../engine/engine.ts";
import { type Guest, known } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";
import { type Node, type StringLiteral, spanOf } from "../nix/syntax/ast.ts";
import { descendantsOf } from "../nix/syntax/views.ts";
import type { VolumeUse } from "./session/locate.ts";

/** The image that is renamed: the string that names it, and the volumes that have their name from there. */
interface Named {
  readonly literal: StringLiteral;
  readonly name: string;
  readonly uses: readonly VolumeUse[];
}

/**
 * Where scripts name the image: in the modules of its guests by its name alone, anywhere by its path below a guest's
 * directory. A module that also belongs to guests without the volume is left as it is: there the name may mean theirs.
 */
export function mentionEdits(snapshot: Snapshot, named: Named, newName: string): TextEdit[] {
  const { literal, name, uses } = named;
  if (name.startsWith("/") || newName.startsWith("/")) return [];
  const guests = new Set(uses.map(({ guest }) => guest));
  const modules = modulesOf(snapshot, guests);
  const folders = foldersOf(snapshot, named);
  const found = new Map<string, TextEdit>();
  for (const file of snapshot.files) {
    const tree = snapshot.tree(file);
    if (!tree || !snapshot.context.isOurs(file) || !tree.text.includes(name)) continue;
    for (const node of descendantsOf(tree.root)) {
      if (node.kind !== "string" || node === literal || isNameOfVolume(snapshot, node)) continue;
      const span = spanOf(node);
      const inModule = modules.some((each) => each.file === file && each.start <= span.start && span.end <= each.end);
      for (const at of occurrences(tree.text.slice(span.start, span.end), name)) {
        const start = span.start + at;
        const before = tree.text.slice(span.start, start);
        // `/var/lib/microvms/web/data.img`: the folder says whose image it is.
        const folder = /\S*\/$/.exec(before)?.[0].replace(/^["']+/, "") ?? "";
        if (!(folder === "" || folder === "./" ? inModule : folders.has(folder))) continue;
        found.set(`${file} ${start}`, { span: { file, start, end: start + name.length }, newText: newName });
      }
    }
  }
  return [...found.values()];
}

/** The folders that hold these guests' images, with a slash behind. */
function foldersOf({ context }: Snapshot, { name, uses }: Named): ReadonlySet<string> {
  const plain = name.replace(/^(?:\.\/)+/, "");
  const found = uses.flatMap(({ guest, volume }) => [
    ...context.onDisk(guest, volume).map(({ path }) => path),
    ...guest.directoryNames.map((directory) => `${known(guest.stateDir) ?? ""}/${directory}/${plain}`),
  ]);
  return new Set(found.filter((path) => path.endsWith(`/${plain}`)).map((path) => path.slice(0, -plain.length)));
}

/** Spans of modules that belong to these guests alone. */
function modulesOf({ declarations }: Snapshot, guests: ReadonlySet<Guest>) {
  const others = new Set(
    declarations.guests.filter((guest) => !guests.has(guest)).flatMap(({ modules }) => modules.map(keyOf)),
  );
  return [...guests]
    .flatMap(({ modules }) => modules)
    .filter((module) => !others.has(keyOf(module)))
    .flatMap((module) => placeSpan(module) ?? []);
}

function keyOf(module: Guest["modules"][number]): string {
  const span = placeSpan(module);
  return span ? `${span.file} ${span.start} ${span.end}` : "";
}

/** A string that is the name of another volume is no mention of this one. */
function isNameOfVolume({ declarations }: Snapshot, node: Node): boolean {
  return declarations.guests.some(({ volumes }) =>
    volumes.some(({ image }) => image.state === "set" && image.origin.at === node),
  );
}

/** Where a name stands as a whole word of a script: neither part of a longer name nor of a longer path behind it. */
function occurrences(text: string, name: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? "";
    const after = text[at + name.length] ?? "";
    if (!/[\w.+-]/.test(before) && !/[\w.+/-]/.test(after)) found.push(at);
  }
  return found;
}
