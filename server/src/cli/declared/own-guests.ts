import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { printable } from "../../base/printable.ts";
import { messages, type Text, verbatim } from "../../base/text.ts";
import { type Declared, type DeclaredGuest, readOwnGuest } from "../../declared/file.ts";
import { realPathOf } from "../../operations/look/look.ts";

const text = messages("cli.own-guests", {
  silent: {
    en: "it is deployed on its own, without microvm-lens.nixosModules.guest: its volumes are not known",
    "zh-cn": "它是单独部署的，且未导入 microvm-lens.nixosModules.guest：无法得知其卷",
  },
  notRoots: {
    en: "it is deployed on its own, and its link current is not root's: what it says does not count",
    "zh-cn": "它是单独部署的，其链接 current 不属于 root：其内容不作数",
  },
  malformed: {
    en: "what its runner says of its volumes cannot be read: {why}",
    "zh-cn": "无法读取其 runner 对卷的说明：{why}",
  },
});

/** A guest of the state directory that the host does not declare, and of whose volumes nothing is known. */
export interface SilentGuest {
  readonly name: string;
  readonly directory: string;
  readonly why: Text;
}

/** Guests that are deployed on their own (`microvm -c`), by what their installed runners say of them. */
export interface OwnGuests {
  readonly guests: readonly DeclaredGuest[];
  readonly silent: readonly SilentGuest[];
}

/**
 * Looks through the state directory for guests with an installed runner that are not declared. What `current` says counts
 * only where root (or whoever asks) made the link, as `microvm -c` does: the directory may be written by the group of the
 * hypervisor, and what stands there decides which files root grows or removes.
 */
export function ownGuests({ stateDir, guests, others }: Declared): OwnGuests {
  const declared = new Set(guests.map(({ directory }) => realPathOf(directory)));
  const found: DeclaredGuest[] = [];
  const silent: SilentGuest[] = [];
  for (const name of foldersIn(stateDir)) {
    const directory = `${stateDir.replace(/\/+$/, "")}/${name}`;
    const link = lstatSync(join(directory, "current"), { throwIfNoEntry: false });
    if (!link?.isSymbolicLink() || declared.has(realPathOf(directory))) continue;
    if (guests.some((guest) => guest.name === name)) continue;
    const words = saidBy(join(directory, "current"));
    const trusted = link.uid === 0 || link.uid === process.geteuid?.();
    if (words === null || !trusted) {
      silent.push({ name, directory, why: words === null ? text.silent() : text.notRoots() });
      continue;
    }
    const guest = readOwnGuest(words, directory, others);
    if (typeof guest !== "string") found.push(guest);
    else silent.push({ name, directory, why: text.malformed({ why: verbatim(printable(guest)) }) });
  }
  return { guests: found, silent };
}

/** What a runner says of its guest's volumes (nix/guest.nix): JSON, or something broken; null: nothing. */
export function saidBy(runner: string): string | null {
  const script = readSmall(join(runner, "bin", "microvm-lens-guest"));
  if (script !== null) return /^\{.*$/m.exec(script)?.[0] ?? "";
  return readSmall(join(runner, "share", "microvm", "system", "etc", "microvm-lens", "guest.json"));
}

/** Larger files are not read. */
const largest = 1 << 20;

function readSmall(path: string): string | null {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= largest ? readFileSync(path, "utf8") : "";
  } catch {
    return null;
  }
}

/** Not what links lead to, and nothing that is hidden. */
function foldersIn(stateDir: string): readonly string[] {
  try {
    return readdirSync(stateDir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
