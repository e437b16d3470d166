import { external, string } from "../make.ts";
import { coerceToString } from "../ops.ts";
import { type Attribute, ready, type Thunk, type Unknown, type Value } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, madeBy } from "./kit.ts";

const stringShape = { type: "string" } as const;
const setShape = { type: "attrs" } as const;

/**
 * Sources that the configuration fetches by their address, as people do who use no flakes, and what niv and npins make of
 * it. Nothing is fetched: what is known of a source is known without it.
 */
export const sourceBuiltins: readonly Definition[] = [
  fetcher("fetchTarball", "args", "{ url, … } -> path", stringShape, pathOf),
  fetcher("fetchGit", "args", "{ url, … } -> { }", setShape, treeOf),
  fetcher("fetchTree", "input", "{ type, … } -> { }", setShape, treeOf),
  {
    ...builtin("getFlake", "args", "string -> { }", (call, args) => {
      const address = addressOf(args.force());
      const flake = address === null ? null : call.evaluator.fetched?.(address)?.flake();
      return flake ?? external("flake fetched by reference", call.at, setShape);
    }),
    unknown: "flake fetched by reference",
  },
];

function fetcher(
  name: string,
  parameter: string,
  signature: string,
  shape: Unknown["shape"],
  make: (call: Call, path: string) => Value,
): Definition {
  const what = "fetched source";
  return {
    ...builtin(name, parameter, signature, (call, args) => {
      const address = addressOf(args.force());
      const source = address === null ? null : call.evaluator.fetched?.(address);
      return source ? make(call, source.path) : external(what, call.at, shape);
    }),
    unknown: what,
  };
}

function pathOf(call: Call, path: string): Value {
  return string(path, madeBy(call));
}

/** What Nix says of a fetched tree beside its path; which of them, depends on the kind of source. */
const facts = "rev shortRev dirtyRev dirtyShortRev revCount lastModified lastModifiedDate narHash submodules".split(
  " ",
);

function treeOf(call: Call, path: string): Value {
  const fact = external("fetched source", call.at);
  const entries = new Map<string, Attribute>([["outPath", { thunk: ready(string(path)), at: call.at }]]);
  for (const name of facts) entries.set(name, { thunk: ready(fact), at: call.at, conditional: fact });
  return { type: "attrs", entries, rest: null, origin: madeBy(call) };
}

/** The address in `"https://…"`, `{ url = …; }` or `{ type = "github"; owner = …; repo = …; }`. */
function addressOf(given: Value): string | null {
  if (given.type === "string") return given.value;
  if (given.type !== "attrs") return null;
  const text = (name: string) => textOf(given.entries.get(name)?.thunk);
  const url = text("url");
  if (url !== null) return url;
  const [type, owner, repo] = [text("type"), text("owner"), text("repo")];
  return type !== null && owner !== null && repo !== null ? `${type}:${owner}/${repo}` : null;
}

function textOf(thunk: Thunk | undefined): string | null {
  const value = thunk && coerceToString(thunk.force(), "plain", null);
  return value?.type === "string" ? value.value : null;
}
