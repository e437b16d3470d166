import { known } from "../../microvm/model.ts";
import type { HostStart, TmpfilesRule } from "../../microvm/start.ts";
import { absent, type FileState, type Files, parentOf, presentDirectory, presentLink } from "../../shell/files.ts";
import type { Script } from "../../shell/script.ts";

/** What systemd-tmpfiles does at a boot of the host (tmpfiles.d(5)): removes first, then makes. */
export function bootTmpfiles(start: HostStart, files: Files): Files {
  const rules = [...start.tmpfiles.items, ...start.tmpfilesSettings.items].flatMap(({ value }) => known(value) ?? []);
  let now = files;
  for (const rule of rules) if (/^[rRD]$/.test(rule.type)) now = removed(now, rule);
  for (const rule of rules) now = made(now, rule);
  return now;
}

function literal(text: Script | null): string | null {
  if (text === null || text.length > 1) return null;
  const [piece] = text;
  return typeof piece === "string" ? piece : piece === undefined ? "" : null;
}

function removed(files: Files, { type, path: text }: TmpfilesRule): Files {
  const path = literal(text);
  if (path === null) return files;
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

function made(files: Files, { type, modifiers, path: text, mode, user, group, argument }: TmpfilesRule): Files {
  const path = literal(text)?.replace(/\/+$/, "");
  if (!path?.startsWith("/")) return files;
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
  return files;
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
