import { basename } from "node:path";
import type { DocumentSymbol, SymbolInformation, SymbolKind } from "vscode-languageserver";
import { printable } from "../base/printable.ts";
import type { Span } from "../base/span.ts";
import { type Guest, known } from "../microvm/model.ts";
import { placeSpan } from "../nix/eval/value.ts";
import { symbolKind } from "./session/constants.ts";
import { guestsIn, type VolumePlace, volumesIn } from "./session/locate.ts";
import type { Question } from "./session/session.ts";
import { locationOf, rangeOf } from "./session/to-lsp.ts";

/** Most symbols in one answer to a search in the workspace. */
const most = 200;

/** Guests of a document, with their volumes below them. */
export function documentSymbols(question: Question): DocumentSymbol[] | SymbolInformation[] {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.settings["navigation.enable"]) return [];
  const symbol = (
    name: string,
    kind: SymbolKind,
    span: Span,
    detail: string,
    children: DocumentSymbol[],
  ): DocumentSymbol => {
    const range = rangeOf(tree.lines, span);
    return {
      name: printable(name),
      detail: printable(detail),
      kind,
      range,
      selectionRange: { start: range.start, end: range.start },
      children,
    };
  };
  const volumes = volumesIn(snapshot, path);
  const byGuest = new Map<Guest, VolumePlace[]>();
  for (const volume of volumes) {
    for (const { guest } of volume.uses) byGuest.set(guest, [...(byGuest.get(guest) ?? []), volume]);
  }
  const inside = new Set<VolumePlace>();
  const volumeSymbol = ({ uses, span }: VolumePlace) =>
    symbol(volumeName(uses), symbolKind.file, span, volumeDetail(uses), []);
  const guests = guestsIn(snapshot, path).map(({ span, uses }) => {
    const own = [...new Set(uses.flatMap((guest) => byGuest.get(guest) ?? []))].filter(
      (volume) => volume.span.start >= span.start && volume.span.end <= span.end,
    );
    for (const volume of own) inside.add(volume);
    const name = uses.map((guest) => guest.name).join(", ");
    return symbol(name, symbolKind.module, span, uses[0]?.host ?? "", own.map(volumeSymbol));
  });
  const others = volumes.filter((volume) => !inside.has(volume)).map(volumeSymbol);
  const all = [...guests, ...others].sort((a, b) => a.range.start.line - b.range.start.line);
  return session.client.hierarchicalSymbols ? all : flat(all, question);
}

/** Guests, hosts and volumes of the workspace whose name holds the words, in any case. */
export function workspaceSymbols({ session, snapshot }: Omit<Question, "path">, query: string): SymbolInformation[] {
  if (!session.settings["navigation.enable"]) return [];
  const wanted = query.toLowerCase();
  const found: SymbolInformation[] = [];
  const add = (name: string, kind: SymbolKind, span: Span | null, containerName: string) => {
    if (!span || found.length >= most || !isSubsequence(wanted, name.toLowerCase())) return;
    const location = locationOf(snapshot, span, session.documents);
    if (location) found.push({ name: printable(name), kind, location, containerName: printable(containerName) });
  };
  for (const host of snapshot.declarations.hosts) add(host.name, symbolKind.namespace, placeSpan(host.at), "");
  for (const guest of snapshot.declarations.guests) {
    add(guest.name, symbolKind.module, placeSpan(guest.at), guest.host ?? "");
    for (const volume of guest.volumes) {
      add(known(volume.image) ?? "", symbolKind.file, placeSpan(volume.at), guest.name);
    }
  }
  return found;
}

function flat(symbols: readonly DocumentSymbol[], { session, path }: Question): SymbolInformation[] {
  const uri = session.documents.byPath(path)?.uri;
  if (uri === undefined) return [];
  return symbols.flatMap((symbol) => [
    { name: symbol.name, kind: symbol.kind, location: { uri, range: symbol.range } },
    ...(symbol.children ?? []).map((child) => ({
      name: child.name,
      kind: child.kind,
      location: { uri, range: child.range },
      containerName: symbol.name,
    })),
  ]);
}

type Uses = VolumePlace["uses"];

function volumeName(uses: Uses): string {
  const images = [...new Set(uses.map((use) => known(use.volume.image)))];
  const only = images.length === 1 ? images[0] : undefined;
  return only ? basename(only) : "microvm.volumes";
}

function volumeDetail(uses: Uses): string {
  const first = uses[0];
  if (!first || uses.length > 1)
    return uses
      .map((use) => use.guest.name)
      .slice(0, 5)
      .join(", ");
  const size = known(first.volume.sizeMiB);
  return [known(first.volume.mountPoint), size === undefined ? null : `${size} MiB`].filter(Boolean).join(" · ");
}

/** As editors match: the letters in order, anything between them. */
function isSubsequence(letters: string, name: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return name !== "";
}
