import { accessSync, constants, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { printable } from "../../base/printable.ts";
import type { Probe } from "../../disk/facts.ts";
import { Engine, type Snapshot } from "../../engine/engine.ts";
import type { EngineSettings, HostSetting } from "../../engine/settings.ts";
import { loadParser, shellLoader } from "../../grammar/files.ts";
import { beginModules } from "../../grammar/modules.ts";
import { largestFile } from "../../nix/files-disk.ts";
import { bugReporter } from "../../rules/frame/bugs.ts";
import { ruleById } from "../../rules/frame/registry.ts";
import { type Severity, severities } from "../../rules/frame/rule.ts";
import { noRule } from "../check/rule-words.ts";
import { type Arguments, CannotDo, type ExitCode, list, type Terminal, UsageError, word } from "./command.ts";
import { hostsOf, type NamedHosts } from "./hosts.ts";
import { missingWords } from "./missing.ts";
import { problems } from "./problems.ts";
import { systemWords } from "./system-words.ts";

/** An engine over what the command line names. */
export interface Opened {
  readonly engine: Engine;
  /** Folders that evaluation may read. */
  readonly roots: readonly string[];
  /** The files that were named; null when only folders were: then everything that is found counts. */
  readonly only: ReadonlySet<string> | null;
  /** Severities that were set. */
  readonly levels: EngineSettings["rules"];
  /** The hosts that the user named, with the snapshots as they were read. */
  readonly hosts: NamedHosts;
  /** The user named a host, snapshot or state directory: then it counts as not done when that cannot be had. */
  readonly named: boolean;
  /** Rules that failed so far, by id: what they would have found is missing, so that the job counts as not done. */
  readonly failed: ReadonlySet<string>;
}

/** The options of every command that looks at configurations. */
export const pathHelp = `
  PATH                a folder with a flake, or .nix files; default: the current folder`;

/** The option that sets severities, as the editor's setting does. */
export const ruleOptions = { set: { type: "string", multiple: true } } as const;

export const ruleHelp = `
  --set RULE=LEVEL    off, hint, information, warning or error for one rule (repeatable)`;

/** Opens an engine on the paths of the command line. `disk: false` probes no host. Throws {@link CannotDo}. */
export async function open(
  args: Arguments,
  terminal: Terminal,
  { disk, hosts: before }: { readonly disk: boolean; readonly hosts?: NamedHosts },
): Promise<Opened> {
  const named = (args.positionals.length > 0 ? args.positionals : ["."]).map((path) => examine(path, terminal.cwd));
  const roots = [...new Set(named.map(({ root }) => root))];
  const stateDir = word(args, "state-dir");
  const hosts = before ?? (disk ? hostsOf(args, terminal) : noHosts);
  const settings: EngineSettings = { hosts: hosts.settings, rules: ruleLevels(args) };
  const failed = new Set<string>();
  const report = bugReporter((words) => terminal.err(`microvm-lens: ${words}\n`), args.locale);
  const folder = dirname(fileURLToPath(import.meta.url));
  const modules = beginModules(folder);
  const engine = new Engine({
    parser: await loadParser(folder, modules),
    loadShell: shellLoader(folder, modules),
    roots,
    readable: named.flatMap(({ readable }) => readable ?? []),
    settings,
    onBug: (rule, error) => {
      failed.add(rule);
      report(rule, error);
    },
    ...(stateDir === undefined ? {} : { stateDir: resolve(terminal.cwd, stateDir) }),
    createProbe: disk ? hosts.createProbe : blindProbe,
  });
  const files = named.flatMap(({ file }) => (file === null ? [] : [file]));
  for (const { path, text } of files) {
    engine.setDocument(path, text);
  }
  const only = files.length === named.length ? new Set(files.map(({ path }) => path)) : null;
  // Paths in output are told from folders.
  return {
    engine,
    roots: named.map(({ root, readable }) => readable ?? root),
    only,
    levels: settings.rules,
    hosts,
    named: disk && (settings.hosts.length > 0 || stateDir !== undefined),
    failed,
  };
}

const noHosts: NamedHosts = { settings: [], createProbe: blindProbe };

/** The exit code of a command that has told what it found: 2 where a rule failed, or what was named cannot be had. */
export function done({ failed, named }: Opened, snapshot: Snapshot, code: ExitCode): ExitCode {
  if (failed.size > 0) return 2;
  return named && snapshot.notJudged().items.some(({ what }) => what === "host") ? 2 : code;
}

interface Named {
  readonly root: string;
  /** The folder of a file that belongs to no project: its neighbours may be read, and are not looked through. */
  readonly readable?: string;
  /** The file that was named, or null for a folder. */
  readonly file: { readonly path: string; readonly text: string } | null;
}

/** Looks at one path of the command line, and says in plain words what is wrong with it. */
function examine(path: string, cwd: string): Named {
  const absolute = resolve(cwd, path);
  const shown = printable(path);
  let stats: Stats;
  try {
    stats = statSync(absolute);
  } catch (error) {
    throw new CannotDo(problems.at({ name: shown, problem: readProblem(error, absolute) }));
  }
  if (stats.isDirectory()) {
    try {
      accessSync(absolute, constants.R_OK | constants.X_OK);
    } catch (error) {
      throw new CannotDo(problems.at({ name: shown, problem: systemWords(error) }));
    }
    return { root: absolute, file: null };
  }
  if (!stats.isFile()) throw new CannotDo(problems.at({ name: shown, problem: problems.neither() }));
  if (extname(absolute) !== ".nix") throw new CannotDo(problems.at({ name: shown, problem: problems.notNix() }));
  const file = { path: absolute, text: readNix(absolute, shown, stats.size) };
  const project = projectOf(dirname(absolute));
  return project === null ? { root: absolute, readable: dirname(absolute), file } : { root: project, file };
}

/** Why a path cannot be had; of one that is not there, which part of it is missing. */
function readProblem(error: unknown, path: string) {
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  return isMissing ? missingWords(path) : systemWords(error);
}

function readNix(path: string, shown: string, size: number): string {
  if (size > largestFile)
    throw new CannotDo(problems.at({ name: shown, problem: problems.tooLarge({ size, largest: largestFile }) }));
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CannotDo(problems.at({ name: shown, problem: systemWords(error) }));
  }
  const mark = bytes.subarray(0, 2).toString("latin1");
  if (mark === "\u00ff\u00fe" || mark === "\u00fe\u00ff") {
    throw new CannotDo(problems.at({ name: shown, problem: problems.utf16() }));
  }
  if (bytes.includes(0)) throw new CannotDo(problems.at({ name: shown, problem: problems.zeroByte() }));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CannotDo(problems.at({ name: shown, problem: problems.notUtf8() }));
  }
}

