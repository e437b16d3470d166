import { type ExecFileException, execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** What `nix-instantiate --parse` says of a file. Beyond syntax it looks for names and attributes that clash. */
export type Verdict = "accepted" | "undefined-variable" | "duplicate" | "pipe-operators" | "syntax";

/** Every .nix file below `folder`, links not followed. */
export function nixFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".nix"))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** Real Nix's verdict on each file, with its words. Files are given to one process in batches, halved on a refusal. */
export async function judge(files: readonly string[]): Promise<Map<string, { verdict: Verdict; words: string }>> {
  const verdicts = new Map<string, { verdict: Verdict; words: string }>();
  const batches: (readonly string[])[] = [];
  for (let i = 0; i < files.length; i += 64) batches.push(files.slice(i, i + 64));
  for (let batch = batches.pop(); batch; batch = batches.pop()) {
    const refused = await refusal(batch);
    if (refused === null) {
      for (const file of batch) verdicts.set(file, { verdict: "accepted", words: "" });
    } else if (batch.length === 1) {
      verdicts.set(batch[0] as string, { verdict: classify(refused, batch[0] as string), words: refused });
    } else {
      const middle = batch.length >> 1;
      batches.push(batch.slice(0, middle), batch.slice(middle));
    }
  }
  return verdicts;
}

function refusal(files: readonly string[]): Promise<string | null> {
  const env = { ...process.env, HOME: "/homeless", NIX_PATH: "" };
  return new Promise((resolve) => {
    execFile("nix-instantiate", ["--parse", ...files], { env, maxBuffer: 1 << 28 }, (error, _, stderr) => {
      resolve(error ? words(error, stderr) : null);
    });
  });
}

function words(error: ExecFileException, stderr: string): string {
  return (stderr || error.message).replace(/\u001b\[[0-9;]*m/g, "").trim();
}

function classify(said: string, file: string): Verdict {
  if (said.includes("undefined variable")) return "undefined-variable";
  if (/already defined|duplicate formal/.test(said)) return "duplicate";
  if (/syntax error, unexpected '[|>]'|unexpected '\|'/.test(said) || /\|>|<\|/.test(lineOf(said, file))) {
    return "pipe-operators";
  }
  return "syntax";
}

function lineOf(said: string, file: string): string {
  const line = /:(\d+):\d+:?\s/.exec(said)?.[1];
  return line ? (readFileSync(file, "utf8").split("\n")[Number(line) - 1] ?? "") : "";
}
