import type { AttributeName, Expression, HasAttribute, Select } from "../syntax/ast.ts";
import type { Machine } from "./lambda.ts";
import { boolean, wrongType } from "./make.ts";
import {
  and,
  belowUnknown,
  branch,
  forward,
  fromRest,
  hasAttribute,
  isError,
  mapUndecided,
  pass,
  selectAttribute,
  unshaped,
} from "./ops.ts";
import { staticName } from "./plan.ts";
import type { Scope } from "./scope.ts";
import type { Value } from "./value.ts";

/** `subject.path` and `subject.path or fallback`. */
export function selectPath(machine: Machine, node: Select, scope: Scope): Value {
  const subject = machine.evaluate(node.subject, scope);
  const fallback = node.fallback;
  return fallback
    ? orElse(machine, subject, node, 0, scope, () => machine.evaluate(fallback, scope))
    : follow(machine, subject, node, scope);
}

/** `subject ? path`. */
export function hasPath(machine: Machine, node: HasAttribute, scope: Scope): Value {
  return has(machine, machine.evaluate(node.subject, scope), node, 0, scope);
}

/** The name that an attribute path's part stands for: a string, or unknown, or a type error. */
export function nameValue(machine: Machine, name: AttributeName, scope: Scope): Value {
  if (name.kind === "identifier") return wrongType("string", "unknown", name);
  if (name.kind === "interpolation") return machine.evaluate(name.body, scope);
  return machine.evaluate(name, scope);
}

/** A path as it is written, for reasons: `cfg.disk.size`. */
export function pathText(subject: Expression, path: readonly AttributeName[]): string {
  const names = path.map((name) => staticName(name) ?? "${…}").join(".");
  if (subject.kind === "variable") return `${subject.name}.${names}`;
  if (subject.kind === "select") return `${pathText(subject.subject, subject.path)}.${names}`;
  return names;
}

function follow(machine: Machine, subject: Value, node: Select, scope: Scope): Value {
  let value = subject;
  for (const part of node.path) {
    // A failed or unknown subject comes before the name in Nix, too.
    if (value.type === "unknown" && value.why.reason !== "undecided") {
      return belowUnknown(
        value,
        node.path.at(-1) === part ? staticName(part) : null,
        pathText(node.subject, node.path),
        node,
      );
    }
    const name = staticName(part);
    const set = value;
    value =
      name === null
        ? withName(machine, part, scope, (text) => selectAttribute(set, text, node))
        : (known(set, name) ?? selectAttribute(set, name, node, pathText(node.subject, node.path)));
  }
  return value;
}

/** The common case without any detour: a closed set that has the name. */
function known(set: Value, name: string): Value | undefined {
  if (set.type !== "attrs") return undefined;
  const entry = set.entries.get(name);
  if (!entry || entry.conditional) return undefined;
  const value = entry.thunk.force();
  return value.type === "unknown" ? undefined : value;
}

function orElse(
  machine: Machine,
  value: Value,
  node: Select,
  index: number,
  scope: Scope,
  fallback: () => Value,
): Value {
  const part = node.path[index];
  if (!part) return value;
  if (value.type === "unknown" && value.why.reason !== "undecided") {
    const missing = pass(value, pathText(node.subject, node.path), node);
    return isError(value) ? missing : branch(unshaped(missing), () => missing, fallback, node);
  }
  const step = (name: string): Value =>
    mapUndecided(
      value,
      (set) => {
        if (set.type === "unknown") return orElse(machine, set, node, index, scope, fallback);
        if (set.type !== "attrs") return fallback();
        const entry = set.entries.get(name);
        const next = () => {
          const found = entry ? entry.thunk.force() : selectAttribute(set, name, node);
          // What the last name stands for is the result, even if it is unknown.
          if (index === node.path.length - 1)
            return found.type === "unknown" ? forward(found, pathText(node.subject, node.path), node) : found;
          return orElse(machine, found, node, index + 1, scope, fallback);
        };
        if (entry) return entry.conditional ? branch(entry.conditional, next, fallback, node) : next();
        if (!set.rest) return fallback();
        return branch(unshaped(fromRest(set.rest, name, name, node)), next, fallback, node);
      },
      node,
    );
  const name = staticName(part);
  return name === null ? withName(machine, part, scope, step) : step(name);
}

function has(machine: Machine, value: Value, node: HasAttribute, index: number, scope: Scope): Value {
  const part = node.path[index];
  if (!part) return boolean(true);
  // The set comes before its attribute's name: its error is the one that counts.
  if (value.type === "unknown" && isError(value)) return pass(value, "?", node);
  const step = (name: string): Value =>
    mapUndecided(
      value,
      (set) => {
        const here = hasAttribute(set, name, node);
        if (index === node.path.length - 1 || (here.type === "boolean" && !here.value)) return here;
        return and(here, () => has(machine, selectAttribute(set, name, node), node, index + 1, scope), node);
      },
      node,
    );
  const name = staticName(part);
  return name === null ? withName(machine, part, scope, step) : step(name);
}

function withName(machine: Machine, part: AttributeName, scope: Scope, use: (name: string) => Value): Value {
  return mapUndecided(
    nameValue(machine, part, scope),
    (name) => {
      if (name.type === "string") return use(name.value);
      return name.type === "unknown" ? pass(name, "${…}", part) : wrongType("string", name.type, part);
    },
    part,
  );
}
