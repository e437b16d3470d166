import { type Field, knownText, type Value } from "../state/value.ts";
import { divide, type World } from "../state/world.ts";
import { type Call, type Handler, withStatus } from "./call.ts";
import { binary, inverted, unary } from "./conditions.ts";

/** `test …` and `[ … ]`, by the number of words as POSIX has it. */
export const test: Handler = (call, world) => {
  let args = call.args;
  if (args.some(({ rest }) => rest) || args.some(isLoose)) return [withStatus(world, "any")];
  if (call.name === "[") {
    if (textOf(args.at(-1)) !== "]") return [withStatus(world, 2)];
    args = args.slice(0, -1);
  }
  return evaluate(args, world, call);
};

/** A word that may be several, or none. */
function isLoose({ value }: Field): boolean {
  const [only] = value;
  return value.length === 1 && typeof only === "object" && only.holds === "text" && only.hole !== undefined;
}

function evaluate(args: readonly Field[], world: World, call: Call): readonly World[] {
  const value = (at: number): Value => (args[at] as Field).value;
  const text = (at: number) => textOf(args[at]);
  if (args.length === 0) return [withStatus(world, 1)];
  if (args.length === 1) return unary("-n", value(0), world, call);
  if (args.length === 2) {
    if (text(0) === "!") return evaluate(args.slice(1), world, call).map(inverted);
    return isUnary(text(0)) ? unary(text(0), value(1), world, call) : [withStatus(world, text(0) === "" ? "any" : 2)];
  }
  if (args.length === 3) {
    if (isBinary(text(1))) return binary(text(1), value(0), value(2), world, call);
    if (text(1) === "-a" || text(1) === "-o") return connected(args, 1, world, call);
    if (text(0) === "!") return evaluate(args.slice(1), world, call).map(inverted);
    if (text(0) === "(" && text(2) === ")") return evaluate(args.slice(1, 2), world, call);
    return [withStatus(world, 2)];
  }
  if (args.length === 4) {
    if (text(0) === "!") return evaluate(args.slice(1), world, call).map(inverted);
    if (text(0) === "(" && text(3) === ")") return evaluate(args.slice(1, 3), world, call);
  }
  return long(args, world, call);
}

/** More than four words: `-o` binds less than `-a`, outside of parentheses. */
function long(args: readonly Field[], world: World, call: Call): readonly World[] {
  for (const operator of ["-o", "-a"]) {
    let depth = 0;
    for (const [at, arg] of args.entries()) {
      const text = textOf(arg);
      if (text === "(") depth++;
      else if (text === ")") depth--;
      else if (depth === 0 && text === operator && at > 0 && at < args.length - 1) {
        // A word after an operator that wants one is no operator itself.
        if (isUnary(textOf(args[at - 1])) && !isUnary(textOf(args[at - 2]))) continue;
        return connected(args, at, world, call);
      }
    }
  }
  if (textOf(args[0]) === "!") return evaluate(args.slice(1), world, call).map(inverted);
  if (textOf(args[0]) === "(" && textOf(args.at(-1)) === ")") return evaluate(args.slice(1, -1), world, call);
  return [withStatus(world, "any")];
}

function connected(args: readonly Field[], at: number, world: World, call: Call): readonly World[] {
  const and = textOf(args[at]) === "-a";
  // Both sides are looked at, which changes nothing.
  return evaluate(args.slice(0, at), world, call)
    .flatMap((each) => divide(each, call.context, call.place))
    .flatMap((each) => ((each.status === 0) === and ? evaluate(args.slice(at + 1), each, call) : [each]));
}

function textOf(field: Field | undefined): string {
  return field ? (knownText(field.value) ?? "") : "";
}

function isUnary(text: string): boolean {
  return /^-[abcdefghknprstuvwxzLOGSN]$/.test(text);
}

function isBinary(text: string): boolean {
  return /^(?:==?|!=|<|>|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))$/.test(text);
}
