import { commands } from "../commands/index.ts";
import { inert, takesPaths } from "../commands/inert.ts";
import { expandFields, expandValue } from "../expand/expand.ts";
import { reasons } from "../reasons.ts";
import type { Hole, Place, Script } from "../script.ts";
import { either } from "../state/lookup.ts";
import { concat, type Field, knownText, unknownValue, type Value } from "../state/value.ts";
import { type Context, placeIn, type Variable, type World } from "../state/world.ts";
import type { Node, Redirect, Word } from "../syntax/tree.ts";
import { builtins, specialForms } from "./builtins.ts";
import { anything, type Call, failed, found, type Handler, handedOver, withStatus, write } from "./call.ts";
import { withRedirects } from "./redirect.ts";
import type { Runner } from "./runner.ts";

type Command = Extract<Node, { is: "command" }>;

/** A simple command: its assignments, words and redirections. */
export function runCommand(node: Command, world: World, context: Context, runner: Runner): readonly World[] {
  const assignments: Word[] = [];
  for (const word of node.words) {
    if (!assignment(word)) break;
    assignments.push(word);
  }
  const words = node.words.slice(assignments.length);
  const call: Call = { name: "", args: [], context, place: node, runner };
  if (words.length === 0) {
    return withRedirects(call, node.redirects, withStatus(world, 0), (inside) =>
      assign(assignments, withStatus(inside, 0), context, runner),
    );
  }
  return expandCommand(words, world, context, runner).flatMap(({ world, made }) => {
    if (world.flow) return [world];
    // Variables in front of a command are set for it alone.
    return assign(assignments, world, context, runner).flatMap((assigned) => {
      if (assigned.flow) return [assigned];
      const ready = { ...assigned, status: world.status };
      const after = runWords(made, node.redirects, ready, context, node, runner);
      if (assignments.length === 0) return after;
      return after.map((each) => ({ ...each, variables: restoredVariables(each, world, assignments) }));
    });
  });
}

function restoredVariables(after: World, before: World, assignments: readonly Word[]): World["variables"] {
  const variables = new Map(after.variables);
  for (const word of assignments) {
    const name = assignment(word)?.name ?? "";
    const old = before.variables.get(name);
    if (old) variables.set(name, old);
    else variables.delete(name);
  }
  return variables;
}

/** `declare x=$y` does not split what is assigned. */
function expandCommand(words: readonly Word[], world: World, context: Context, runner: Runner) {
  const [first] = words;
  const name = first?.parts.length === 1 && first.parts[0]?.is === "text" ? first.parts[0].text : "";
  if (!/^(?:declare|typeset|local|export|readonly)$/.test(name)) return expandFields(words, world, context, runner);
  let all: readonly { world: World; made: readonly Field[] }[] = [{ world, made: [] }];
  for (const word of words) {
    all = all.flatMap(({ world, made }) => {
      if (world.flow) return [{ world, made }];
      if (!assignment(word)) {
        return expandFields([word], world, context, runner).map((one) => ({
          world: one.world,
          made: [...made, ...one.made],
        }));
      }
      if (word.parts.some((part) => part.is === "array")) {
        return assign([word], world, context, runner).map((one) => ({ world: one, made }));
      }
      return expandValue(word, world, context, runner).map((one) => ({
        world: one.world,
        made: [...made, { value: one.made, rest: false }],
      }));
    });
  }
  return all;
}

interface Assignment {
  readonly name: string;
  readonly index: string | null;
  readonly adds: boolean;
  readonly value: Word;
}

function assignment(word: Word): Assignment | null {
  const [first, ...rest] = word.parts;
  if (first?.is !== "text" || first.quoted) return null;
  const found = /^([A-Za-z_]\w*)(?:\[(\w*)\])?(\+?)=/.exec(first.text);
  if (!found) return null;
  const text = first.text.slice(found[0].length);
  const parts = text === "" ? rest : [{ ...first, text }, ...rest];
  return {
    name: found[1] as string,
    index: found[2] ?? null,
    adds: found[3] === "+",
    value: { parts, start: word.start, end: word.end },
  };
}

