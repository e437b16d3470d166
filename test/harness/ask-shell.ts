import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Gathering } from "../../server/src/disk/remote/remote-gathering.ts";

/**
 * All lines that a shell of this machine answers to the script that ssh sends, and to the questions that follow. It is
 * asked everything anew with each question: the script writes nothing, so the answers are the same.
 */
export function askShell(shell: readonly string[], script: string, gathering: Gathering): readonly string[] {
  const [program = "", ...args] = shell;
  const folder = mkdtempSync(join(tmpdir(), "lens-shell-"));
  // On standard input, a shell may take the questions for more of the script: ssh sends them later.
  const file = join(folder, "script");
  writeFileSync(file, script);
  const all: string[] = [];
  let answered = 0;
  for (let asked = ""; ; ) {
    const text = execFileSync(program, [...args, file], { input: asked, encoding: "utf8", maxBuffer: 256 << 20 });
    const answers = answersIn(text.split("\n")).slice(answered);
    answered += answers.length;
    const lines = answers.flat();
    all.push(...lines);
    const next = gathering.next(lines);
    if (next === null || answers.length === 0) {
      rmSync(folder, { recursive: true });
      return all;
    }
    asked += next;
  }
}

function answersIn(lines: readonly string[]): string[][] {
  const answers: string[][] = [];
  for (const line of lines) {
    if (line.startsWith("BEGIN ")) answers.push([]);
    else answers.at(-1)?.push(line);
  }
  // What follows the last end is the beginning of an answer that nobody asked for.
  return answers.slice(0, -1).map((answer) => answer.filter((line) => !line.startsWith("END ")));
}
