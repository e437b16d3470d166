import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One expression of a table. `since` and `expected` stand where the installed Nix is too old to judge. */
export interface Case {
  readonly text: string;
  readonly line: number;
  readonly expected?: string;
}

const folder = new URL("tables/", import.meta.url);

/** The names of all tables, one per theme. */
export function tableNames(): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".table"));
}

/**
 * A table is a text: one expression per line; `<<<` and `>>>` stand around one of several lines; lines that begin with
 * `#` are comments. `newer: expression => value` is not asked of Nix: newer versions differ from the installed one.
 */
export function readTable(name: string): readonly Case[] {
  const lines = readFileSync(fileURLToPath(new URL(name, folder)), "utf8").split("\n");
  const cases: Case[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.trim() === "" || line.startsWith("#")) continue;
    const newer = /^newer: (.*) => (.*)$/.exec(line);
    if (newer) cases.push({ text: newer[1] as string, line: i + 1, expected: newer[2] as string });
    else if (line === "<<<") {
      const end = lines.indexOf(">>>", i);
      cases.push({ text: lines.slice(i + 1, end).join("\n"), line: i + 1 });
      i = end;
    } else cases.push({ text: line, line: i + 1 });
  }
  return cases;
}
