import { patternSource } from "../expand/patterns.ts";
import { reasons } from "../reasons.ts";
import { anything, type Call, failed, found, type Handler, pathOf, vague, withStatus, write } from "../run/call.ts";
import { sizeOf } from "../run/options.ts";
import { unlinkName } from "../state/effects.ts";
import { type FileState, parentOf } from "../state/files.ts";
import { type Field, knownText, unknownValue, type Value } from "../state/value.ts";
import type { World } from "../state/world.ts";

/** What find looks for. */
interface Search {
  readonly tests: readonly ((path: string, state: FileState, world: World) => boolean | null)[];
  readonly least: number;
  readonly most: number;
  readonly action: "print" | "delete" | { readonly words: readonly Field[]; readonly together: boolean };
  /** A pattern for the last name, for what is not noted. */
  readonly name: RegExp | null;
}

export const find: Handler = (call, world) => {
  const start = call.args.findIndex(({ value }) => /^[-(!,]/.test(knownText(value) ?? ""));
  const roots = start < 0 ? call.args : call.args.slice(0, start);
  const search = start < 0 ? searchOf([]) : searchOf(call.args.slice(start));
  if (!search || roots.some(({ value, rest }) => rest || knownText(value) === null))
    return unclear(call, world, search);
  let worlds: readonly World[] = [withStatus(world, 0)];
  for (const root of roots.length > 0 ? roots : [{ value: ["."], rest: false }]) {
    worlds = worlds.flatMap((each) => walk(call, each, knownText(root.value) as string, search));
  }
  return worlds;
};

/** What changes nothing prints something; what does may do it to anything below. */
function unclear(call: Call, world: World, search: Search | null): readonly World[] {
  const texts = call.args.map(({ value }) => knownText(value));
  const output = unknownValue(reasons.output({ command: "find" }));
  const quiet = texts.every((text) => text === null || !/^-(?:delete|exec|execdir|ok|okdir|fprint\w*|fls)$/.test(text));
  if (quiet && (search?.action ?? "print") === "print") return [withStatus(write(world, output), "any")];
  const why = reasons.options({ command: "find" });
  const removes =
    texts.includes("-delete") &&
    !texts.some((text) => text === null || /^-(?:exec|execdir|ok|okdir|fprint\w*|fls)$/.test(text));
  if (!removes) return [write(anything(call, world, why), output)];
  let after = world;
  for (const { value, rest } of call.args) {
    const text = knownText(value);
    if (text?.startsWith("-")) break;
    after = vague(call, after, { value, rest }, "remove", why);
    after = vague(call, after, { value: [...value, "/", { why, holds: "text" }], rest }, "remove", why);
  }
  return [withStatus(after, "any")];
}

function searchOf(words: readonly Field[]): Search | null {
  const tests: Search["tests"][number][] = [];
  let [least, most] = [0, Number.POSITIVE_INFINITY];
  let action: Search["action"] = "print";
  let name: RegExp | null = null;
  let acted = false;
  let negated = false;
  for (let at = 0; at < words.length; at++) {
    const word = knownText((words[at] as Field).value);
    const before = tests.length;
    const next = () => knownText((words[++at] ?? { value: [] }).value);
    if (acted && word !== "-print") return null;
    if (word === "!" || word === "-not") {
      negated = !negated;
      continue;
    }
    if (word === "-maxdepth") most = Number(next());
    else if (word === "-mindepth") least = Number(next());
    else if (word === "-name") {
      const pattern = next();
      const source = pattern === null ? null : patternSource([{ value: pattern, quoted: false, split: false }], true);
      if (source === null) return null;
      const expression = new RegExp(`^(?:${source})$`);
      name = expression;
      tests.push((path) => expression.test(path.replace(/\/+$/, "").split("/").at(-1) ?? ""));
    } else if (word === "-type") {
      const letter = next();
      const kind = { f: "file", d: "directory", l: "link", b: "block", p: "fifo" }[letter ?? ""];
      if (kind === undefined) return null;
      tests.push((_, state) => (state.kind === null ? null : state.kind === kind));
    } else if (word === "-size") {
      const size = sizeTest(next() ?? "");
      if (!size) return null;
      tests.push((_, state) => (state.kind === "file" && state.bytes !== null ? size(state.bytes) : null));
    } else if (word === "-empty") {
      tests.push((_, state) => (state.kind === "file" && state.bytes !== null ? state.bytes === 0 : null));
    } else if (/^-(?:mtime|mmin|newer|ctime|cmin|atime|amin|user|group|perm|links)$/.test(word ?? "")) {
      at++;
      tests.push(() => null);
    } else if (
      word === "-depth" ||
      word === "-xdev" ||
      word === "-mount" ||
      word === "-print0" ||
      word === "-ls" ||
      word === "-a" ||
      word === "-and"
    ) {
      if (word === "-print0" || word === "-ls") acted = true;
    } else if (word === "-print") acted = true;
    else if (word === "-quit") return null;
    else if (word === "-delete") {
      action = "delete";
      acted = true;
    } else if (word === "-exec") {
      const end = words.findIndex((field, index) => index > at && /^[;+]$/.test(knownText(field.value) ?? ""));
      if (end < 0) return null;
      action = { words: words.slice(at + 1, end), together: knownText((words[end] as Field).value) === "+" };
      acted = true;
      at = end;
    } else return null;
    const last = tests[before];
    if (negated && !last) return null;
    if (negated && last) {
      tests[before] = (...given) => not(last(...given));
      if (word === "-name") name = null;
      negated = false;
    }
  }
  return Number.isNaN(most) || Number.isNaN(least) ? null : { tests, least, most, action, name };
}

function not(answer: boolean | null): boolean | null {
  return answer === null ? null : !answer;
}

function sizeTest(text: string): ((bytes: number) => boolean) | null {
  const found = /^([+-]?)(\d+)([cwbkMG]?)$/.exec(text);
  if (!found) return null;
  const unit = { c: 1, w: 2, b: 512, "": 512, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }[found[3] as string] ?? sizeOf("1");
  const wanted = Number(found[2]);
  // Sizes are rounded up to whole units before they are compared.
  const units = (bytes: number) => Math.ceil(bytes / (unit as number));
  if (found[1] === "+") return (bytes) => units(bytes) > wanted;
  return found[1] === "-" ? (bytes) => units(bytes) < wanted : (bytes) => units(bytes) === wanted;
}

function walk(call: Call, world: World, root: string, search: Search): readonly World[] {
  const start = pathOf(world, root);
  if (start === null)
    return [withStatus(vague(call, world, { value: unknownValue(reasons.directory()), rest: false }, "remove"), "any")];
  return found(call, world, start, root.endsWith("/")).flatMap((each) => {
    if (each.is === "lost") return unclear(call, each.world, search);
    if (each.is !== "there") return [failed(each.world)];
    return below(call, each.world, root, each.path, search);
  });
}

function below(call: Call, world: World, root: string, start: string, search: Search): readonly World[] {
  const why = reasons.pattern({ pattern: "find" });
  const all = [
    ...(world.files.has(start) ? [[start, world.files.get(start)] as const] : []),
    ...world.files.below(start),
  ];
  const inside = all.filter(([, state]) => state.exists !== "no");
  const open =
    inside.some(([, state]) => state.kind === null || (state.kind === "directory" && !state.listed)) &&
    world.files.others.exists === "maybe";
  const candidates = inside.filter(([path]) => {
    const depth = path === start ? 0 : path.slice(start.length).split("/").length - 1;
    return depth >= search.least && depth <= search.most && world.files.get(start).kind !== "link"
      ? true
      : path === start && search.least === 0;
  });
  const decided = candidates.map(([path, state]) => ({
    path,
    state,
    answer: answerOf(search, path === start ? root : path, state, world),
  }));
  const hits = decided.filter(({ answer }) => answer !== false);
  const output: Value = unknownValue(reasons.output({ command: "find" }));
  if (search.action === "print") {
    const [only] = hits;
    const sure =
      hits.every(({ answer, state }) => answer === true && state.exists === "yes") && !open && hits.length <= 1;
    const printed = sure ? (only ? [`${written(root, start, only.path)}\n`] : []) : output;
    return [withStatus(write(world, printed), world.status)];
  }
  // What is deepest comes first, as -delete has it.
  const ordered = [...hits].sort((a, b) => b.path.length - a.path.length);
  let worlds: readonly World[] = [world];
  for (const { path, answer, state } of ordered) {
    worlds = worlds.flatMap((each) => {
      const field: Field = { value: [written(root, start, path)], rest: false };
      if (answer === null || state.exists === "maybe") return maybe(call, each, field, path, search);
      return one(call, each, field, path, search);
    });
  }
  if (!open) return worlds;
  // What is not noted may fit, too.
  const key = `find ${start} ${search.name?.source ?? ""}`;
  const fits = (path: string) =>
    path.startsWith(`${start}/`) && (search.name === null || search.name.test(path.split("/").at(-1) ?? ""));
  const known = typeof search.action === "object" ? commandName(search) : "rm";
  if (!/^(?:rm|unlink|shred|truncate|chown|chmod|chgrp)$/.test(known))
    return worlds.map((each) => anything(call, each, why));
  return worlds.map((each) =>
    withStatus(
      { ...each, files: each.files.touched({ key, fits, why, under: start }) },
      each.status === 0 ? "any" : each.status,
    ),
  );
}

function commandName(search: Search): string {
  const first = typeof search.action === "object" ? search.action.words[0] : undefined;
  const last = first?.value.at(-1);
  return typeof last === "string" ? (last.split("/").at(-1) ?? "") : "";
}

function answerOf(search: Search, path: string, state: FileState, world: World): boolean | null {
  let answer: boolean | null = true;
  for (const test of search.tests) {
    const one = test(path, state, world);
    if (one === false) return false;
    if (one === null) answer = null;
  }
  return answer;
}

function written(root: string, start: string, path: string): string {
  return path === start ? root : `${root.replace(/\/+$/, "")}/${path.slice(start === "/" ? 1 : start.length + 1)}`;
}

/** It may be found, or not. */
function maybe(call: Call, world: World, field: Field, path: string, search: Search): readonly World[] {
  const why = reasons.pattern({ pattern: "find" });
  return one(call, world, field, path, search).map((each) =>
    withStatus({ ...each, files: each.files.joined(world.files, why), acts: each.acts }, "any"),
  );
}

function one(call: Call, world: World, field: Field, path: string, search: Search): readonly World[] {
  const before = world.status;
  if (search.action === "delete") {
    // It leaves `.` alone.
    if (knownText(field.value) === ".") return [world];
    const state = world.files.get(path);
    const full =
      state.kind === "directory" &&
      world.files.below(path).some(([each, { exists }]) => parentOf(each) === path && exists !== "no");
    if (full) return [failed(world)];
    if (state.kind === "directory" && !state.listed)
      return [vague(call, world, { value: [path], rest: false }, "remove")];
    if (state.kind === null) return [vague(call, world, { value: [path], rest: false }, "remove")];
    return unlinkName(call, world, path).map((each) => (each.status === 0 ? withStatus(each, before) : each));
  }
  if (search.action === "print") return [world];
  const words = search.action.words.flatMap((word): Field[] => {
    const text = knownText(word.value);
    if (text === null || !text.includes("{}")) return [word];
    return [{ value: [text.replaceAll("{}", knownText(field.value) ?? "")], rest: false }];
  });
  const { together } = search.action;
  return call.runner.command(words, world, call.context, call.place).map((each) => {
    if (each.flow) return each;
    return withStatus(each, together ? (each.status === 0 ? before : each.status === "any" ? "any" : 1) : before);
  });
}
