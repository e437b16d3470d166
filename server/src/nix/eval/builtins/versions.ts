import { attributes, integer, list, string } from "../make.ts";
import { ready } from "../value.ts";
import type { Definition } from "./definition.ts";
import { builtin, expectText, madeBy } from "./kit.ts";

/** Builtins on version numbers. */
export const versionBuiltins: readonly Definition[] = [
  builtin("splitVersion", "s", "string -> [string]", (call, s) =>
    expectText(
      call,
      s,
      "splitVersion",
      (text) =>
        list(
          components(text).map((part) => ready(string(part, madeBy(call)))),
          madeBy(call),
        ),
      { type: "list" },
    ),
  ),
  builtin("compareVersions", "s1 s2", "string -> string -> int", (call, s1, s2) =>
    expectText(
      call,
      s1,
      "compareVersions",
      (a) =>
        expectText(call, s2, "compareVersions", (b) => integer(compareVersions(a, b), madeBy(call)), {
          type: "integer",
        }),
      { type: "integer" },
    ),
  ),
  builtin("parseDrvName", "s", "string -> { name, version }", (call, s) =>
    expectText(
      call,
      s,
      "parseDrvName",
      (text) => {
        // The version begins after the first dash that no letter follows.
        const dash = text.search(/-(?=[^A-Za-z])/s);
        const name = dash < 0 ? text : text.slice(0, dash);
        const version = dash < 0 ? "" : text.slice(dash + 1);
        return attributes(
          [
            ["name", string(name, madeBy(call))],
            ["version", string(version, madeBy(call))],
          ],
          madeBy(call),
        );
      },
      { type: "attrs" },
    ),
  ),
];

/** -1, 0 or 1, as `builtins.compareVersions`. */
export function compareVersions(a: string, b: string): number {
  const x = components(a);
  const y = components(b);
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [one, other] = [x[i] ?? "", y[i] ?? ""];
    if (isLess(one, other)) return -1;
    if (isLess(other, one)) return 1;
  }
  return 0;
}

/** Runs of digits and runs of other characters; dots and dashes only separate. */
function components(text: string): readonly string[] {
  return text.match(/[0-9]+|[^0-9.-]+/g) ?? [];
}

function isLess(a: string, b: string): boolean {
  const x = number(a);
  const y = number(b);
  if (x !== null && y !== null) return x < y;
  if (a === "" && y !== null) return true;
  if (a === "pre" && b !== "pre") return true;
  if (b === "pre") return false;
  if (y !== null) return true;
  if (x !== null) return false;
  return a < b;
}

/** Nix reads 32-bit numbers here; longer ones count as words. */
function number(text: string): number | null {
  return /^[0-9]+$/.test(text) && Number(text) <= 2147483647 ? Number(text) : null;
}
