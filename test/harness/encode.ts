import { floatToString, isCatchable, isError } from "../../server/src/nix/eval/ops.ts";
import type { Unknown, Value } from "../../server/src/nix/eval/value.ts";
import type { Encoded } from "./nix.ts";

/** Our value in the form in which the judge writes Nix's, or the first unknown inside, in the order of evaluation. */
export function encode(value: Value, depth = 200): Encoded | Unknown {
  if (depth === 0) return { type: "unknown", at: null, why: { reason: "budget", what: "depth" } };
  switch (value.type) {
    case "integer":
      return ["int", value.value.toString()];
    case "float": {
      const scaled = [value.value, value.value * 1000000, value.value * 1.0e12, value.value / 1.0e10];
      return ["float", ...scaled.map(floatToString)];
    }
    case "boolean":
      return ["bool", value.value];
    case "string":
      return ["string", value.value];
    case "path":
      return ["path", value.value];
    case "null":
      return ["null"];
    case "function":
      return ["lambda"];
    case "list": {
      if (value.rest) return value.rest;
      const parts: Encoded[] = [];
      for (const { thunk, conditional } of value.items) {
        if (conditional) return conditional;
        const one = encode(thunk.force(), depth - 1);
        if ("why" in one) return one;
        parts.push(one);
      }
      return ["list", parts];
    }
    case "attrs": {
      if (value.rest) return value.rest;
      const pairs: [string, Encoded][] = [];
      let problem: Unknown | null = null;
      for (const [name, { thunk, conditional }] of value.entries) {
        if (conditional) return conditional;
        const one = encode(thunk.force(), depth - 1);
        if (!("why" in one)) pairs.push([name, one]);
        // Which attribute Nix forces first is not known: of several that fail in different ways either may count.
        else if (!problem) problem = one;
        else if (kindOf(problem) !== kindOf(one))
          problem = { type: "unknown", at: null, why: { reason: "unsupported", what: "order" } };
      }
      if (problem) return problem;
      const bytes = (name: string) => Buffer.from(name).toString("latin1");
      return ["set", pairs.sort(([a], [b]) => (bytes(a) < bytes(b) ? -1 : 1))];
    }
    case "unknown":
      return value;
  }
}

function kindOf(of: Unknown): string {
  return !isError(of) ? "unknown" : isCatchable(of) ? "caught" : "error";
}
