import { expandChunks, expandValue, wholeValue } from "../expand/expand.ts";
import { type Chunk, patternSource } from "../expand/patterns.ts";
import type { Place } from "../script.ts";
import type { Found } from "../state/lookup.ts";
import { access, bits } from "../state/lookup.ts";
import { knownText, mayBe, type Value } from "../state/value.ts";
import { type Context, divide, type Status, type World } from "../state/world.ts";
import type { Word } from "../syntax/tree.ts";
import { type Call, found, pathOf, withStatus } from "./call.ts";
import type { Runner } from "./runner.ts";

/** `[[ … ]]`: worlds with its status. */
export function conditional(
  words: readonly Word[],
  place: Place,
  world: World,
  context: Context,
  runner: Runner,
): readonly World[] {
  const reader = new Reader(words);
  const expression = reader.or();
  if (!expression || !reader.ended) return [withStatus(world, "any")];
  const call: Call = { name: "[[", args: [], context, place, runner };
  return evaluate(expression, world, call);
}

type Expression =
  | { readonly is: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly is: "not"; readonly body: Expression }
  | { readonly is: "unary"; readonly operator: string; readonly operand: Word }
  | { readonly is: "binary"; readonly operator: string; readonly left: Word; readonly right: Word };

class Reader {
  readonly #words: readonly Word[];
  #at = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  get ended(): boolean {
    return this.#at >= this.#words.length;
  }

  or(): Expression | null {
    let left = this.#and();
    while (left && this.#take("||")) {
      const right = this.#and();
      left = right && { is: "or", left, right };
    }
    return left;
  }

  #and(): Expression | null {
    let left = this.#term();
    while (left && this.#take("&&")) {
      const right = this.#term();
      left = right && { is: "and", left, right };
    }
    return left;
  }

  #term(): Expression | null {
    if (this.#take("!")) {
      const body = this.#term();
      return body && { is: "not", body };
    }
    if (this.#take("(")) {
      const inside = this.or();
      return this.#take(")") ? inside : null;
    }
    const first = this.#words[this.#at++];
    if (!first) return null;
    const operator = plain(this.#words[this.#at]);
    if (
      /^-[a-zA-Z]$/.test(plain(first)) &&
      this.#at < this.#words.length &&
      !/^(?:&&|\|\||\)|==?|!=|=~)$/.test(operator)
    ) {
      return { is: "unary", operator: plain(first), operand: this.#words[this.#at++] as Word };
    }
    if (/^(?:==?|!=|=~|<|>|-[a-z]{2})$/.test(operator)) {
      const right = this.#words[this.#at + 1];
      this.#at += 2;
      return right ? { is: "binary", operator, left: first, right } : null;
    }
    return { is: "unary", operator: "-n", operand: first };
  }

  #take(text: string): boolean {
    if (plain(this.#words[this.#at]) !== text) return false;
    this.#at++;
    return true;
  }
}

function plain(word: Word | undefined): string {
  const only = word?.parts.length === 1 ? word.parts[0] : undefined;
  return only?.is === "text" && !only.quoted ? only.text : "";
}

function evaluate(expression: Expression, world: World, call: Call): readonly World[] {
  switch (expression.is) {
    case "and":
    case "or":
      return evaluate(expression.left, world, call)
        .flatMap((each) => divide(each, call.context, call.place))
        .flatMap((each) =>
          each.flow || (each.status === 0) !== (expression.is === "and")
            ? [each]
            : evaluate(expression.right, each, call),
        );
    case "not":
      return evaluate(expression.body, world, call).map(inverted);
    case "unary":
      return expandValue(expression.operand, world, call.context, call.runner).flatMap(({ world, made }) =>
        world.flow ? [world] : unary(expression.operator, made, world, call),
      );
    case "binary":
      return expandValue(expression.left, world, call.context, call.runner).flatMap(({ world, made: left }) =>
        expandChunks(expression.right, world, call.context, call.runner).flatMap(({ world, made: right }) =>
          world.flow ? [world] : inBrackets(expression.operator, left, right, world, call),
        ),
      );
  }
}

