import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The English of every template in a source file. */
export function englishIn(source: string): string[] {
  const literal = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/.source;
  const templates = new RegExp(`\\ben:\\s*((?:${literal})(?:\\s*\\+\\s*(?:${literal}))*)`, "g");
  return [...source.matchAll(templates)].map(([, text = ""]) => text.slice(1, -1));
}

/** Every file below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}
