import { posix } from "node:path";
import { messages } from "../../base/text.ts";
import { known } from "../../microvm/model.ts";
import type { HostStart, TmpfilesRule } from "../../microvm/start/start.ts";
import type { Script } from "../../shell/script.ts";
import {
  absent,
  type FileState,
  type Files,
  parentOf,
  presentDirectory,
  presentFile,
  presentLink,
  unknownFile,
} from "../../shell/state/files.ts";

const text = messages("forecast.tmpfiles", {
  tmpfiles: {
    en: "systemd-tmpfiles may make or empty it ({rule})",
    "zh-cn": "systemd-tmpfiles 可能会创建或清空它（{rule}）",
  },
});

/** What systemd-tmpfiles does at a boot of the host (tmpfiles.d(5)): removes first, then makes. */
export function bootTmpfiles(start: HostStart, files: Files, place: (path: string) => string): Files {
  const rules = [...start.tmpfiles.items, ...start.tmpfilesSettings.items].flatMap(({ value }): readonly Placed[] => {
    const rule = known(value);
    const path = rule && pathOf(rule.path);
    return rule && path !== null && path !== undefined ? [{ ...rule, path: place(path) }] : [];
  });
  let now = files;
  for (const rule of rules) if (/^[rRD]$/.test(rule.type)) now = removed(now, rule);
  for (const rule of rules) now = made(now, rule);
  return now;
}

type Placed = Omit<TmpfilesRule, "path"> & { readonly path: string };

/** The links that systemd-tmpfiles makes; `target` null: where they lead is not known. */
export function tmpfilesLinks(start: HostStart): readonly { readonly path: string; readonly target: string | null }[] {
  return [...start.tmpfiles.items, ...start.tmpfilesSettings.items].flatMap(({ value }) => {
    const rule = known(value);
    const path = rule?.type === "L" ? pathOf(rule.path)?.replace(/\/+$/, "") : null;
    return rule && path?.startsWith("/") ? [{ path, target: rule.argument && literal(rule.argument) }] : [];
  });
}

function literal(text: Script | null): string | null {
  if (text === null || text.length > 1) return null;
  const [piece] = text;
  return typeof piece === "string" ? piece : piece === undefined ? "" : null;
}

function pathOf(text: Script): string | null {
  const path = literal(text);
  return path === null || path === "" ? path : posix.normalize(path);
}

function removed(files: Files, { type, path }: Placed): Files {
  const matches = patternOf(path);
  const gone: [string, FileState][] = [];
  for (const [name, state] of files.entries()) {
    if (state.exists === "no" || !matches.test(name)) continue;
    if (type === "D") {
      for (const [below] of files.entries()) if (below.startsWith(`${name}/`)) gone.push([below, absent]);
    } else {
      gone.push([name, absent]);
      if (type === "R")
        for (const [below] of files.entries()) if (below.startsWith(`${name}/`)) gone.push([below, absent]);
    }
  }
  return gone.length === 0 ? files : files.withAll(gone);
}

/** `*` and `?` do not match a slash, as glob(7) has it. */
function patternOf(path: string): RegExp {
  const source = path
    .replace(/\/+$/, "")
    .replace(/[.+^${}()|\\[\]]/g, "\\$&")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]");
  return new RegExp(`^${source}$`);
}

function made(files: Files, { type, modifiers, path: written, mode, user, group, argument }: Placed): Files {
  const path = written.replace(/\/+$/, "");
  if (!path.startsWith("/")) return files;
  const there = files.get(path);
  if (/^[dDvqQ]$/.test(type)) {
    const own: Partial<FileState> = {
      user: literal(user) ?? "root",
      group: literal(group) ?? "root",
      mode: Number.parseInt(literal(mode) ?? "0755", 8) || 0o755,
    };
    if (there.exists === "yes" && there.kind !== "directory") return files;
    return withDirectories(files, path).with(path, presentDirectory(false, own));
  }
  if (type === "L") {
    if (there.exists === "yes" && !modifiers.includes("+")) return files;
    return withDirectories(files, path).with(path, presentLink(argument && literal(argument)));
  }
  if (type === "f" || type === "F") return madeFile(files, path, { type, modifiers, mode, user, group, argument });
  if (type === "z" || type === "Z") return adjusted(files, path, type, { mode, user, group });
  return files;
}

type Rights = Pick<TmpfilesRule, "mode" | "user" | "group">;

/** `f` makes a file where there is none, `F` and `f+` empty one that is there; all give it owner and mode. */
function madeFile(
  files: Files,
  path: string,
  { type, modifiers, argument, ...rights }: Rights & Pick<TmpfilesRule, "type" | "modifiers" | "argument">,
): Files {
  const followed = files.follow(path);
  const there = files.get(path);
  const written = argument === null ? "" : literal(argument);
  if (followed.is === "lost" || there.exists === "maybe" || written === null) {
    return there.exists === "no" ? files : files.with(path, unknownFile(text.tmpfiles({ rule: `${type} ${path}` })));
  }
  // Something else than a file is left as it is, and so is what a link leads to.
  if (there.exists === "yes" && there.kind !== "file") return files;
  const keeps = there.exists === "yes" && type === "f" && !modifiers.includes("+");
  if (keeps) return files.with(path, { ...there, ...rightsOf(rights) });
  const made = presentFile(path, written.length, { kind: "file", user: "root", group: "root", mode: 0o644 });
  const content: FileState["content"] = written === "" ? { is: "blank" } : { is: "text", text: written };
  return withDirectories(files, path).with(path, { ...made, content, ...rightsOf(rights) });
}

/** `z` and `Z` give owner and mode to what is there; `Z` to everything below, too. */
function adjusted(files: Files, path: string, type: string, rights: Rights): Files {
  const own = rightsOf(rights);
  const matches = patternOf(path);
  const roots = [...files.entries()].flatMap(([name, state]) =>
    state.exists === "yes" && matches.test(name) ? [name] : [],
  );
  const changed = [...files.entries()].filter(
    ([name, state]) =>
      state.exists !== "no" &&
      state.target === null &&
      roots.some((root) => name === root || (type === "Z" && name.startsWith(`${root}/`))),
  );
  return changed.length === 0
    ? files
    : files.withAll(changed.map(([name, state]): [string, FileState] => [name, { ...state, ...own }]));
}

/** Owner and mode as far as the rule gives them: `-` leaves what is there. */
function rightsOf({ mode, user, group }: Rights): Partial<FileState> {
  const bits = literal(mode)?.replace(/^[~:]+/, "");
  const plain = (name: Script | null) => literal(name)?.replace(/^:/, "");
  const owner = plain(user);
  const owners = plain(group);
  return {
    ...(bits ? { mode: Number.parseInt(bits, 8) } : {}),
    ...(owner ? { user: owner } : {}),
    ...(owners ? { group: owners } : {}),
  };
}

/** Directories above are made as root's. */
export function withDirectories(files: Files, path: string): Files {
  let now = files;
  for (let at = parentOf(path); at !== "/"; at = parentOf(at)) {
    if (now.get(at).exists === "yes") break;
    now = now.with(at, presentDirectory(false, { user: "root", group: "root", mode: 0o755 }));
  }
  return now;
}
