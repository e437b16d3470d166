import type { Completable } from "./completable.ts";

/** The script for fish. */
export function fishScript(commands: readonly Completable[]): string {
  const lines = ["# fish completion for microvm-lens; read it with: microvm-lens completions fish | source"];
  const say = (...words: readonly string[]) => lines.push(["complete -c microvm-lens", ...words].join(" "));
  say("-n __fish_use_subcommand -f");
  say("-n __fish_use_subcommand -l version -d", text("version of MicroVM Lens"));
  for (const { name, summary, options, words } of commands) {
    say("-n __fish_use_subcommand -f -a", text(name), "-d", text(summary));
    const inside = `-n ${text(`__fish_seen_subcommand_from ${name}`)}`;
    for (const { name: option, does, values } of options) {
      const takes = values === null ? [] : values.length > 0 ? ["-x", "-a", text(values.join(" "))] : ["-r"];
      say(inside, "-l", option, ...takes, "-d", text(does));
    }
    if (words.length > 0) say(inside, "-f", "-a", text(words.join(" ")));
  }
  return `${lines.join("\n")}\n`;
}

function text(words: string): string {
  return `'${words.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