export function inverted(world: World): World {
  if (world.flow) return world;
  return withStatus(world, world.status === "any" || world.status === 2 ? world.status : world.status === 0 ? 1 : 0);
}

function inBrackets(
  operator: string,
  left: Value,
  right: readonly Chunk[],
  world: World,
  call: Call,
): readonly World[] {
  const text = knownText(left);
  if (operator === "=" || operator === "==" || operator === "!=") {
    const source = patternSource(right, false);
    let equal: boolean | null = null;
    if (source !== null && text !== null) equal = new RegExp(`^(?:${source})$`).test(text);
    else if (source !== null && !/[*[]/.test(source) && !mayBe(left, knownText(wholeValue(right)) ?? "")) equal = false;
    return [withStatus(world, statusOf(equal === null ? null : equal === (operator !== "!=")))];
  }
  if (operator === "=~") return [withStatus(world, matches(text, right))];
  if (/^-(?:eq|ne|lt|le|gt|ge)$/.test(operator)) {
    const a = call.runner.arithmetic(left, world, call.context, call.place);
    const b = call.runner.arithmetic(wholeValue(right), a.world, call.context, call.place);
    if (!a.ok || !b.ok) return [withStatus(b.world, 1)];
    if (a.value === null || b.value === null) return [withStatus(b.world, "any")];
    return [withStatus(b.world, statusOf(compared(operator, a.value, b.value)))];
  }
  return binary(operator, left, wholeValue(right), world, call);
}

function matches(text: string | null, right: readonly Chunk[]): Status {
  let source = "";
  for (const { value, quoted } of right) {
    if (typeof value !== "string") return "any";
    source += quoted ? value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&") : value;
  }
  // What is the same in POSIX and here.
  if (text === null || /\[[:.=]|\\[^.*+?()[\]{}|^$\\/]|\(\?/.test(source)) return "any";
  try {
    return statusOf(new RegExp(source).test(text));
  } catch {
    return "any";
  }
}

export function statusOf(value: boolean | null): Status {
  return value === null ? "any" : value ? 0 : 1;
}

function compared(operator: string, a: bigint, b: bigint): boolean {
  if (operator === "-eq") return a === b;
  if (operator === "-ne") return a !== b;
  if (operator === "-lt") return a < b;
  if (operator === "-le") return a <= b;
  return operator === "-gt" ? a > b : a >= b;
}

/** `-e path`, `-n text` and their like. */
export function unary(operator: string, operand: Value, world: World, call: Call): readonly World[] {
  const text = knownText(operand);
  if (operator === "-z" || operator === "-n") {
    const filled =
      text !== null ? text !== "" : operand.some((part) => typeof part === "string" || part.hole?.prefix) ? true : null;
    return [withStatus(world, statusOf(filled === null ? null : filled === (operator === "-n")))];
  }
  if (operator === "-v" && text !== null) {
    const variable = world.variables.get(text);
    const set = variable
      ? variable.is === "maybe"
        ? null
        : variable.is !== "unset"
      : /^[a-z_]\w*$/.test(text)
        ? false
        : null;
    return [withStatus(world, statusOf(set))];
  }
  if (operator === "-t") return [withStatus(world, 1)];
  if (!/^-[abcdefghkprsuwxLOGSN]$/.test(operator)) return [withStatus(world, "any")];
  if (text === "") return [withStatus(world, 1)];
  const path = text === null ? null : pathOf(world, text);
  if (path === null) return [withStatus(world, "any")];
  const link = operator === "-L" || operator === "-h";
  return found(call, world, path, !link).map((each) =>
    withStatus(each.world, statusOf(holds(operator, each, path, call))),
  );
}

function holds(operator: string, each: Found, path: string, call: Call): boolean | null {
  if (each.is === "lost") return null;
  if (each.is !== "there") return false;
  const { state } = each;
  const kind = (wanted: string) => (state.kind === null ? null : state.kind === wanted);
  // A slash at the end is for directories.
  if (/[^/]\/+$/.test(path) && state.kind !== "directory") return state.kind === null ? null : false;
  const { user } = call.runner.setting;
  switch (operator) {
    case "-e":
    case "-a":
      return true;
    case "-f":
      return kind("file");
    case "-d":
      return kind("directory");
    case "-b":
      return kind("block");
    case "-c":
      return kind("character");
    case "-p":
      return kind("fifo");
    case "-S":
      return kind("socket");
    case "-L":
    case "-h":
      return kind("link");
    case "-s":
      if (state.kind === "directory") return null;
      if (state.kind === "block" || state.kind === "character" || state.kind === "fifo") return false;
      return state.kind === null || state.bytes === null ? null : state.bytes > 0;
    case "-r":
    case "-w":
      return yesOrNo(access(call.runner.setting, state, operator === "-r" ? bits.read : bits.write));
    case "-x":
      if (user?.root && state.kind !== "directory") return state.mode === null ? null : (state.mode & 0o111) !== 0;
      return yesOrNo(access(call.runner.setting, state, bits.search));
    case "-O":
      return state.user === null || user === null ? null : user.names.includes(state.user);
    default:
      return null;
  }
}

function yesOrNo(answer: "yes" | "no" | "maybe"): boolean | null {
  return answer === "maybe" ? null : answer === "yes";
}

/** `a = b`, `1 -lt 2`, `a -nt b`. */
export function binary(operator: string, left: Value, right: Value, world: World, call: Call): readonly World[] {
  const [a, b] = [knownText(left), knownText(right)];
  if (operator === "=" || operator === "==" || operator === "!=") {
    const equal = a !== null && b !== null ? a === b : impossible(left, right) ? false : null;
    return [withStatus(world, statusOf(equal === null ? null : equal === (operator !== "!=")))];
  }
  if (operator === "<" || operator === ">") {
    // The order of letters depends on the locale.
    const plainText = /^[0-9]*$/;
    if (a === null || b === null || !plainText.test(a) || !plainText.test(b)) return [withStatus(world, "any")];
    return [withStatus(world, statusOf(operator === "<" ? a < b : a > b))];
  }
  if (/^-(?:eq|ne|lt|le|gt|ge)$/.test(operator)) {
    if ((a !== null && !integer.test(a)) || (b !== null && !integer.test(b))) return [withStatus(world, 2)];
    if (a === null || b === null) return [withStatus(world, "any")];
    return [
      withStatus(
        world,
        statusOf(compared(operator, BigInt(a.trim().replace("+", "")), BigInt(b.trim().replace("+", "")))),
      ),
    ];
  }
  if (operator === "-nt" || operator === "-ot" || operator === "-ef") return files(operator, a, b, world, call);
  return [withStatus(world, "any")];
}

function impossible(left: Value, right: Value): boolean {
  const [a, b] = [knownText(left), knownText(right)];
  if (a !== null) return !mayBe(right, a);
  return b !== null && !mayBe(left, b);
}

function files(operator: string, a: string | null, b: string | null, world: World, call: Call): readonly World[] {
  const paths = [a, b].map((text) => (text === null || text === "" ? null : pathOf(world, text)));
  const [first, second] = paths;
  if (!first || !second) return [withStatus(world, "any")];
  return found(call, world, first, true).flatMap((x) =>
    found(call, x.world, second, true).map((y) => {
      const [left, right] = [x.is === "there", y.is === "there"];
      if (x.is === "lost" || y.is === "lost") return withStatus(y.world, "any");
      if (operator === "-ef") return withStatus(y.world, !left || !right ? 1 : x.path === y.path ? 0 : "any");
      if (left && right) return withStatus(y.world, x.path === y.path ? 1 : "any");
      return withStatus(y.world, statusOf(operator === "-nt" ? left && !right : right && !left));
    }),
  );
}

const integer = /^\s*[+-]?\d+\s*$/;
