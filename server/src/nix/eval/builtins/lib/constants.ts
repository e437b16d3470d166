import { attributes, becauseOf, external, integer, list, string, unsupported } from "../../make.ts";
import { ready, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { each } from "./combine.ts";
import { item, listValue, made, section } from "./kit.ts";

/** What of lib is a value and no function, or differs between releases of nixpkgs, so that it cannot be known. */
export const constants: readonly Definition[] = [
  ...["trivial.release", "trivial.version", "trivial.versionSuffix", "trivial.codeName", "trivial.nixpkgsVersion"].map(
    (name) =>
      constant(name, "string", (call) => external(`the version of nixpkgs (lib.${name})`, call.at, { type: "string" })),
  ),
  constant("trivial.oldestSupportedRelease", "int", (call) =>
    external("the version of nixpkgs", call.at, { type: "integer" }),
  ),
  constant("trivial.inNixShell", "bool", (call) =>
    external("the environment of the evaluation", call.at, { type: "boolean" }),
  ),
  constant("trivial.inPureEvalMode", "bool", (call) => external("the way Nix is called", call.at, { type: "boolean" })),
  constant("strings.lowerChars", "[string]", (call) => letters(call, "abcdefghijklmnopqrstuvwxyz")),
  constant("strings.upperChars", "[string]", (call) => letters(call, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
  constant("options.unknownModule", "string", (call) => string("<unknown-file>", made(call))),
  constant("misc.fakeHash", "string", (call) => string(`sha256-${"A".repeat(43)}=`, made(call))),
  constant("misc.fakeSha256", "string", (call) => string("0".repeat(64), made(call))),
  constant("misc.fakeSha512", "string", (call) => string("0".repeat(128), made(call))),
  constant("meta.defaultPriority", "int", (call) => integer(5, made(call))),
  constant("systems.flakeExposed", "[string]", (call) =>
    systems(call, ["x86_64-linux", "aarch64-linux", "aarch64-darwin"]),
  ),
  ...["platforms", "systems.doubles"].flatMap((set) => [
    constant(`${set}.all`, "[string]", (call) => systems(call, [...linux, ...darwin])),
    constant(`${set}.unix`, "[string]", (call) => systems(call, [...linux, ...darwin])),
    constant(`${set}.linux`, "[string]", (call) => systems(call, linux)),
    constant(`${set}.darwin`, "[string]", (call) => systems(call, darwin)),
  ]),
  section("systems", "lib/systems/default.nix")("elaborate", "system", "string | attrs -> attrs", (call, system) =>
    each(call, system, (given) => {
      const rest = unsupported("what lib.systems.elaborate finds out of a system", call.at);
      if (given.type === "string") return { ...attributes([["system", given]], made(call)), rest };
      return given.type === "attrs" ? { ...given, rest: given.rest ?? rest } : becauseOf(rest, "elaborate", call.at);
    }),
  ),
];

function constant(name: string, signature: string, run: (call: Call) => Value): Definition {
  return { name: `lib.${name}`, parameters: [], signature, source: "lib", run };
}

const linux = ["x86_64-linux", "aarch64-linux", "i686-linux", "armv7l-linux"];
const darwin = ["aarch64-darwin"];

/** Which systems nixpkgs knows has changed over the years; these have been among them all the time. */
function systems(call: Call, known: readonly string[]): Value {
  const items = known.map((system) => item(string(system, made(call))));
  return listValue(call, items, external("the systems of this nixpkgs", call.at));
}

function letters(call: Call, text: string): Value {
  return list(
    [...text].map((letter) => ready(string(letter, made(call)))),
    made(call),
  );
}
