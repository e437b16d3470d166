import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How long a host may take to answer, in seconds: OpenSSH's own limit, so that a password prompt never hangs the editor. */
const patience = 10;

/** How deep files that a configuration includes are followed: OpenSSH's own limit. */
const deepest = 16;

/** An element of the setting `hosts`. */
export interface HostSetting {
  readonly name: string;
  readonly via?: "local" | { readonly ssh: string } | { readonly snapshot: string };
  readonly stateDir?: string;
}

/** The names of hosts in the user's own configuration of OpenSSH, without patterns; files that it includes count. */
export async function sshNames(file = join(homedir(), ".ssh", "config"), depth = 0): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const names: string[] = [];
  for (const [keyword, words] of linesOf(text)) {
    if (keyword === "host") names.push(...words.filter((word) => !/[*?!]/.test(word) && isDestination(word)));
    if (keyword !== "include" || depth >= deepest) continue;
    // Relative names begin at ~/.ssh; patterns are not followed.
    for (const word of words) names.push(...(await sshNames(included(word, file, depth), depth + 1)));
  }
  return [...new Set(names)];
}

/** True for what may be handed to ssh: a leading dash would be read as an option. */
export function isDestination(words: string): boolean {
  return /^[^-\s"][^\s"]*$/.test(words);
}

/** null when the host answers; otherwise the last line of what ssh said. */
export async function problemOfConnection(destination: string): Promise<string | null> {
  const options = ["-o", "BatchMode=yes", "-o", `ConnectTimeout=${patience}`];
  try {
    await run("ssh", [...options, "--", destination, "true"], { timeout: (patience + 5) * 1000 });
    return null;
  } catch (problem) {
    const { stderr, message } = problem as { stderr?: string; message: string };
    return (stderr?.trim() || message).split("\n").at(-1) ?? "";
  }
}

/** The setting with one host more; one of the same name is replaced. */
export function withHost(hosts: readonly HostSetting[], added: HostSetting): HostSetting[] {
  return [...hosts.filter((host) => host.name !== added.name), added];
}

/** Keyword in lower case and words of each line that is no comment; words may stand in quotes. */
function linesOf(configuration: string): [string, string[]][] {
  return configuration.split(/\r?\n/).flatMap((line): [string, string[]][] => {
    const match = /^[ \t]*(\w+)[ \t]*[= \t][ \t]*(.*?)[ \t]*$/.exec(line);
    if (!match) return [];
    const words = [...(match[2] as string).matchAll(/"([^"]*)"|([^\s"]+)/g)].map(
      (word) => word[1] ?? (word[2] as string),
    );
    return [[(match[1] as string).toLowerCase(), words]];
  });
}

function included(word: string, file: string, depth: number): string {
  if (word.startsWith("~/")) return join(homedir(), word.slice(2));
  return resolve(depth === 0 ? dirname(file) : join(homedir(), ".ssh"), word);
}