function assign(words: readonly Word[], world: World, context: Context, runner: Runner): readonly World[] {
  let worlds: readonly World[] = [world];
  for (const word of words) {
    const made = assignment(word) as Assignment;
    worlds = worlds.flatMap((each) => {
      if (each.flow) return [each];
      const [array] = made.value.parts;
      if (array?.is === "array") {
        return expandFields(array.words, each, context, runner).map(({ world, made: fields }) => {
          const before = made.adds ? listOf(world.variables.get(made.name)) : [];
          const loose = fields.some(
            ({ rest, value }) => rest || value.some((part) => typeof part !== "string" && part.holds === "text"),
          );
          const why = reasons.variable({ name: made.name });
          const to: Variable =
            loose || before === null
              ? { is: "maybe", why }
              : { is: "list", values: [...before, ...fields.map(({ value }) => value)] };
          return set(world, made.name, to);
        });
      }
      return expandValue(made.value, each, context, runner).map(({ world, made: value }) => {
        const before = world.variables.get(made.name);
        if (made.index !== null) return set(world, made.name, indexed(before, made, value));
        const to = made.adds && before?.is === "text" ? concat(before.value, value) : value;
        const strange = made.adds && before !== undefined && before.is !== "text" && before.is !== "unset";
        return set(
          world,
          made.name,
          strange ? { is: "maybe", why: reasons.variable({ name: made.name }) } : { is: "text", value: to },
        );
      });
    });
  }
  return worlds;
}

function indexed(before: Variable | undefined, made: Assignment, value: Value): Variable {
  const list = listOf(before);
  const at = Number(made.index);
  if (list === null || made.adds || !/^\d+$/.test(made.index ?? "") || at > list.length) {
    return { is: "maybe", why: reasons.variable({ name: made.name }) };
  }
  const values = [...list];
  values[at] = value;
  return { is: "list", values };
}

function listOf(variable: Variable | undefined): readonly Value[] | null {
  if (!variable || variable.is === "unset") return [];
  if (variable.is === "maybe") return null;
  return variable.is === "list" ? variable.values : [variable.value];
}

function set(world: World, name: string, to: Variable): World {
  return { ...world, variables: new Map(world.variables).set(name, to) };
}

/** A command whose words are expanded. */
export function runWords(
  words: readonly Field[],
  redirects: readonly Redirect[],
  world: World,
  context: Context,
  place: Place,
  runner: Runner,
): readonly World[] {
  const [first, ...args] = words;
  const call: Call = { name: "", args, context, place, runner };
  if (!first) return withRedirects(call, redirects, world, (inside) => [inside]);
  const program = programOf(first);
  const name = program.name ?? "";
  if (name === "exec" && program.bare) {
    if (args.length === 0) return withRedirects(call, redirects, world, (inside) => [withStatus(inside, 0)], true);
    return withRedirects(call, redirects, world, (inside) =>
      runner
        .command(args, inside, context, place)
        .map((each) => (each.flow ? each : { ...each, flow: { is: "exit" }, exitTrap: null })),
    );
  }
  return withRedirects({ ...call, name }, redirects, world, (inside) =>
    dispatch({ ...call, name }, first, program, inside).map((after) => heard(name, after)),
  ).map((after) => heard(name, after));
}

/** A command that fails says why, and some say something in any case. */
function heard(name: string, world: World): World {
  const quiet = world.status === 0 ? !talkative.has(name) : silent.has(name);
  return quiet || world.complained ? world : { ...world, complained: true };
}

const silent = new Set("test [ false true : cmp exit".split(" "));
const talkative = new Set(
  "dd qemu-img mkfs mke2fs mkdosfs mkswap e2fsck fsck resize2fs tune2fs e2label time eval . source command env".split(
    " ",
  ),
);

interface Program {
  /** Base name of the command; null: not known. */
  readonly name: string | null;
  /** Written without a slash. */
  readonly bare: boolean;
  /** The whole path where it is known. */
  readonly path: string | null;
  readonly hole: Hole | null;
}

function programOf({ value, rest }: Field): Program {
  const text = rest ? null : knownText(value);
  if (text !== null) {
    const slash = text.lastIndexOf("/");
    return { name: text.slice(slash + 1), bare: slash < 0, path: slash < 0 ? null : text, hole: null };
  }
  const last = value.at(-1);
  const [first] = value;
  const hole = typeof first === "object" ? (first.hole ?? null) : null;
  const suffix = typeof last === "string" ? last : (last?.hole?.suffix ?? "");
  const slash = suffix.lastIndexOf("/");
  return { name: slash < 0 ? null : suffix.slice(slash + 1), bare: false, path: null, hole };
}

function dispatch(call: Call, first: Field, program: Program, world: World): readonly World[] {
  const { runner, context, place } = call;
  const own = program.bare && program.name !== null ? world.functions.get(program.name) : undefined;
  if (own) return callFunction(call, own, world);
  if (program.hole?.script)
    return runner.script(program.hole.script, call.args, world, context, place, shebang(program.hole.script));
  if (program.bare && program.name !== null) {
    const builtin = builtins[program.name] ?? specialForms[program.name];
    if (builtin) return builtin(call, world);
  }
  if (program.name === null || program.name === "") {
    if (program.path === "" || (program.name === "" && program.bare)) return [failed(world, 127)];
    const what = runner.setting.parser
      ? reasons.anyCommand({ command: program.hole?.package ?? "…" })
      : reasons.syntax();
    return [write(anything(call, world, what), unknownValue(what))];
  }
  const { name } = program;
  return either(
    isFound(call, program, first, world),
    world,
    context,
    place,
    (world) => known(name)(call, world, program),
    (world) => [missing(call, world, name)],
  );
}

