import { reasons } from "../reasons.ts";
import { anything, failed, found, type Handler, pathOf, withStatus } from "../run/call.ts";
import type { Runner } from "../run/runner.ts";
import { knownOptions } from "../run/shell-options.ts";
import type { Setting } from "../setting.ts";
import { type Field, knownText, unknownValue } from "../state/value.ts";
import type { World } from "../state/world.ts";

function text(field: Field | undefined): string | null {
  return field && !field.rest ? knownText(field.value) : null;
}

/** A command that runs another one: options with a value, how many words come before the command, and who runs it. */
function wrapper(
  valued: string,
  before: number,
  more: { long?: readonly string[]; maybe?: boolean; user?: (user: string | null) => Setting["user"] } = {},
): Handler {
  return (call, world) => {
    let at = 0;
    let name: string | null | undefined;
    for (; at < call.args.length; at++) {
      const word = text(call.args[at]);
      if (word === null) return [anything(call, world, reasons.anyCommand({ command: call.name }))];
      if (word === "--") {
        at++;
        break;
      }
      if (!word.startsWith("-")) break;
      const letter = word[1] ?? "";
      const long = word.startsWith("--");
      const takes = long
        ? more.long?.includes(word) === true
        : valued.includes(word.at(-1) as string) && word.length === 2;
      if (long && !takes && more.long?.includes(word.split("=")[0] as string) !== true && !plainLong.has(word)) {
        return [anything(call, world, reasons.options({ command: call.name }))];
      }
      const isUser = letter === "u" || word.startsWith("--user");
      if (isUser) name = takes ? text(call.args[at + 1]) : (/^(?:-u|--user=)(.+)$/.exec(word)?.[1] ?? null);
      if (takes) at++;
    }
    const words = call.args.slice(at + before);
    if (words.length === 0) return [withStatus(world, "any")];
    const runner: Runner = more.user ? call.runner.as(more.user(name === undefined ? "root" : name)) : call.runner;
    const after = runner.command(words, world, call.context, call.place);
    // What has another user, or a limit of time, may end otherwise.
    return more.maybe ? after.map((each) => (each.flow ? each : withStatus(each, "any"))) : after;
  };
}

const plainLong = new Set([
  "--preserve-status",
  "--foreground",
  "--non-interactive",
  "--login",
  "--preserve-env",
  "--reset-env",
  "--clear-groups",
  "--init-groups",
]);

function asUser(user: string | null): Setting["user"] {
  if (user === null) return null;
  return user === "root" || user === "0" ? { root: true, names: ["root", "0"], groups: ["root", "0"] } : null;
}

const env: Handler = (call, world) => {
  let { args } = call;
  let variables = world.variables;
  let exports = world.exports;
  for (; args.length > 0; args = args.slice(1)) {
    const [first] = args;
    const word = text(first);
    const [start] = first?.value ?? [];
    const name = typeof start === "string" ? /^([A-Za-z_]\w*)=/.exec(start)?.[1] : undefined;
    if (name !== undefined && first) {
      const value = [(start as string).slice(name.length + 1), ...first.value.slice(1)].filter((part) => part !== "");
      variables = new Map(variables).set(name, { is: "text", value });
      exports = new Set(exports).add(name);
    } else if (word === "-i" || word === "-" || word === "--ignore-environment" || word === "--")
      exports = new Set(word === "--" ? exports : []);
    else if (word === "-u") args = args.slice(1);
    else if (word === null || word.startsWith("-")) {
      if (word !== null) return [anything(call, world, reasons.options({ command: "env" }))];
      break;
    } else break;
  }
  if (args.length === 0)
    return [
      withStatus({ ...world, out: world.out === null ? null : unknownValue(reasons.output({ command: "env" })) }, 0),
    ];
  // Functions and builtins of the shell are not seen by a program.
  const inside = { ...world, variables, exports, functions: new Map() };
  return call.runner.command(args, inside, call.context, call.place).map((after) => ({
    ...after,
    variables: world.variables,
    exports: world.exports,
    functions: world.functions,
  }));
};

/** bash, sh and dash. */
const shell: Handler = (call, world) => {
  const read = knownOptions(call.args.map(text));
  if (!read) return [anything(call, world, reasons.options({ command: call.name }))];
  const { options, rest, isCommand } = read;
  const [first, ...args] = call.args.slice(rest);
  if (isCommand) {
    const script = first ? scriptOf(first) : null;
    if (!first) return [failed(world, 2)];
    if (!script) return [anything(call, world, reasons.anyCommand({ command: call.name }))];
    return call.runner.script(script, args.slice(1), world, call.context, call.place, options);
  }
  if (!first) {
    const script = knownText(world.input);
    if (script === null) return [anything(call, world, reasons.anyCommand({ command: call.name }))];
    return call.runner.script(
      [script],
      [],
      { ...world, input: unknownValue(reasons.output({ command: "stdin" })) },
      call.context,
      call.place,
      options,
    );
  }
  const [only] = first.value;
  if (first.value.length === 1 && typeof only === "object" && only.hole?.script) {
    return call.runner.script(only.hole.script, args, world, call.context, call.place, options);
  }
  return scriptFile(call, world, first, args, options);
};

