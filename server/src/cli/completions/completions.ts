import { locales } from "../../base/text.ts";
import { rules } from "../../rules/frame/registry.ts";
import { severities } from "../../rules/frame/rule.ts";
import { CannotDo, type Command, UsageError } from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { operations } from "../image/image-operations.ts";
import type { Completable } from "./completable.ts";
import { fishScript } from "./fish.ts";
import { bashScript, zshScript } from "./shells.ts";

const shells = ["bash", "zsh", "fish"] as const;

/** `completions` over all commands; a function, because it is one of them. */
export function completionsOf(commands: () => readonly Command[]): Command {
  return {
    name: "completions",
    summary: "completions for bash, zsh or fish, to be read by the shell",
    usage: "completions bash|zsh|fish",
    help: `
Prints a script by which a shell completes commands, options and their values.

  bash                source <(microvm-lens completions bash)    in ~/.bashrc
  zsh                 source <(microvm-lens completions zsh)     in ~/.zshrc, after compinit
  fish                microvm-lens completions fish | source     in ~/.config/fish/config.fish
`,
    options: {},
    async run({ positionals }, terminal) {
      const [name, ...others] = positionals;
      const shell = shells.find((each) => each === name);
      if (shell === undefined || others.length > 0)
        throw new UsageError(problems.whichShell({ all: shells.join(", ") }));
      const make = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell];
      terminal.out(make(completable(commands())));
      return 0;
    },
  };
}

/** Every command as shells see it; `help` is one for them, too. */
export function completable(commands: readonly Command[]): Completable[] {
  const names = commands.map(({ name }) => name);
  const all = commands.map((command) => ({
    name: command.name,
    summary: command.summary,
    options: [
      ...Object.entries(command.options).map(([name, { type }]) => ({
        name,
        does: describe(command, name),
        values: type === "string" ? valuesOf(command.name, name) : null,
      })),
      { name: "locale", does: "language of the output", values: [...locales] },
      { name: "help", does: "options of the command", values: null },
      { name: "version", does: "version of MicroVM Lens", values: null },
    ],
    words: wordsOf(command.name),
  }));
  return [...all, { name: "help", summary: "options of a command", options: [], words: names }];
}

function wordsOf(command: string): readonly string[] {
  if (command === "explain") return rules.map(({ id }) => id);
  if (command === "image") return operations;
  return command === "completions" ? shells : [];
}

const levels = ["off", ...severities];

/** Values of an option; empty where it may be anything. */
function valuesOf(command: string, option: string): readonly string[] {
  switch (option) {
    case "format":
      return command === "check" ? ["pretty", "json", "sarif", "github"] : ["pretty", "json"];
    case "fail-on":
      return [...severities, "never"];
    case "rule":
      return rules.map(({ id }) => id);
    case "set":
      return rules.flatMap(({ id }) => levels.map((level) => `${id}=${level}`));
    default:
      return [];
  }
}

/** What the help says of an option, in one line. */
function describe({ help, name: command }: Command, option: string): string {
  const found = new RegExp(`^ {2}(?:.*, )?--${option}(?: [A-Z]+(?:=[A-Z]+)?)?(?: {2,}(.*)|$)`, "m").exec(help);
  if (!found && !help.includes(`--${option}`))
    throw new CannotDo(problems.unexpected({ word: `${command} --${option}` }));
  return (found?.[1] ?? "").replace(/[`'"[\]:;$\\]/g, "").split(/\. |, (?=default)/)[0] ?? "";
}
