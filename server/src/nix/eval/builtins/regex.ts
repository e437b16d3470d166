import { fails, list, nullValue, string, unsupported } from "../make.ts";
import { overBudget } from "../ops.ts";
import { ready, type Value } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, expectText, madeBy } from "./kit.ts";
import { type Match, matchAll, matchWhole, tooLong } from "./regex/match.ts";
import { type Automaton, parseRegex } from "./regex/parse.ts";
import { fromBytes, toBytes } from "./text/bytes.ts";

/** Builtins on POSIX extended regular expressions. */
export const regexBuiltins: readonly Definition[] = [
  builtin("match", "regex str", "string -> string -> null | [string]", (call, regex, str) =>
    expectText(call, regex, "match", (pattern) =>
      expectText(call, str, "match", (text) =>
        withAutomaton(call, pattern, (automaton) => {
          const bytes = toBytes(text);
          const found = matchWhole(automaton, bytes);
          if (found === tooLong) return overBudget("steps", call.at);
          return found === null ? nullValue(madeBy(call)) : groups(call, bytes, found);
        }),
      ),
    ),
  ),
  builtin("split", "regex str", "string -> string -> [string | [string]]", (call, regex, str) =>
    expectText(
      call,
      regex,
      "split",
      (pattern) =>
        expectText(
          call,
          str,
          "split",
          (text) => withAutomaton(call, pattern, (automaton) => split(call, automaton, text)),
          {
            type: "list",
          },
        ),
      { type: "list" },
    ),
  ),
];

const automata = new Map<string, ReturnType<typeof parseRegex>>();
const mostKept = 200;

function withAutomaton(call: Call, pattern: string, use: (automaton: Automaton) => Value): Value {
  let parsed = automata.get(pattern);
  if (!parsed) {
    if (automata.size >= mostKept) automata.clear();
    parsed = parseRegex(toBytes(pattern));
    automata.set(pattern, parsed);
  }
  if (!("error" in parsed)) return use(parsed);
  return parsed.certain
    ? fails(`invalid regular expression '${pattern}'`, call.at)
    : unsupported(`regular expression '${pattern}': ${parsed.error}`, call.at);
}

function split(call: Call, automaton: Automaton, text: string): Value {
  const bytes = toBytes(text);
  const matches = matchAll(automaton, bytes);
  if (matches === tooLong) return overBudget("steps", call.at);
  const parts: Value[] = [];
  let end = 0;
  for (const match of matches) {
    const whole = match[0] as { start: number; end: number };
    parts.push(piece(call, bytes, end, whole.start), groups(call, bytes, match));
    end = whole.end;
  }
  parts.push(piece(call, bytes, end, bytes.length));
  return list(parts.map(ready), madeBy(call));
}

function groups(call: Call, bytes: string, match: Match): Value {
  const parts = match
    .slice(1)
    .map((group) => (group ? piece(call, bytes, group.start, group.end) : nullValue(madeBy(call))));
  return list(parts.map(ready), madeBy(call));
}

function piece(call: Call, bytes: string, start: number, end: number): Value {
  const text = fromBytes(bytes.slice(start, end));
  return text === null ? unsupported("part of a character", call.at, { type: "string" }) : string(text, madeBy(call));
}
