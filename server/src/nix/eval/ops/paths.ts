/** The absolute path without `.`, `..`, doubled and trailing slashes; `..` stops at the root. */
export function normalisePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Puts a relative path behind a folder and normalises the whole. */
export function resolvePath(folder: string, relative: string): string {
  return normalisePath(relative.startsWith("/") ? relative : `${folder}/${relative}`);
}

/** The folder of an absolute path. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** What stands behind the last slash, as `builtins.baseNameOf` has it: one trailing slash is not counted. */
export function baseName(path: string): string {
  const text = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  return text.slice(text.lastIndexOf("/") + 1);
}
