import { reasons } from "../reasons.ts";
import { access, bits, either } from "../state/lookup.ts";
import { concat, type Field, knownText, unknownValue, type Value } from "../state/value.ts";
import { type Options, placeIn, type Variable, type World } from "../state/world.ts";
import { failed, found, type Handler, pathOf, withStatus, write } from "./call.ts";
import { optionsOf } from "./options.ts";
import { echo, joined, printf, textValue } from "./printing.ts";
import { textOf } from "./redirect.ts";
import { test } from "./test-command.ts";

const succeed: Handler = (_, world) => [withStatus(world, 0)];

const cd: Handler = (call, world) => {
  const args = call.args.filter((arg) => !/^-[LPe@]+$|^--$/.test(textValue(arg) ?? ""));
  const text = textValue(args[0]);
  if (args.length > 1) return [failed(world)];
  const path = text === null || text === "-" ? null : pathOf(world, text === "" ? "." : text);
  if (path === null) {
    const [yes, no] = [moved(world, null), failed(world)];
    return either(
      "maybe",
      world,
      call.context,
      call.place,
      (each) => [{ ...yes, conditions: each.conditions }],
      (each) => [{ ...no, conditions: each.conditions }],
    );
  }
  // `..` takes away a name of what was written, not of where a link leads.
  const logical = normal(path);
  return found(call, world, logical, true).flatMap((each) => {
    if (each.is === "lost" || (each.is === "there" && each.state.kind === null)) {
      return either(
        "maybe",
        each.world,
        call.context,
        call.place,
        (one) => [moved(one, logical)],
        (one) => [failed(one)],
      );
    }
    if (each.is !== "there" || each.state.kind !== "directory") return [failed(each.world)];
    const may = access(call.runner.setting, each.state, bits.search);
    return either(
      may,
      each.world,
      call.context,
      call.place,
      (one) => [moved(one, logical)],
      (one) => [failed(one)],
    );
  });
};

function moved(world: World, path: string | null): World {
  const set = (value: Value): Variable => ({ is: "text", value });
  const here = path === null ? unknownValue(reasons.directory()) : [path];
  const before = world.cwd === null ? unknownValue(reasons.directory()) : [world.cwd];
  const variables = new Map(world.variables).set("PWD", set(here)).set("OLDPWD", set(before));
  return withStatus({ ...world, cwd: path, variables }, 0);
}

