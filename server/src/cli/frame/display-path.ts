import { isAbsolute, relative, sep } from "node:path";

/** How a file is named in output: as a person in `cwd` would write it where that is shorter, absolute otherwise. */
export function pathForPeople(file: string, cwd: string): string {
  return below(file, cwd) ?? file;
}

/**
 * How a file is named in JSON: relative to the working directory, or to the folder that was asked about when that lies
 * elsewhere; absolute when it is below neither. Always with forward slashes.
 */
export function pathForTools(file: string, cwd: string, roots: readonly string[]): string {
  for (const folder of [cwd, ...roots]) {
    const path = below(file, folder);
    if (path !== null) return path.split(sep).join("/");
  }
  return file;
}

/** The path relative to `folder` when the file lies in it, or null. */
function below(file: string, folder: string): string | null {
  const path = relative(folder, file);
  return path === "" || path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path) ? null : path;
}
