import { readFileSync } from "node:fs";
import { join } from "node:path";

const documentation = join(import.meta.dirname, "../../docs/editors.md");

/** The code that docs/editors.md tells users of an editor to write: the block of a section that holds `words`. */
export function snippet(section: string, words: string): string {
  const text = readFileSync(documentation, "utf8");
  const body = text.split(/^## /m).find((part) => part.startsWith(`${section}\n`));
  const blocks = [...(body ?? "").matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  const found = blocks.find((block) => block.includes(words));
  if (found === undefined) throw new Error(`docs/editors.md has no code with ${words} under ${section}`);
  return found;
}