function normal(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

function leave(is: "exit" | "return"): Handler {
  return (call, world) => {
    const text = textValue(call.args[0]);
    const given = call.args.length > 0;
    const status = !given ? world.status : text === null ? "any" : /^\d+$/.test(text) ? Number(text) % 256 : 2;
    const why = reasons.exits({ status: String(status) });
    const failure =
      status === 0 ? world.failure : (world.failure ?? { place: placeIn(call.context.source, call.place), why });
    if (is === "return" && world.saved === null && call.context.source.place === null) return [failed(world, 2)];
    return [{ ...withStatus(world, status), flow: { is }, failure: is === "exit" ? failure : world.failure }];
  };
}

function loopFlow(is: "break" | "continue"): Handler {
  return (call, world) => {
    const levels = call.args.length === 0 ? 1 : Number(textValue(call.args[0]) ?? Number.NaN);
    if (!(levels >= 1)) return [call.runner.lost(world, call.context, call.place, reasons.syntax())];
    return [{ ...withStatus(world, 0), flow: { is, levels } }];
  };
}

const setOptions: Handler = (call, world) => {
  let options: Options = world.options;
  const { args } = call;
  for (let at = 0; at < args.length; at++) {
    const text = textValue(args[at]);
    if (text === null) return [call.runner.lost(world, call.context, call.place, reasons.options({ command: "set" }))];
    if (text === "--" || !/^[-+]./.test(text)) {
      return [withStatus({ ...world, options, args: args.slice(text === "--" ? at + 1 : at) }, 0)];
    }
    const on = text.startsWith("-");
    for (const letter of text.slice(1)) {
      const name = letter === "o" ? (textValue(args[++at]) ?? "") : (letters[letter] ?? "");
      if (name in options) options = { ...options, [name]: on };
      else if (!harmless.has(letter === "o" ? name : letter)) {
        return [call.runner.lost(world, call.context, call.place, reasons.options({ command: "set" }))];
      }
    }
  }
  return [withStatus({ ...world, options }, 0)];
};

const letters: Readonly<Record<string, string>> = { e: "errexit", u: "nounset", f: "noglob" };
const harmless = new Set(
  "x v h m b B E T H P xtrace verbose hashall errtrace functrace braceexpand nolog physical".split(" "),
);

const shopt: Handler = (call, world) => {
  const names = call.args.map(textValue);
  const on = names.includes("-s");
  let { options } = world;
  for (const name of names) {
    if (name === "nullglob" && (on || names.includes("-u"))) options = { ...options, nullglob: on };
    else if (
      name === null ||
      /^(?:dotglob|extglob|failglob|globstar|nocaseglob|nocasematch|inherit_errexit|lastpipe)$/.test(name)
    ) {
      return [call.runner.lost(world, call.context, call.place, reasons.options({ command: "shopt" }))];
    }
  }
  return [withStatus({ ...world, options }, 0)];
};

/** `declare`, `local`, `export`, `readonly`: words that are assignments, already expanded. */
const declare: Handler = (call, world) => {
  const local = call.name === "local" || (/^(?:declare|typeset)$/.test(call.name) && world.saved !== null);
  if (call.name === "local" && world.saved === null) return [failed(world)];
  let after = withStatus(world, 0);
  let list = false;
  for (const arg of call.args) {
    const text = textValue(arg);
    const [first] = arg.value;
    if (text !== null && /^[-+]/.test(text)) {
      if (/[nAilu]/.test(text))
        return [call.runner.lost(world, call.context, call.place, reasons.options({ command: call.name }))];
      list ||= text.includes("a");
      continue;
    }
    const found = typeof first === "string" ? /^([A-Za-z_]\w*)(\+?=)?/.exec(first) : null;
    if (!found) return [call.runner.lost(world, call.context, call.place, reasons.syntax())];
    const name = found[1] as string;
    if (local && after.saved && !after.saved.has(name)) {
      const before: Variable = after.variables.get(name) ?? { is: "unset" };
      after = { ...after, saved: new Map(after.saved).set(name, before) };
    }
    const variables = new Map(after.variables);
    const value = [(first as string).slice(found[0].length), ...arg.value.slice(1)].filter((part) => part !== "");
    if (found[2] === "+=") variables.set(name, { is: "maybe", why: reasons.variable({ name }) });
    else if (found[2] === "=") variables.set(name, { is: "text", value });
    else if (local) variables.set(name, list ? { is: "list", values: [] } : { is: "unset" });
    const exports = call.name === "export" ? new Set(after.exports).add(name) : after.exports;
    after = { ...after, variables, exports };
  }
  return [after];
};

const unset: Handler = (call, world) => {
  const variables = new Map(world.variables);
  const functions = new Map(world.functions);
  for (const arg of call.args) {
    const text = textValue(arg);
    if (text === null || text.includes("[")) return [withStatus(unknownVariables(world, call.args), "any")];
    if (variables.has(text) || !functions.has(text)) variables.set(text, { is: "unset" });
    else functions.delete(text);
  }
  return [withStatus({ ...world, variables, functions }, 0)];
};

function unknownVariables(world: World, names: readonly Field[]): World {
  const variables = new Map(world.variables);
  for (const field of names) {
    const name = textValue(field)?.replace(/\[.*/, "");
    if (name !== undefined && name !== "" && !name.startsWith("-"))
      variables.set(name, { is: "maybe", why: reasons.variable({ name }) });
  }
  return { ...world, variables };
}

const readLine: Handler = (call, world) => {
  const options = optionsOf(call.args, "rsep:t:n:N:d:u:a:i:", []);
  if (!options) return [withStatus(unknownVariables(world, call.args), "any")];
  const names = options.operands.length > 0 ? options.operands : [{ value: ["REPLY"], rest: false }];
  const input = knownText(world.input);
  const plain = [...options.values.keys()].length === 0 && options.flags.has("r");
  const name = textValue(names[0]);
  if (input === null || !plain || names.length !== 1 || name === null || world.variables.get("IFS")?.is === "maybe") {
    // Each line is as unknown as all of them.
    const why = reasons.output({ command: "read" });
    const known: [string, Variable][] = names.map((field) => [
      textValue(field) ?? "",
      { is: "text", value: unknownValue(why) },
    ]);
    return [withStatus({ ...world, variables: new Map([...world.variables, ...known]) }, input === "" ? 1 : "any")];
  }
  const end = input.indexOf("\n");
  const line = end < 0 ? input : input.slice(0, end);
  const ifs = world.variables.get("IFS");
  const keeps = ifs?.is === "text" && knownText(ifs.value) === "";
  const value = keeps ? line : line.replace(/^[ \t]+|[ \t]+$/g, "");
  const variables = new Map(world.variables).set(name, { is: "text", value: value === "" ? [] : [value] });
  return [withStatus({ ...world, variables, input: [end < 0 ? "" : input.slice(end + 1)] }, end < 0 ? 1 : 0)];
};

const trap: Handler = (call, world) => {
  const args = call.args.filter((arg) => textValue(arg) !== "--");
  const signals = args.slice(1).map(textValue);
  if (args.length < 2) return [withStatus(world, args.length === 0 ? 0 : "any")];
  const unusual = signals.some((signal) => signal === null || /^(?:SIG)?(?:ERR|DEBUG|RETURN)$/i.test(signal));
  if (unusual) return [call.runner.lost(world, call.context, call.place, reasons.feature({ what: "trap" }))];
  if (!signals.some((signal) => signal === "EXIT" || signal === "0")) return [withStatus(world, 0)];
  const action = (args[0] as Field).value;
  const text = knownText(action);
  return [withStatus({ ...world, exitTrap: text === "-" || text === "" ? null : action }, 0)];
};

const evaluate: Handler = (call, world) => {
  if (call.args.some(({ rest }) => rest))
    return [call.runner.lost(world, call.context, call.place, reasons.feature({ what: "eval" }))];
  return call.runner.text(joined(call.args), world, call.context, call.place);
};

const source: Handler = (call, world) => {
  const [file, ...args] = call.args;
  if (!file) return [failed(world, 2)];
  const [only] = file.value;
  if (file.value.length === 1 && typeof only === "object" && only.hole?.script) {
    const parts = only.hole.script;
    if (parts.every((part) => typeof part === "string"))
      return call.runner.text([parts.join("")], world, call.context, call.place);
  }
  const text = textValue(file);
  const path = text === null || !text.includes("/") ? null : pathOf(world, text);
  if (path === null)
    return [call.runner.lost(world, call.context, call.place, reasons.anyCommand({ command: call.name }))];
  return found(call, world, path, true).flatMap((each) => {
    if (each.is !== "there" && each.is !== "lost") return [failed(each.world)];
    const value = textOf(each.state, path);
    if (knownText(value) === null)
      return [call.runner.lost(each.world, call.context, call.place, reasons.anyCommand({ command: path }))];
    const inside = args.length > 0 ? { ...each.world, args } : each.world;
    return call.runner.text(value, inside, call.context, call.place).map((after) => ({
      ...after,
      args: each.world.args,
      flow: after.flow?.is === "return" ? null : after.flow,
    }));
  });
};

const shift: Handler = (call, world) => {
  const count = call.args.length === 0 ? 1 : Number(textValue(call.args[0]) ?? Number.NaN);
  if (!(count >= 0) || world.args.some(({ rest }) => rest))
    return [call.runner.lost(world, call.context, call.place, reasons.syntax())];
  if (count > world.args.length) return [failed(world)];
  return [withStatus({ ...world, args: world.args.slice(count) }, 0)];
};

const letCommand: Handler = (call, world) => {
  let after = withStatus(world, 1);
  for (const { value } of call.args) {
    const result = call.runner.arithmetic(value, after, call.context, call.place);
    after = withStatus(result.world, !result.ok ? 1 : result.value === null ? "any" : result.value === 0n ? 1 : 0);
  }
  return [after];
};

const pwd: Handler = (_, world) => {
  const here: Value = world.cwd === null ? unknownValue(reasons.directory()) : [world.cwd];
  return [withStatus(write(world, concat(here, ["\n"])), 0)];
};

const umask: Handler = (call, world) => {
  const text = textValue(call.args[0]);
  if (call.args.length === 0) return [withStatus(write(world, unknownValue(reasons.output({ command: "umask" }))), 0)];
  if (text === null || !/^[0-7]+$/.test(text))
    return [call.runner.lost(world, call.context, call.place, reasons.options({ command: "umask" }))];
  return [withStatus({ ...world, umask: Number.parseInt(text, 8) }, 0)];
};

/** `type x`, `command -v x`, `hash x`: whether a command is there. */
const isThere: Handler = (call, world) => {
  const output = unknownValue(reasons.output({ command: call.name }));
  return [withStatus(write(world, output), "any")];
};

const commandBuiltin: Handler = (call, world) => {
  const first = textValue(call.args[0]);
  if (first === "-v" || first === "-V") return isThere(call, world);
  const words = first === "-p" || first === "--" ? call.args.slice(1) : call.args;
  const functions = new Map(world.functions);
  const name = textValue(words[0]);
  if (name !== null) functions.delete(name);
  return call.runner
    .command(words, { ...world, functions }, call.context, call.place)
    .map((after) => ({ ...after, functions: world.functions }));
};

/** Builtins of bash. */
export const builtins: Readonly<Record<string, Handler>> = {
  __proto__: null as never,
  ":": succeed,
  true: succeed,
  false: (_, world) => [failed(world)],
  echo,
  printf,
  test,
  "[": test,
  cd,
  pwd,
  exit: leave("exit"),
  return: leave("return"),
  break: loopFlow("break"),
  continue: loopFlow("continue"),
  set: setOptions,
  shopt,
  declare,
  typeset: declare,
  local: declare,
  export: declare,
  readonly: declare,
  unset,
  read: readLine,
  trap,
  eval: evaluate,
  ".": source,
  source,
  shift,
  let: letCommand,
  umask,
  type: isThere,
  hash: isThere,
  command: commandBuiltin,
  builtin: commandBuiltin,
  wait: (_, world) => [withStatus(world, "any")],
  times: succeed,
  ulimit: (_, world) => [withStatus(world, "any")],
  kill: (_, world) => [withStatus(world, "any")],
  jobs: succeed,
  disown: succeed,
};

/** What bash has as words of its grammar and the parser takes for commands. */
export const specialForms: Readonly<Record<string, Handler>> = {
  __proto__: null as never,
  time: (call, world) =>
    call.runner.command(
      call.args.filter((arg) => textValue(arg) !== "-p"),
      world,
      call.context,
      call.place,
    ),
  coproc: (call, world) => [call.runner.lost(world, call.context, call.place, reasons.feature({ what: "coproc" }))],
  mapfile: (call, world) => [call.runner.lost(world, call.context, call.place, reasons.feature({ what: "mapfile" }))],
  readarray: (call, world) => [
    call.runner.lost(world, call.context, call.place, reasons.feature({ what: "readarray" })),
  ],
  getopts: (call, world) => [call.runner.lost(world, call.context, call.place, reasons.feature({ what: "getopts" }))],
  alias: (call, world) => [call.runner.lost(world, call.context, call.place, reasons.feature({ what: "alias" }))],
  enable: (call, world) => [call.runner.lost(world, call.context, call.place, reasons.feature({ what: "enable" }))],
};