/** The folder that a file belongs to: the nearest one above with a flake, else with a repository; null when there is none. */
function projectOf(folder: string): string | null {
  for (const mark of ["flake.nix", ".git"]) {
    for (let at = folder; ; at = dirname(at)) {
      if (statSync(join(at, mark), { throwIfNoEntry: false }) !== undefined) return at;
      if (at === dirname(at)) break;
    }
  }
  return null;
}

/** Looks at nothing: for commands that are about the configuration alone. */
function blindProbe({ name }: HostSetting): Probe {
  const absent = { state: "absent" } as const;
  return {
    host: name,
    observe: async ({ stateDir }) => ({
      host: name,
      stateDir,
      takenAtMs: Date.now(),
      stateDirectory: absent,
      freeBytes: absent,
      totalBytes: absent,
      guests: [],
      images: new Map(),
      directories: new Map(),
      microvmUser: absent,
    }),
  };
}

function ruleLevels(args: Arguments): Record<string, Severity | "off"> {
  const result: Record<string, Severity | "off"> = {};
  for (const pair of list(args, "set")) {
    const [rule, level] = pair.split("=");
    const known = (["off", ...severities] as const).find((each) => each === level);
    if (!rule || known === undefined) {
      throw new UsageError(problems.ruleLevel({ all: ["off", ...severities].join("|"), value: printable(pair) }));
    }
    if (!ruleById(rule)) throw new UsageError(noRule(rule));
    result[rule] = known;
  }
  return result;
}
