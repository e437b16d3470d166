import { fails, unsupported } from "../make.ts";
import type { Definition } from "./definition.ts";
import { fromJson } from "./json.ts";
import { builtin, expectText } from "./kit.ts";
import { parseToml } from "./text/toml-parser.ts";

/** Builtins on TOML. */
export const tomlBuiltins: readonly Definition[] = [
  builtin("fromTOML", "e", "string -> a", (call, e) =>
    expectText(
      call,
      e,
      "fromTOML",
      (text) => {
        const parsed = parseToml(text);
        if ("value" in parsed) return fromJson(call, parsed.value);
        return parsed.certain
          ? fails(`invalid TOML: ${parsed.problem}`, call.at)
          : unsupported(`TOML: ${parsed.problem}`, call.at);
      },
      { type: "attrs" },
    ),
  ),
];
