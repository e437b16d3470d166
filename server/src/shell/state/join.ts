import type { Act, Condition, Exit } from "../acts.ts";
import { reasons } from "../reasons.ts";
import type { Files } from "./files.ts";
import { type Chain, type DoneAct, link, type Status, unlink, type Variable, type World } from "./world.ts";

/** Worlds that do not differ become one; when more than `most` are left, those that go on alike are joined. */
export function merged(worlds: readonly World[], most: number): readonly World[] {
  const kept: World[] = [];
  for (const world of worlds) {
    const same = kept.findIndex((each) => equal(each, world));
    if (same < 0) kept.push(world);
    else kept[same] = together(kept[same] as World, world);
  }
  if (kept.length <= most) return kept;
  const groups = new Map<string, World>();
  for (const world of kept) {
    const key = JSON.stringify([world.flow, world.cwd, world.out, world.options, world.status === 0]);
    const before = groups.get(key);
    groups.set(key, before ? together(before, world) : world);
  }
  const joined = [...groups.values()];
  if (joined.length <= most) return joined;
  return [joined.reduce(together)];
}

function equal(a: World, b: World): boolean {
  if (a === b) return true;
  const plain =
    a.status === b.status &&
    a.cwd === b.cwd &&
    a.saved === b.saved &&
    a.functions === b.functions &&
    a.args === b.args &&
    a.flow?.is === b.flow?.is &&
    a.exitTrap === b.exitTrap &&
    a.options === b.options &&
    a.out === b.out &&
    a.input === b.input &&
    a.umask === b.umask &&
    a.complained === b.complained;
  return plain && sameVariables(a.variables, b.variables) && sameActs(a.acts, b.acts) && a.files.same(b.files);
}

function sameVariables(a: World["variables"], b: World["variables"]): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [name, value] of a) if (b.get(name) !== value) return false;
  return true;
}

function sameActs(a: World["acts"], b: World["acts"]): boolean {
  if (a?.length !== b?.length) return false;
  let [x, y] = [a, b];
  while (x && y && x !== y) {
    if (x.last.key !== y.last.key) return false;
    [x, y] = [x.before, y.before];
  }
  return true;
}

/** One world in which only that is known that both say. */
function together(a: World, b: World): World {
  const why = reasons.ways();
  const variables = new Map<string, Variable>();
  for (const name of new Set([...a.variables.keys(), ...b.variables.keys()])) {
    const [x, y] = [a.variables.get(name), b.variables.get(name)];
    const same = x !== undefined && y !== undefined && JSON.stringify(x) === JSON.stringify(y);
    variables.set(name, same ? x : { is: "maybe", why: reasons.variable({ name }) });
  }
  const same = <K extends keyof World>(key: K) => a[key] === b[key];
  return {
    ...a,
    files: a.files.joined(b.files, why),
    variables: sameVariables(a.variables, b.variables) ? a.variables : variables,
    cwd: same("cwd") ? a.cwd : null,
    args: same("args") ? a.args : [{ value: [{ why, holds: "text" }], rest: true }],
    status: joinedStatus(a.status, b.status),
    acts: joinedActs(a.acts, b.acts),
    conditions: commonConditions(a.conditions, b.conditions),
    out: same("out") || JSON.stringify(a.out) === JSON.stringify(b.out) ? a.out : [{ why, holds: "text" }],
    input: same("input") || JSON.stringify(a.input) === JSON.stringify(b.input) ? a.input : [{ why, holds: "text" }],
    flow: a.flow?.is === b.flow?.is ? a.flow : { is: "exit" },
    failure: a.failure ?? b.failure,
    complained: a.complained || b.complained,
  };
}

function joinedStatus(a: Status, b: Status): Status {
  if (a === b) return a;
  return a === 0 || b === 0 || a === "any" || b === "any" ? "any" : "fail";
}

function joinedActs(a: Chain<DoneAct> | null, b: Chain<DoneAct> | null): Chain<DoneAct> | null {
  if (a === b) return a;
  const [first, second] = [unlink(a), unlink(b)];
  const keys = [new Set(first.map(({ key }) => key)), new Set(second.map(({ key }) => key))] as const;
  const all = [
    ...first.map((each) => (keys[1].has(each.key) ? each : { ...each, sure: false })),
    ...second.filter((each) => !keys[0].has(each.key)).map((each) => ({ ...each, sure: false })),
  ];
  return all.reduce<Chain<DoneAct> | null>((chain, each) => link(chain, each), null);
}

/** The conditions of both, up to where they part. */
function commonConditions(a: Chain<Condition> | null, b: Chain<Condition> | null): Chain<Condition> | null {
  if (a === b) return a;
  const [first, second] = [unlink(a), unlink(b)];
  let common: Chain<Condition> | null = null;
  for (const [at, condition] of first.entries()) {
    const other = second[at];
    if (!other || other.holds !== condition.holds || other.place.start !== condition.place.start) break;
    common = link(common, condition);
  }
  return common;
}

/** The acts of all ways, with how sure each is. */
export function allActs(ways: readonly World[]): readonly Act[] {
  const lists = ways.map(({ acts }) => unlink(acts));
  const found = new Map<string, { act: DoneAct; ways: number; sure: boolean; conditions: readonly Condition[] }>();
  for (const [at, list] of lists.entries()) {
    const conditions = unlink((ways[at] as World).conditions);
    const seen = new Set<string>();
    for (const act of list) {
      const key = JSON.stringify([act.what, act.path, act.place]);
      const before = found.get(key);
      const first = !seen.has(key);
      seen.add(key);
      if (!before) found.set(key, { act, ways: 1, sure: act.sure, conditions });
      else {
        before.sure &&= act.sure;
        if (first) {
          before.ways++;
          before.conditions = common(before.conditions, conditions);
        }
      }
    }
  }
  return [...found.values()].map(({ act, ways: count, sure, conditions }) => {
    const { sure: _sure, key: _key, ...rest } = act;
    if (!sure) return { ...rest, certainty: "maybe", conditions };
    return count === ways.length
      ? { ...rest, certainty: "always", conditions: [] }
      : { ...rest, certainty: "if", conditions };
  });
}

function common(a: readonly Condition[], b: readonly Condition[]): readonly Condition[] {
  return a.filter((each) => b.some((other) => other.holds === each.holds && other.place.start === each.place.start));
}

export function exitOf(ways: readonly World[]): Exit {
  const statuses = new Set(ways.map(({ status }) => status));
  const [only] = statuses;
  const bad = ways.find(({ status }) => status !== 0 && status !== "any") ?? ways.find(({ status }) => status !== 0);
  const good = statuses.has(0) || statuses.has("any");
  const is = !bad ? "success" : good ? "either" : "failure";
  return {
    is,
    status: statuses.size === 1 && typeof only === "number" ? only : null,
    place: bad?.failure?.place ?? null,
    why: bad ? (bad.failure?.why ?? reasons.mayFail({ command: "…" })) : null,
  };
}

/** The files over all ways. */
export function allFiles(ways: readonly World[]): Files {
  const why = reasons.ways();
  return ways.map(({ files }) => files).reduce((a, b) => a.joined(b, why));
}
