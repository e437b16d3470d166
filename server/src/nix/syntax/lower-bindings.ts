import type {
  AttributeBinding,
  AttributeName,
  Binding,
  Formal,
  Formals,
  Identifier,
  Inherit,
  Interpolation,
} from "./ast.ts";
import { adopt, adoptAll, type Lowering } from "./lowering.ts";
import type { Rule } from "./symbols.ts";

/**
 * The bindings of `{ … }`, `rec { … }` or `let …`. Where something could not be read there may be any bindings: a binding
 * of an unknown name stands there, so that the set is not taken for a complete one.
 */
export function bindings(l: Lowering, record: number, base: number): Binding[] {
  const found: Binding[] = [];
  for (const set of l.kidsAndErrors(record)) {
    if (l.isError(set)) found.push(unknownBinding(l, l.start(set), l.end(set), base));
    else if (l.rule(set) === "binding_set") {
      for (const kid of l.kidsAndErrors(set)) found.push(oneBinding(l, kid, base));
    }
  }
  const unclosed = l.problems(record).find((problem) => problem.missing);
  if (unclosed) found.push(unknownBinding(l, unclosed.start, unclosed.start, base));
  return found;
}

function oneBinding(l: Lowering, record: number, base: number): Binding {
  const used = l.again(record, base);
  if (used) return used as Binding;
  const rule = l.rule(record);
  if (rule === "binding") return binding(l, record, base);
  if (rule !== undefined && !l.hasErrorBelow(record)) return inherit(l, record, base, rule);
  l.kids(record);
  return unknownBinding(l, l.start(record), l.end(record), base);
}

function binding(l: Lowering, record: number, base: number): Binding {
  const start = l.start(record);
  const [pathRecord, valueRecord] = split(l, record, "attrpath");
  const lost = l.problems(record).find((problem) => !problem.missing);
  if (pathRecord === undefined || (lost && (valueRecord === undefined || lost.start < l.start(valueRecord)))) {
    // `foo` on a line of its own before `a = 1;`: not even the name is sure.
    return unknownBinding(l, start, l.end(record), base);
  }
  const path = attributePath(l, pathRecord, start);
  const value = lost
    ? l.hole(l.start(valueRecord as number), l.end(record) - 1, start)
    : l.expression(valueRecord, start, Math.max(start, l.end(record) - 1));
  const node: AttributeBinding = {
    kind: "binding",
    parent: null,
    offset: l.start(record) - base,
    length: l.length(record),
    path,
    value,
  };
  return adopt(adoptAll(node, path), value);
}

function unknownBinding(l: Lowering, start: number, end: number, base: number): AttributeBinding {
  const name = unknownName(l, start, start, start);
  const value = l.hole(start, end, start);
  const node: AttributeBinding = {
    kind: "binding",
    parent: null,
    offset: start - base,
    length: end - start,
    path: [name],
    value,
  };
  return adopt(node, name, value);
}

function inherit(l: Lowering, record: number, base: number, rule: Rule): Inherit {
  const start = l.start(record);
  const [namesRecord, fromRecord] = split(l, record, "inherited_attrs");
  const names = namesRecord === undefined ? [] : attributePath(l, namesRecord, start);
  // At the keyword, not at the name: what is said of a name goes along with it to other places.
  if (names.some(isDynamic)) l.reportStrict(start, start + "inherit".length);
  const from = rule === "inherit_from" ? l.expression(fromRecord, start, start) : null;
  const node: Inherit = {
    kind: "inherit",
    parent: null,
    offset: l.start(record) - base,
    length: l.length(record),
    from,
    names,
  };
  return adopt(adoptAll(node, names), from);
}

/** `let` takes no names that have to be computed, other than below a known one. */
export function reportDynamic(l: Lowering, found: readonly Binding[], start: number): void {
  const dynamic = found.some((one) => one.kind === "binding" && one.path[0] && isDynamic(one.path[0]));
  if (dynamic) l.reportStrict(start, start + "let".length);
}

