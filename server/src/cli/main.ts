import { parseArgs } from "node:util";
import { printable } from "../base/printable.ts";
import { type Locale, locales } from "../base/text.ts";
import { type Arguments, CannotDo, type Command, type ExitCode, type Terminal, UsageError } from "./command.ts";
import { commands } from "./commands.ts";
import { version } from "./version.ts";

/** Runs one command line (without `node` and the script). Never rejects. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    return await dispatch(argv, terminal);
  } catch (error) {
    return failed(error, terminal);
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    terminal.err(overview());
    return 2;
  }
  if (name === "--version" || name === "-V") {
    terminal.out(`${version}\n`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    const wanted = rest.find((argument) => !argument.startsWith("-"));
    terminal.out(wanted === undefined ? overview() : helpOf(commandNamed(wanted)));
    return 0;
  }
  const command = commandNamed(name);
  const { values, positionals } = parse(command, rest);
  if (values["help"] === true) {
    terminal.out(helpOf(command));
    return 0;
  }
  const args: Arguments = { values, positionals, locale: localeOf(values["locale"], terminal.env) };
  return command.run(args, terminal);
}

function commandNamed(name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command) return command;
  throw new UsageError(`"${printable(name)}" is no command; there are ${commands.map((each) => each.name).join(", ")}`);
}

function parse(command: Command, argv: readonly string[]): Omit<Arguments, "locale"> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...command.options, locale: { type: "string" }, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
      strict: true,
    });
    return { values: values as Arguments["values"], positionals };
  } catch (error) {
    // Node's own words name the option; its advice about `--` is left out.
    const words = error instanceof Error ? (error.message.split(". To specify")[0] as string) : String(error);
    throw new UsageError(`${command.name}: ${words}`);
  }
}

/** `--locale`, else the language of the environment as POSIX has it. */
function localeOf(wanted: unknown, env: Terminal["env"]): Locale {
  if (typeof wanted === "string") {
    const found = locales.find((locale) => locale === wanted.toLowerCase().replace("_", "-"));
    if (found === undefined)
      throw new UsageError(`--locale is one of ${locales.join(", ")}, not "${printable(wanted)}"`);
    return found;
  }
  return /^zh(_CN|_SG|[.@]|$)/.test(env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "") ? "zh-cn" : "en";
}

function failed(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CannotDo) {
    terminal.err(`microvm-lens: ${error.message}\n`);
    if (error instanceof UsageError) terminal.err("See `microvm-lens --help`.\n");
    return 2;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.err(`microvm-lens: this is a bug of MicroVM Lens, please report it:\n${detail}\n`);
  return 2;
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return `MicroVM Lens ${version}: what microvm.nix declares, what is on disk, and what the next start will do.

Usage: microvm-lens COMMAND [OPTION…] [PATH…]

${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n")}

  microvm-lens COMMAND --help    options of a command
  microvm-lens --version

PATH is a folder with a flake, or .nix files; the default is the current folder. Results go to stdout, messages to
stderr. Exit code: 0 nothing at or above --fail-on (default: error), 1 findings, 2 the job could not be done.
`;
}

function helpOf(command: Command): string {
  return `Usage: microvm-lens ${command.usage}

${command.help.trim()}

  --locale LANGUAGE   ${locales.join(" or ")}; default: the language of the environment
  -h, --help          this text
`;
}