const scriptFile = (
  call: Parameters<Handler>[0],
  world: World,
  file: Field,
  args: readonly Field[],
  options: object,
): readonly World[] => {
  const name = text(file);
  const path = name === null ? null : pathOf(world, name);
  if (path === null) return [anything(call, world, reasons.anyCommand({ command: call.name }))];
  return found(call, world, path, true).flatMap((each) => {
    if (each.is === "free" || each.is === "missing") return [failed(each.world, 127)];
    if (each.state.content.is !== "text") return [anything(call, each.world, reasons.anyCommand({ command: path }))];
    return call.runner.script([each.state.content.text], args, each.world, call.context, call.place, options);
  });
};

/** A value as a script: what is not known in it is a hole. */
function scriptOf({ value, rest }: Field) {
  if (rest || value.some((part) => typeof part !== "string" && part.pattern)) return null;
  return value.map((part) => (typeof part === "string" ? part : (part.hole ?? { why: part.why, holds: part.holds })));
}

const xargs: Handler = (call, world) => {
  let at = 0;
  let replace: string | null = null;
  let nul = false;
  for (; at < call.args.length; at++) {
    const word = text(call.args[at]);
    if (word === null || !word.startsWith("-")) break;
    if (word === "-I") replace = text(call.args[++at]);
    else if (/^-[nPLsd]$/.test(word)) at++;
    else if (word === "-0" || word === "--null") nul = true;
    else if (!/^-(?:r|t|x|n\d+|P\d+|L\d+|-no-run-if-empty)$/.test(word))
      return [anything(call, world, reasons.options({ command: "xargs" }))];
  }
  const words = call.args.slice(at);
  const input = knownText(world.input);
  if (words.length === 0) return [withStatus(world, "any")];
  const plain = input !== null && !nul && !/['"\\]/.test(input) && replace === null;
  const unknown: Field = { value: unknownValue(reasons.output({ command: "xargs" })), rest: false };
  const named =
    replace === null ? [...words, unknown] : words.map((field) => (text(field)?.includes(replace) ? unknown : field));
  const given: readonly Field[] = plain
    ? input
        .split(/\s+/)
        .filter((word) => word !== "")
        .map((word) => ({ value: [word], rest: false }))
    : [];
  if (plain && given.length === 0 && call.args.some((arg) => /^(?:-r|--no-run-if-empty)$/.test(text(arg) ?? "")))
    return [withStatus(world, 0)];
  const after = call.runner.command(
    plain ? [...words, ...given] : named,
    { ...world, input: [""] },
    call.context,
    call.place,
  );
  // Its own status is 123 where one of them fails; with an input that is not known it may not run at all.
  const ran = after.map((each) =>
    each.status === 0 || each.flow ? each : withStatus(each, each.status === "any" ? "any" : "fail"),
  );
  const files = (each: World) =>
    plain ? each : { ...each, files: each.files.joined(world.files, reasons.output({ command: "xargs" })) };
  return ran.map((each) => ({ ...files(each), input: world.input, status: plain ? each.status : "any" }));
};

const flock: Handler = (call, world) => {
  const words = call.args.map(text);
  const start = words.findIndex(
    (word, at) => word === null || (!word.startsWith("-") && !/^-[wE]$/.test(words[at - 1] ?? "")),
  );
  const lock = words[start];
  if (start < 0 || lock === null || lock === undefined)
    return [anything(call, world, reasons.options({ command: "flock" }))];
  const fails = words.slice(0, start).some((word) => /^-[nw]|^--(?:nonblock|wait|timeout)/.test(word ?? ""));
  const command = call.args.slice(start + 1);
  if (command.length === 0) return [withStatus(world, fails || !/^\d+$/.test(lock) ? "any" : 0)];
  if (words[start + 1] === "-c") return [anything(call, world, reasons.options({ command: "flock" }))];
  const touched = call.runner.command(
    [
      { value: ["touch"], rest: false },
      { value: [lock], rest: false },
    ],
    world,
    call.context,
    call.place,
  );
  return touched.flatMap((each) => {
    const after = call.runner.command(command, each, call.context, call.place);
    return fails ? [withStatus(each, 1), ...after] : after;
  });
};

const first: Handler = (call, world) => {
  if (call.args.length === 0) return [withStatus(world, "any")];
  return call.runner.command(call.args, world, call.context, call.place);
};

/** Commands that run others. */
export const wrappers: Readonly<Record<string, Handler>> = {
  env,
  sudo: wrapper("ugCDhpRTU", 0, { long: ["--user", "--group"], user: asUser, maybe: true }),
  doas: wrapper("uC", 0, { user: asUser, maybe: true }),
  runuser: wrapper("ugG", 0, { long: ["--user", "--group"], user: asUser, maybe: true }),
  setpriv: wrapper("", 0, { long: ["--reuid", "--regid", "--groups", "--reset-env"], user: () => null, maybe: true }),
  nice: wrapper("n", 0, { long: ["--adjustment"] }),
  ionice: wrapper("cnp", 0, { long: ["--class", "--classdata"] }),
  chrt: wrapper("", 1),
  timeout: wrapper("ks", 1, { long: ["--kill-after", "--signal"], maybe: true }),
  nohup: wrapper("", 0),
  setsid: wrapper("", 0),
  stdbuf: wrapper("ioe", 0),
  time: wrapper("fo", 0),
  busybox: first,
  toybox: first,
  coreutils: first,
  xargs,
  flock,
  bash: shell,
  sh: shell,
  dash: shell,
  ash: shell,
};
