import type { Binary, BinaryOperator, Expression, Lambda, Variable } from "./ast.ts";
import { attributePath, bindings, formals, identifier, reportDynamic } from "./lower-bindings.ts";
import { indented, path, quoted, searchPath, uri } from "./lower-text.ts";
import { adopt, adoptAll, type Lowering, type Make, type Makers } from "./lowering.ts";

/** How the record of each rule that is an expression becomes a node. */
export const expressions: Makers = {
  variable_expression: (l, record, base) => ({
    kind: "variable",
    parent: null,
    offset: l.start(record) - base,
    length: l.length(record),
    name: l.slice(record),
  }),
  integer_expression(l, record, base) {
    const text = l.slice(record);
    if (text.length > 18 && BigInt(text) >= 2n ** 63n) l.reportStrict(l.start(record), l.end(record));
    return { kind: "integer", parent: null, offset: l.start(record) - base, length: l.length(record), text };
  },
  float_expression(l, record, base) {
    const text = l.slice(record);
    if (!Number.isFinite(Number(text))) l.reportStrict(l.start(record), l.end(record));
    return { kind: "float", parent: null, offset: l.start(record) - base, length: l.length(record), text };
  },
  string_expression: quoted,
  indented_string_expression: indented,
  uri_expression: uri,
  path_expression: path,
  spath_expression: searchPath,
  parenthesized_expression(l, record, base) {
    const [body] = operands(l, record, 1, l.end(record) - 1);
    return adopt(
      { kind: "parenthesized", parent: null, offset: l.start(record) - base, length: l.length(record), body },
      body,
    );
  },
  attrset_expression: attributeSet(false),
  rec_attrset_expression: attributeSet(true),
  let_attrset_expression(l, record, base) {
    const found = bindings(l, record, l.start(record));
    return adoptAll(
      {
        kind: "let",
        parent: null,
        offset: l.start(record) - base,
        length: l.length(record),
        bindings: found,
        body: null,
      },
      found,
    );
  },
  let_expression(l, record, base) {
    const start = l.start(record);
    const found = bindings(l, record, start);
    reportDynamic(l, found, start);
    const bodyRecord = l.kids(record).findLast((kid) => l.rule(kid) !== "binding_set");
    const body = l.expression(bodyRecord, start, l.end(record));
    return adopt(
      adoptAll(
        { kind: "let", parent: null, offset: l.start(record) - base, length: l.length(record), bindings: found, body },
        found,
      ),
      body,
    );
  },
  list_expression(l, record, base) {
    const start = l.start(record);
    const elements: Expression[] = [];
    for (const kid of l.kidsAndErrors(record)) {
      elements.push(l.isError(kid) ? l.hole(l.start(kid), l.end(kid), start) : l.expression(kid, start, start));
    }
    const unclosed = l.problems(record).find((problem) => problem.missing);
    if (unclosed) elements.push(l.hole(unclosed.start, unclosed.start, start));
    return adoptAll(
      { kind: "list", parent: null, offset: l.start(record) - base, length: l.length(record), elements },
      elements,
    );
  },
  select_expression(l, record, base) {
    const start = l.start(record);
    const [subjectRecord, pathRecord, fallbackRecord] = l.kids(record);
    const subject = l.expression(subjectRecord, start, start);
    const names = pathRecord === undefined ? [] : attributePath(l, pathRecord, start);
    const fallback = fallbackRecord === undefined ? null : l.expression(fallbackRecord, start, start);
    const node: Expression = {
      kind: "select",
      parent: null,
      offset: l.start(record) - base,
      length: l.length(record),
      subject,
      path: names,
      fallback,
    };
    return adopt(adoptAll(node, names), subject, fallback);
  },
  has_attr_expression(l, record, base) {
    const start = l.start(record);
    const kids = l.kids(record);
    const subject = l.expression(kids[0], start, start);
    const pathRecord = kids.find((kid) => l.rule(kid) === "attrpath");
    const names = pathRecord === undefined ? [] : attributePath(l, pathRecord, start);
    return adopt(
      adoptAll(
        { kind: "has", parent: null, offset: l.start(record) - base, length: l.length(record), subject, path: names },
        names,
      ),
      subject,
    );
  },
  apply_expression(l, record, base) {
    const [callee, argument] = operands(l, record, 2, l.end(record));
    return adopt(
      { kind: "apply", parent: null, offset: l.start(record) - base, length: l.length(record), callee, argument },
      callee,
      argument,
    );
  },
  apply_or_expression(l, record, base) {
    const start = l.start(record);
    const [calleeRecord, orRecord] = l.kids(record);
    const callee = l.expression(calleeRecord, start, start);
    const or = orRecord ?? record;
    const argument: Variable = {
      kind: "variable",
      parent: null,
      offset: l.start(or) - start,
      length: l.length(or),
      name: "or",
    };
    return adopt(
      { kind: "apply", parent: null, offset: l.start(record) - base, length: l.length(record), callee, argument },
      callee,
      argument,
    );
  },
  unary_expression(l, record, base) {
    const start = l.start(record);
    const operandRecord = l.kids(record).find((kid) => l.rule(kid) !== "operator");
    const operand = l.expression(operandRecord, start, l.end(record));
    const operator = l.text[start] === "!" ? "!" : "-";
    return adopt(
      { kind: "unary", parent: null, offset: l.start(record) - base, length: l.length(record), operator, operand },
      operand,
    );
  },
  binary_expression: binary,
  if_expression(l, record, base) {
    const [condition, consequence, alternative] = operands(l, record, 3, l.end(record));
    const node: Expression = {
      kind: "if",
      parent: null,
      offset: l.start(record) - base,
      length: l.length(record),
      condition,
      consequence,
      alternative,
    };
    return adopt(node, condition, consequence, alternative);
  },
  assert_expression(l, record, base) {
    const [condition, body] = operands(l, record, 2, l.end(record));
    return adopt(
      { kind: "assert", parent: null, offset: l.start(record) - base, length: l.length(record), condition, body },
      condition,
      body,
    );
  },
  with_expression(l, record, base) {
    const [environment, body] = operands(l, record, 2, l.end(record));
    return adopt(
      { kind: "with", parent: null, offset: l.start(record) - base, length: l.length(record), environment, body },
      environment,
      body,
    );
  },
  function_expression: lambda,
};