function missing(call: Call, world: World, name: string): World {
  const why = reasons.notFound({ command: name });
  const failure = world.failure ?? { place: placeIn(call.context.source, call.place), why };
  // Under `set -e` this ends the script, and then this is why; otherwise nobody asks.
  return {
    ...withStatus(world, 127),
    failure: world.options.errexit && !call.context.tested ? failure : world.failure,
  };
}

function isFound(call: Call, program: Program, _first: Field, world: World): "yes" | "no" | "maybe" {
  const { setting } = call.runner;
  if (program.bare) {
    if (world.variables.has("PATH")) return "maybe";
    if (setting.commands === "all") return "yes";
    if (setting.commands === "unknown") return "maybe";
    if ("surely" in setting.commands) return setting.commands.surely.has(program.name ?? "") ? "yes" : "maybe";
    return setting.commands.has(program.name ?? "") ? "yes" : "no";
  }
  if (program.path === null) return "yes";
  if (/^\/(?:nix\/store|run\/current-system|run\/wrappers)\//.test(program.path)) return "yes";
  if (program.path === "/bin/sh" || program.path === "/usr/bin/env") return "yes";
  const other = setting.otherPrograms ?? "unknown";
  if (other === "found") return "yes";
  if (other === "missing" && /^\/(?:usr\/(?:local\/)?)?s?bin\//.test(program.path)) return "no";
  if (!program.path.startsWith("/")) return other === "missing" ? "no" : "maybe";
  const followed = world.files.follow(program.path);
  return followed.is === "missing" ? "no" : followed.is === "lost" ? "maybe" : world.files.get(followed.path).exists;
}

function known(name: string): (call: Call, world: World, program: Program) => readonly World[] {
  const handler: Handler | undefined = commands[name] ?? (name.startsWith("mkfs.") ? commands["mkfs"] : undefined);
  if (handler) return (call, world) => handler(call, world);
  const builtin = alsoPrograms.has(name) ? builtins[name] : undefined;
  if (builtin) return (call, world) => builtin(call, world);
  const output = unknownValue(reasons.output({ command: name }));
  if (inert.has(name)) return (_, world) => [withStatus(write(world, output), "any")];
  return (call, world, program) => {
    const given = takesPaths.has(name) || program.hole?.package !== undefined;
    const script = program.path !== null && ownScript(call, world, program.path);
    if (script) return script;
    const why = given ? reasons.unknownCommand({ command: name }) : reasons.anyCommand({ command: name });
    const after = given ? handedOver(call, world, call.args, why) : anything(call, world, why);
    return [write(after, output)];
  };
}

/** A script that is a file whose text is known. */
function ownScript(call: Call, world: World, path: string): readonly World[] | null {
  const absolute = path.startsWith("/") ? path : world.cwd === null ? null : `${world.cwd}/${path}`;
  if (absolute === null) return null;
  const [only, more] = found(call, world, absolute, true);
  if (!only || more || only.is !== "there" || only.state.content.is !== "text") return null;
  if (only.state.mode === null || (only.state.mode & 0o111) === 0) return null;
  const script = [only.state.content.text];
  return call.runner.script(script, call.args, world, call.context, call.place, shebang(script));
}

/** Options on the first line of a script; a script of another language is no script for us. */
function shebang(script: Script): { errexit?: boolean; nounset?: boolean } {
  const [first] = script;
  const line = typeof first === "string" ? (/^#!.*/.exec(first)?.[0] ?? "") : "";
  const flags = /\s-(\w+)/.exec(line)?.[1] ?? "";
  return { ...(flags.includes("e") ? { errexit: true } : {}), ...(flags.includes("u") ? { nounset: true } : {}) };
}

/** Builtins that are programs, too. */
const alsoPrograms = new Set("echo printf test [ pwd true false kill".split(" "));

function callFunction(call: Call, own: { body: Node; source: Context["source"] }, world: World): readonly World[] {
  const inside: World = { ...world, args: call.args, saved: new Map(), status: 0 };
  const source = { ...own.source, place: own.source.place ?? null };
  const context = { ...call.context, source, depth: call.context.depth + 1 };
  return call.runner.run(own.body, inside, context).map((after) => {
    const variables = new Map(after.variables);
    for (const [name, before] of after.saved ?? []) {
      if (before.is === "unset") variables.delete(name);
      else variables.set(name, before);
    }
    const flow = after.flow?.is === "return" ? null : after.flow;
    return { ...after, variables, args: world.args, saved: world.saved, flow };
  });
}
