import { stack } from "../budget.ts";
import { Lambda } from "../lambda.ts";
import { string, unsupported } from "../make.ts";
import { floatToString, overBudget, pass } from "../ops.ts";
import type { Thunk, Unknown } from "../value.ts";
import { sortedEntries } from "./attributes.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, madeBy, uncertainty } from "./kit.ts";

/** Builtins on XML. */
export const xmlBuiltins: readonly Definition[] = [
  builtin("toXML", "e", "a -> string", (call, e) => {
    const lines: string[] = [];
    const problem = write(call, e, "  ", lines);
    if (problem) return pass(problem, "toXML", call.at, { type: "string" });
    return string(`<?xml version='1.0' encoding='utf-8'?>\n<expr>\n${lines.join("")}</expr>\n`, madeBy(call));
  }),
];

/** Adds the lines of one value; returns the unknown that makes the whole unknown. */
function write(call: Call, thunk: Thunk, indent: string, lines: string[]): Unknown | null {
  if (!call.evaluator.spend(6)) return overBudget("steps", call.at);
  if (stack.depth >= stack.limit) return overBudget("depth", call.at);
  const value = thunk.force();
  const leaf = (name: string, text?: string) => {
    lines.push(`${indent}<${name}${text === undefined ? "" : ` value="${escaped(text)}"`} />\n`);
    return null;
  };
  const nested = (name: string, inside: () => Unknown | null) => {
    lines.push(`${indent}<${name}>\n`);
    stack.depth++;
    const problem = inside();
    stack.depth--;
    lines.push(`${indent}</${name.split(" ")[0]}>\n`);
    return problem;
  };
  switch (value.type) {
    case "unknown":
      return value;
    case "null":
      return leaf("null");
    case "integer":
      return leaf("int", value.value.toString());
    case "boolean":
      return leaf("bool", String(value.value));
    case "string":
    case "path":
      return leaf(value.type, value.value);
    case "float":
      // How many digits are printed depends on the version of Nix.
      return Number.isInteger(value.value * 8) && Math.abs(value.value) < 1000
        ? leaf("float", floatToString(value.value).replace(/\.?0+$/, ""))
        : unsupported("toXML of this float", call.at);
    case "function":
      return value instanceof Lambda ? writeLambda(value, nested, `${indent}  `, lines) : leaf("unevaluated");
    case "list":
      return nested("list", () => {
        for (const item of value.items) {
          const problem = write(call, item.thunk, `${indent}  `, lines);
          if (problem) return problem;
        }
        return uncertainty(value);
      });
    case "attrs":
      if (value.entries.has("type")) return unsupported("toXML of a set with a type", call.at);
      return nested("attrs", () => {
        for (const [name, entry] of sortedEntries(value)) {
          lines.push(`${indent}  <attr name="${escaped(name)}">\n`);
          const problem = entry.conditional ?? write(call, entry.thunk, `${indent}    `, lines);
          if (problem) return problem;
          lines.push(`${indent}  </attr>\n`);
        }
        return value.rest;
      });
  }
}

function writeLambda(
  lambda: Lambda,
  nested: (name: string, inside: () => null) => Unknown | null,
  indent: string,
  lines: string[],
): Unknown | null {
  return nested("function", () => {
    const { formals, ellipsis } = lambda;
    const name = lambda.node.argument ? ` name="${escaped(lambda.node.argument.name)}"` : "";
    if (!formals) {
      lines.push(`${indent}<varpat${name} />\n`);
      return null;
    }
    lines.push(`${indent}<attrspat${ellipsis ? ' ellipsis="1"' : ""}${name}>\n`);
    for (const formal of [...formals.keys()].sort()) lines.push(`${indent}  <attr name="${escaped(formal)}" />\n`);
    lines.push(`${indent}</attrspat>\n`);
    return null;
  });
}

function escaped(text: string): string {
  return text.replace(/["<>&\n]/g, (c) => entities[c] ?? c);
}

const entities: Readonly<Record<string, string>> = {
  '"': "&quot;",
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "\n": "&#xA;",
};