/** As Nix sees it: `${"a"}` is a known name. */
function isDynamic(name: AttributeName): boolean {
  if (name.kind === "identifier") return false;
  if (name.kind === "string") return name.parts.some((part) => part.kind === "interpolation");
  let { body } = name;
  while (body.kind === "parenthesized") body = body.body;
  if (body.kind === "hole") return false;
  return body.kind !== "string" || body.parts.some((part) => part.kind === "interpolation");
}

/** The kid of that rule, and the first other one. */
function split(l: Lowering, record: number, rule: Rule): [number | undefined, number | undefined] {
  const kids = l.kids(record);
  return [kids.find((kid) => l.rule(kid) === rule), kids.find((kid) => l.rule(kid) !== rule)];
}

/** `a."b".${c}`, also the names after `inherit`. */
export function attributePath(l: Lowering, record: number, base: number): AttributeName[] {
  return l.kidsAndErrors(record).map((kid) => attributeName(l, kid, base));
}

function attributeName(l: Lowering, record: number, base: number): AttributeName {
  const rule = l.isError(record) ? undefined : l.rule(record);
  if (rule === "identifier" && l.end(record) > l.start(record)) return identifier(l, record, base);
  if (rule === "interpolation") return interpolation(l, record, base);
  if (rule === "string_expression") {
    const made = l.expression(record, base, base);
    if (made.kind === "string") return made;
  }
  return unknownName(l, l.start(record), l.end(record), base);
}

/** A name that is not there yet, or could not be read, may become any name. */
function unknownName(l: Lowering, start: number, end: number, base: number): Interpolation {
  const body = l.hole(start, end, start);
  return adopt({ kind: "interpolation", parent: null, offset: start - base, length: end - start, body }, body);
}

export function identifier(l: Lowering, record: number, base: number): Identifier {
  const used = l.again(record, base);
  if (used) return used as Identifier;
  return {
    kind: "identifier",
    parent: null,
    offset: l.start(record) - base,
    length: l.length(record),
    name: l.slice(record),
  };
}

/** `${ … }` */
export function interpolation(l: Lowering, record: number, base: number): Interpolation {
  const used = l.again(record, base);
  if (used) return used as Interpolation;
  const start = l.start(record);
  const [bodyRecord] = l.kids(record);
  const body = l.hasErrorBelow(record)
    ? l.hole(Math.min(start + 2, l.end(record)), l.end(record), start)
    : l.expression(bodyRecord, start, Math.min(start + 2, l.end(record)));
  const node: Interpolation = {
    kind: "interpolation",
    parent: null,
    offset: l.start(record) - base,
    length: l.length(record),
    body,
  };
  return adopt(node, body);
}

/** `{ a, b ? c, ... }` */
export function formals(l: Lowering, record: number, base: number): Formals {
  const used = l.again(record, base);
  if (used) return used as Formals;
  const start = l.start(record);
  const kids = l.kids(record);
  const list = kids.filter((kid) => l.rule(kid) === "formal").map((kid) => formal(l, kid, start));
  // An argument that could not be read is one that is taken.
  const ellipsis = kids.some((kid) => l.rule(kid) === "ellipses") || l.problems(record).length > 0;
  return adoptAll(
    { kind: "formals", parent: null, offset: l.start(record) - base, length: l.length(record), list, ellipsis },
    list,
  );
}

function formal(l: Lowering, record: number, base: number): Formal {
  const used = l.again(record, base);
  if (used) return used as Formal;
  const start = l.start(record);
  const [nameRecord, fallbackRecord] = split(l, record, "identifier");
  const name: Identifier =
    nameRecord === undefined
      ? { kind: "identifier", parent: null, offset: 0, length: 0, name: "" }
      : identifier(l, nameRecord, start);
  const lost = l.hasErrorBelow(record);
  const fallback = lost
    ? l.hole(l.end(record), l.end(record), start)
    : fallbackRecord === undefined
      ? null
      : l.expression(fallbackRecord, start, start);
  return adopt(
    { kind: "formal", parent: null, offset: l.start(record) - base, length: l.length(record), name, fallback },
    name,
    fallback,
  );
}