/** The first `count` records below as expressions, with holes at `otherwise` for those that are not there. */
function operands(l: Lowering, record: number, count: 1, otherwise: number): [Expression];
function operands(l: Lowering, record: number, count: 2, otherwise: number): [Expression, Expression];
function operands(l: Lowering, record: number, count: 3, otherwise: number): [Expression, Expression, Expression];
function operands(l: Lowering, record: number, count: number, otherwise: number): Expression[] {
  const start = l.start(record);
  const kids = l.kids(record);
  const found: Expression[] = [];
  for (let i = 0; i < count; i++) found.push(l.expression(kids[i], start, Math.max(start, otherwise)));
  return found;
}

function attributeSet(recursive: boolean): Make {
  return (l, record, base) => {
    const found = bindings(l, record, l.start(record));
    return adoptAll(
      {
        kind: "attrs",
        parent: null,
        offset: l.start(record) - base,
        length: l.length(record),
        recursive,
        bindings: found,
      },
      found,
    );
  };
}

function lambda(l: Lowering, record: number, base: number): Lambda {
  const start = l.start(record);
  const kids = l.kids(record);
  const named = kids.find((kid) => l.rule(kid) === "identifier");
  const shaped = kids.find((kid) => l.rule(kid) === "formals");
  const bodyRecord = kids.find((kid) => kid !== named && kid !== shaped);
  const argument = named === undefined ? null : identifier(l, named, start);
  const shape = shaped === undefined ? null : formals(l, shaped, start);
  const body = l.expression(bodyRecord, start, l.end(record));
  const node: Lambda = {
    kind: "lambda",
    parent: null,
    offset: l.start(record) - base,
    length: l.length(record),
    argument,
    formals: shape,
    body,
  };
  return adopt(node, argument, shape, body);
}

/** Operators of which Nix forbids chains without parentheses (`%nonassoc` in its parser.y). */
const chainless = [new Set<string>(["==", "!="]), new Set<string>(["<", "<=", ">", ">="])];

function binary(l: Lowering, record: number, base: number): Expression {
  const start = l.start(record);
  const kids = l.kids(record);
  const sign = kids.find((kid) => l.rule(kid) === "operator");
  if (sign === undefined) return l.hole(start, l.end(record), base);
  const operator = l.slice(sign) as BinaryOperator;
  const leftRecord = kids.find((kid) => kid < sign);
  const rightRecord = kids.find((kid) => kid > sign);
  const left = l.expression(leftRecord, start, start);
  const right = l.expression(rightRecord, start, l.end(record));
  if (left.kind === "binary" && chainless.some((group) => group.has(operator) && group.has(left.operator))) {
    l.reportStrict(l.start(sign), l.end(sign));
  }
  const node: Binary = {
    kind: "binary",
    parent: null,
    offset: l.start(record) - base,
    length: l.length(record),
    operator,
    left,
    right,
  };
  return adopt(node, left, right);
}
