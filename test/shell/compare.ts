import { verbatim } from "../../server/src/base/text.ts";
import { type Played, play } from "../../server/src/shell/play.ts";
import {
  type FileState,
  Files,
  presentDirectory,
  presentFile,
  presentLink,
} from "../../server/src/shell/state/files.ts";
import type { ShellParser } from "../../server/src/shell/syntax/parser.ts";
import type { Case, Result, Seen } from "./sandbox.ts";

const users: Readonly<Record<number, string>> = { 0: "root", 65534: "nobody" };

/** What is known before: everything in the scratch directory. */
export function filesOf(scratch: string, one: Case): Files {
  const states: [string, FileState][] = [
    [scratch, presentDirectory(true, { user: "root", group: "root", mode: 0o755 })],
  ];
  for (const { path, kind, bytes, text, target, mode, uid } of one.entries) {
    const user = users[uid ?? 0] as string;
    const group = user === "nobody" ? "nogroup" : "root";
    const owner = { user, group };
    if (kind === "directory") states.push([path, presentDirectory(true, { ...owner, mode: mode ?? 0o755 })]);
    else if (kind === "link") states.push([path, presentLink(target ?? null, { ...owner, mode: 0o777 })]);
    else if (text !== undefined) {
      const content = { is: "text", text } as const;
      states.push([path, presentFile(path, Buffer.byteLength(text), { ...owner, content, mode: mode ?? 0o644 })]);
    } else states.push([path, presentFile(path, bytes ?? 0, { ...owner, mode: mode ?? 0o644 })]);
  }
  return new Files(states, { exists: "maybe", why: verbatim("not looked at") });
}

export function playCase(scratch: string, one: Case, parser: ShellParser): Played {
  const flags = one.options.join(" ");
  return play(
    [one.script],
    {
      parser,
      directory: one.directory,
      user:
        one.uid === 0
          ? { root: true, names: ["root", "0"], groups: ["root", "0"] }
          : { root: false, names: ["nobody", "65534"], groups: ["nogroup", "65534"] },
      commands: "all",
      otherPrograms: "found",
      arguments: one.args,
      name: "script",
      options: { errexit: /-e/.test(flags), nounset: /u/.test(flags), pipefail: /pipefail/.test(flags) },
    },
    filesOf(scratch, one),
  );
}

/** What the play says and bash did otherwise. */
export function contradictions(scratch: string, played: Played, result: Result): string[] {
  const wrong: string[] = [];
  const success = result.status === 0;
  if (played.exit.is === "success" && !success) wrong.push(`succeeds, but its status is ${result.status}`);
  if (played.exit.is === "failure" && success) wrong.push("fails, but its status is 0");
  if (played.exit.status !== null && played.exit.status !== result.status)
    wrong.push(`status ${played.exit.status}, but ${result.status}`);
  wrong.push(...against(scratch, played.files, result));
  const fits = played.ways.some(
    (way) =>
      (way.status === null ? !success : way.status === result.status) &&
      against(scratch, way.files, result).length === 0,
  );
  if (!fits && wrong.length === 0) {
    const each = played.ways.map(
      (way) => `${way.status}: ${against(scratch, way.files, result).slice(0, 2).join("; ")}`,
    );
    wrong.push(`no way fits (status ${result.status}): ${each.slice(0, 4).join(" | ")}`);
  }
  return wrong;
}

function against(scratch: string, files: Files, result: Result): string[] {
  const wrong: string[] = [];
  const seen = new Map(result.files.map((each) => [each.path, each]));
  const noted = [...files.entries()].map(([path]) => path).filter((path) => path.startsWith(`${scratch}/`));
  for (const path of new Set([...seen.keys(), ...noted])) {
    const state = files.get(path);
    const real = seen.get(path);
    const name = path.slice(scratch.length);
    if (state.exists === "yes" && !real) wrong.push(`${name} is there, but bash has removed it`);
    else if (state.exists === "no" && real) wrong.push(`${name} is not there, but bash has it`);
    else if (real && state.exists !== "no") wrong.push(...differences(name, state, real));
  }
  return wrong;
}

function differences(name: string, state: FileState, real: Seen): string[] {
  const wrong: string[] = [];
  if (state.kind !== null && state.kind !== real.kind) wrong.push(`${name} is a ${state.kind}, but a ${real.kind}`);
  if (state.kind === "file" && real.kind === "file") {
    if (state.bytes !== null && state.bytes !== real.bytes)
      wrong.push(`${name} has ${state.bytes} bytes, but ${real.bytes}`);
    const { content } = state;
    if (content.is === "blank" && real.zeros === false) wrong.push(`${name} is blank, but it is not`);
    if (content.is === "text" && real.bytes <= 4096 && Buffer.from(content.text).toString("latin1") !== real.head) {
      wrong.push(`${name} holds ${JSON.stringify(content.text)}, but ${JSON.stringify(real.head?.slice(0, 80))}`);
    }
    if (content.is === "untouched" && content.label === undefined && content.fills !== true) {
      // Of a file that was empty nothing is left to see.
      if (content.of.endsWith("/keep")) return wrong;
      const mark = `was ${content.of}\n`.slice(0, Math.min(real.bytes, content.cutTo ?? real.bytes));
      if (!real.head?.startsWith(mark))
        wrong.push(`${name} still holds ${content.of}, but ${JSON.stringify(real.head?.slice(0, 60))}`);
    }
    if (content.is === "filesystem") {
      if (real.type !== content.type) wrong.push(`${name} is made ${content.type}, but ${real.type}`);
      if (content.label !== null && content.label !== real.label)
        wrong.push(`${name} has the label ${content.label}, but ${real.label}`);
    }
  }
  if (state.mode !== null && state.kind === "file" && real.kind === "file" && state.mode !== real.mode) {
    wrong.push(`${name} has mode ${state.mode.toString(8)}, but ${real.mode.toString(8)}`);
  }
  if (state.kind === "link" && state.target !== null && real.target !== state.target)
    wrong.push(`${name} leads to ${state.target}, but ${real.target}`);
  const owner = users[real.uid];
  if (state.user !== null && owner !== undefined && state.user !== owner && state.user !== String(real.uid)) {
    wrong.push(`${name} belongs to ${state.user}, but to ${owner}`);
  }
  return wrong;
}

/** Whether what is said of a path says something. */
export function isUnknown(played: Played, path: string): boolean {
  const state = played.files.get(path);
  if (state.exists === "no") return false;
  if (state.exists === "maybe" || state.kind === null) return true;
  return state.kind === "file" && (state.bytes === null || state.content.is === "unknown");
}
