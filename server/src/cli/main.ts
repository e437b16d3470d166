import { parseArgs } from "node:util";
import { printable } from "../base/printable.ts";
import { type Locale, locales, render, type Text, verbatim } from "../base/text.ts";
import { commands } from "./commands.ts";
import { type Arguments, CannotDo, type Command, type ExitCode, type Terminal, UsageError } from "./frame/command.ts";
import { type Help, helpInChinese } from "./frame/help-zh.ts";
import { problems } from "./frame/problems.ts";
import { nearest } from "./frame/suggest.ts";
import { version } from "./frame/version.ts";
import { wrapped } from "./frame/wrap.ts";

/** Runs one command line (without `node` and the script). Never rejects. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    return await dispatch(argv, terminal);
  } catch (error) {
    return failed(error, argv, terminal);
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = argv;
  const { env } = terminal;
  if (name === undefined) {
    terminal.err(wrapped(overview(localeOf(undefined, env)), terminal.width));
    return 2;
  }
  if (name === "--version" || name === "-V") {
    terminal.out(`${version}\n`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    const { values, positionals } = parseArgs({
      args: rest,
      options: everywhere,
      allowPositionals: true,
      strict: false,
    });
    const [wanted] = positionals;
    const locale = localeOf(values.locale, env);
    const help = wanted === undefined ? overview(locale) : helpOf(commandNamed(wanted), locale);
    terminal.out(wrapped(help, terminal.width));
    return 0;
  }
  const command = commandNamed(name);
  const { values, positionals } = parse(command, rest);
  const locale = localeOf(values["locale"], env);
  if (values["help"] === true) {
    terminal.out(wrapped(helpOf(command, locale), terminal.width));
    return 0;
  }
  if (values["version"] === true) {
    terminal.out(`${version}\n`);
    return 0;
  }
  const args: Arguments = { values, positionals, locale };
  return command.run(args, terminal);
}

function commandNamed(name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command) return command;
  const names = commands.map((each) => each.name);
  const other = nearest(name, [...names, "help"]);
  const problem = problems.noCommand({ name: printable(name), all: names.join(", ") });
  throw new UsageError(other === null ? problem : problems.noCommandSuggested({ name: printable(name), other }));
}

/** The options of every command. */
const everywhere = {
  locale: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

function parse(command: Command, argv: readonly string[]): Omit<Arguments, "locale"> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...command.options, ...everywhere },
      allowPositionals: true,
      strict: true,
    });
    return { values: values as Arguments["values"], positionals };
  } catch (error) {
    throw new UsageError(problems.at({ name: command.name, problem: argumentWords(error, command) }));
  }
}

/** What Node says of arguments names the option or the word in quotation marks: the rest are our own words. */
function argumentWords(error: unknown, command: Command): Text {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const quoted = printable(/'([^']*)'/.exec(String(message))?.[1] ?? "");
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const all = [...Object.keys(command.options), ...Object.keys(everywhere)].map((name) => `--${name}`);
    const other = quoted.startsWith("--") ? nearest(quoted, all) : null;
    const problem = problems.unknownOption({ option: quoted });
    return other === null ? problem : problems.didYouMean({ problem, other });
  }
  if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") {
    const make = /does not take/.test(String(message)) ? problems.takesNoValue : problems.needsValue;
    return make({ option: quoted });
  }
  if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL") return problems.unexpected({ word: quoted });
  return verbatim(printable(String(message)));
}

/** The language in which it is told why the arguments cannot be read: of `--locale` where that is readable. */
function localeOfProblems(argv: readonly string[], env: Terminal["env"]): Locale {
  const at = argv.findIndex((argument) => /^--locale(=|$)/.test(argument));
  const wanted = at < 0 ? undefined : (/=(.*)/.exec(argv[at] ?? "")?.[1] ?? argv[at + 1]);
  return locales.find((locale) => locale === wanted?.toLowerCase().replace("_", "-")) ?? localeOf(undefined, env);
}

/** `--locale`, else the language of the environment as POSIX has it. */
function localeOf(wanted: unknown, env: Terminal["env"]): Locale {
  if (typeof wanted === "string") {
    const found = locales.find((locale) => locale === wanted.toLowerCase().replace("_", "-"));
    if (found === undefined)
      throw new UsageError(problems.oneOf({ name: "locale", all: locales.join(", "), value: printable(wanted) }));
    return found;
  }
  return /^zh(_CN|_SG|[.@]|$)/.test(env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "") ? "zh-cn" : "en";
}

function failed(error: unknown, argv: readonly string[], terminal: Terminal): ExitCode {
  const locale = localeOfProblems(argv, terminal.env);
  if (error instanceof CannotDo) {
    // What a foreign program said may be in it.
    const lines = render(error.text, locale).split("\n").map(printable);
    terminal.err(`microvm-lens: ${lines.join("\n")}\n`);
    if (error instanceof UsageError) terminal.err(`${render(problems.seeHelp(), locale)}\n`);
    return 2;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.err(`microvm-lens: ${render(problems.bug(), locale)}\n${detail}\n`);
  return 2;
}

function overview(locale: Locale): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map((each) => `  ${each.name.padEnd(width)}  ${wordsOf(each, locale).summary}`).join("\n");
  if (locale === "zh-cn") {
    return `MicroVM Lens ${version}：microvm.nix 声明了什么，磁盘上有什么，下次启动会做什么。

用法：microvm-lens COMMAND [选项…] [PATH…]

${list}

  microvm-lens COMMAND --help    命令的选项
  microvm-lens --version

PATH 是含 flake 的文件夹，或 .nix 文件；默认为当前文件夹。结果写到标准输出，消息写到标准错误。
退出码：0 没有达到 --fail-on（默认 error）的问题，1 有问题，2 无法完成工作。
`;
  }
  return `MicroVM Lens ${version}: what microvm.nix declares, what is on disk, and what the next start will do.

Usage: microvm-lens COMMAND [OPTION…] [PATH…]

${list}

  microvm-lens COMMAND --help    options of a command
  microvm-lens --version

PATH is a folder with a flake, or .nix files; the default is the current folder. Results go to stdout, messages to
stderr. Exit code: 0 nothing at or above --fail-on (default: error), 1 findings, 2 the job could not be done.
`;
}

/** The words of a command in a language: a command that has none in it speaks English. */
function wordsOf(command: Command, locale: Locale): Help {
  return (locale === "zh-cn" ? helpInChinese[command.name] : undefined) ?? command;
}

function helpOf(command: Command, locale: Locale): string {
  const { usage, help } = wordsOf(command, locale);
  if (locale === "zh-cn") {
    return `用法：microvm-lens ${usage}

${help.trim()}

  --locale LANGUAGE   ${locales.join(" 或 ")}；默认为环境的语言
  -h, --help          显示本文
  -V, --version       MicroVM Lens 的版本
`;
  }
  return `Usage: microvm-lens ${usage}

${help.trim()}

  --locale LANGUAGE   ${locales.join(" or ")}; default: the language of the environment
  -h, --help          this text
  -V, --version       the version of MicroVM Lens
`;
}
