import { attributes, external, integer, string, unsupported } from "../make.ts";
import { coerceToString, forward, isError, selectAttribute, unknownText } from "../ops.ts";
import { type Attribute, type AttributesValue, ready, type Thunk, type Value } from "../value.ts";
import type { Call, Definition } from "./definition.ts";
import { builtin, expect, madeBy, outside } from "./kit.ts";

const stringShape = { type: "string" } as const;
const setShape = { type: "attrs" } as const;

/** Variables by which npins and niv replace a pinned source for a while. They are taken as not set. */
const overrides = /^(NPINS|NIV)_OVERRIDE_/;

/** Builtins that depend on the machine, the store or the network, and what is left of string contexts. */
export const externalBuiltins: readonly Definition[] = [
  {
    ...builtin("getEnv", "s", "string -> string", (call, s) => {
      const name = s.force();
      if (name.type === "string" && overrides.test(name.value)) return string("", madeBy(call));
      return external(
        name.type === "string" ? `environment variable ${name.value}` : "environment variable",
        call.at,
        stringShape,
      );
    }),
    unknown: "environment variable",
  },
  outside("fetchMercurial", "args", "{ url, … } -> { }", "fetched source", setShape),
  outside("fetchurl", "arg", "{ url, … } -> path", "fetched file", stringShape),
  outside("fetchClosure", "args", "{ } -> string", "fetched store path", stringShape),
  outside("parseFlakeRef", "flake-ref", "string -> { }", "flake reference", setShape),
  outside("flakeRefToString", "attrs", "{ } -> string", "flake reference", stringShape),
  outside("placeholder", "output", "string -> string", "placeholder of an output", stringShape),
  outside("outputOf", "drv output", "string -> string -> string", "output of a derivation", stringShape),
  outside("derivationStrict", "attrs", "{ } -> { }", "derivation", setShape),
  builtin("derivation", "attrs", "{ name, system, builder, … } -> { }", (call, args) =>
    expect(call, args, "attrs", "derivation", (set) => derivation(call, set), setShape),
  ),
  builtin("unsafeDiscardStringContext", "s", "string -> string", (call, s) =>
    textOf(call, s, "unsafeDiscardStringContext"),
  ),
  builtin("unsafeDiscardOutputDependency", "s", "string -> string", (call, s) =>
    textOf(call, s, "unsafeDiscardOutputDependency"),
  ),
  builtin("hasContext", "s", "string -> bool", (call, s) =>
    expect(
      call,
      s,
      "string",
      "hasContext",
      (v) => ({ type: "boolean", value: false, origin: madeBy(call, v.origin) }),
      { type: "boolean" },
    ),
  ),
  builtin("getContext", "s", "string -> { }", (call, s) =>
    expect(call, s, "string", "getContext", () => attributes([], madeBy(call)), setShape),
  ),
  {
    ...builtin("appendContext", "s context", "string -> { } -> string", (call, s) =>
      expect(call, s, "string", "appendContext", (v) =>
        unknownText("string context", call.at, { prefix: v.value, suffix: v.value }),
      ),
    ),
    unknown: "string context",
  },
  outside("addDrvOutputDependencies", "s", "string -> string", "string context", stringShape),
];

/** Builtins that are values. The version of Nix is the user's matter, except for the language's own number. */
export const constants: readonly (readonly [string, Value])[] = [
  ["langVersion", integer(6)],
  ["storeDir", string("/nix/store")],
  ["nixVersion", external("version of Nix", null, stringShape)],
  ["currentSystem", external("system that evaluates", null, stringShape)],
  ["currentTime", external("time of evaluation", null, { type: "integer" })],
  ["nixPath", external("NIX_PATH", null, { type: "list" })],
];

/** The text itself: what we know of strings has no context. */
function textOf(call: Call, s: Thunk, via: string): Value {
  const text = coerceToString(s.force(), "interpolation", call.at);
  return text.type === "unknown" ? forward(text, via, call.at) : text;
}

/** A derivation keeps the attributes that it was called with; its store paths are not known. */
function derivation(call: Call, set: AttributesValue): Value {
  const name = selectAttribute(set, "name", call.at);
  if (name.type === "unknown" && isError(name)) return name;
  const suffix = name.type === "string" ? `-${name.value}` : "";
  const entries = new Map<string, Attribute>(set.entries);
  const put = (key: string, value: Value) => entries.set(key, { thunk: ready(value), at: call.at });
  put("type", string("derivation", madeBy(call)));
  put("drvAttrs", set);
  put(
    "outPath",
    unknownText("store path of a derivation", call.at, {
      prefix: "/nix/store/",
      ...(entries.has("outputs") ? {} : { suffix }),
      word: true,
    }),
  );
  put(
    "drvPath",
    unknownText("store path of a derivation", call.at, { prefix: "/nix/store/", suffix: `${suffix}.drv`, word: true }),
  );
  return {
    type: "attrs",
    entries,
    rest: unsupported("outputs of a derivation", call.at),
    origin: madeBy(call, set.origin),
  };
}
