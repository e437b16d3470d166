import { attributes, boolean, fails as failure, integer, list, string, unsupported } from "../../make.ts";
import { ready, type Thunk, type Value } from "../../value.ts";
import type { Call, Definition } from "../definition.ts";
import { later, select, update } from "./combine.ts";
import { builtin, made, need, section } from "./kit.ts";
import { typeIs } from "./type-constructors.ts";

const define = section("options", "lib/options.nix");

/** What `mkOption` takes, in any nixpkgs. */
const argumentsOfOption = new Set(
  "default defaultText example description relatedPackages type apply internal visible readOnly options".split(" "),
);

/** `lib.options`: declarations of options, as the module system reads them by `_type`. */
export const options: readonly Definition[] = [
  define("isOption", "x!", "any -> bool", (call, x) => typeIs(call, string("option"), x)),
  define("mkOption", "arguments!", "{ type, default, description, example, apply, … } -> option", (call, given) => {
    const set = given.force();
    const stray =
      set.type === "attrs"
        ? [...set.entries].find(([name, entry]) => !argumentsOfOption.has(name) && !entry.conditional)
        : undefined;
    if (stray) return unsupported(`mkOption with ${stray[0]}`, call.at);
    return update(call, set, attributes([["_type", string("option")]], made(call)));
  }),
  define("mkEnableOption", "name", "string -> option", (call, name) =>
    attributes(
      [
        ["_type", string("option")],
        ["default", boolean(false, made(call))],
        ["example", boolean(true)],
        ["description", later(call, () => sentence(call, ["Whether to enable ", name, "."]))],
        ["type", typeNamed(call, "bool")],
      ],
      made(call),
    ),
  ),
  define("literalExpression", "text", "string -> literal", (call, text) => literal(call, "literalExpression", text)),
  define("literalMD", "text", "string -> literal", (call, text) => literal(call, "literalMD", text)),
  define("literalExample", "text", "string -> literal", (call, text) => literal(call, "literalExpression", text)),
  define("literalDocBook", "text", "string -> literal", (call, text) => literal(call, "literalDocBook", text)),
  define("mdDoc", "text", "string -> literal", (_, text) => text.force()),
];

/** `lib.modules`: properties of definitions (conditions, priorities, order), as sets that the module system discharges. */
const property = section("modules", "lib/modules.nix");
export const properties: readonly Definition[] = [
  property("mkIf", "condition content", "bool -> a -> property", (call, condition, content) =>
    attributes(
      [
        ["_type", string("if")],
        ["condition", condition],
        ["content", content],
      ],
      made(call),
    ),
  ),
  property(
    "mkAssert",
    "assertion message content",
    "bool -> string -> a -> property",
    (call, assertion, message, content) =>
      attributes(
        [
          ["_type", string("if")],
          [
            "condition",
            later(call, () => {
              const given = need(call, assertion, "boolean", "mkAssert");
              if (given.type === "unknown" || given.value) return given;
              const said = message.force();
              return failure(
                said.type === "string" ? `Failed assertion: ${said.value}` : "Failed assertion",
                call.at,
                "throw",
              );
            }),
          ],
          ["content", content],
        ],
        made(call),
      ),
  ),
  property("mkMerge", "contents", "[a] -> property", (call, contents) =>
    attributes(
      [
        ["_type", string("merge")],
        ["contents", contents],
      ],
      made(call),
    ),
  ),
  property("mkOverride", "priority content", "int -> a -> property", (call, priority, content) =>
    prioritised(call, "override", priority, content),
  ),
  property("mkOrder", "priority content", "int -> a -> property", (call, priority, content) =>
    prioritised(call, "order", priority, content),
  ),
  property("mkDefinition", "definition", "{ file, value } -> property", (call, given) =>
    update(call, given, attributes([["_type", string("definition")]], made(call))),
  ),
  ...Object.entries({
    mkOptionDefault: 1500,
    mkDefault: 1000,
    mkImageMediaOverride: 60,
    mkForce: 50,
    mkVMOverride: 10,
  }).map(([name, priority]) =>
    property(name, "content", "a -> property", (call, content) =>
      prioritised(call, "override", integer(priority), content),
    ),
  ),
  ...Object.entries({ mkBefore: 500, mkAfter: 1500 }).map(([name, priority]) =>
    property(name, "content", "a -> property", (call, content) =>
      prioritised(call, "order", integer(priority), content),
    ),
  ),
  property("mkFixStrictness", "x", "a -> a", (_, x) => x.force()),
];

/** The numbers behind the properties. */
export const priorities: readonly Definition[] = Object.entries({
  defaultOverridePriority: 100,
  defaultPriority: 100,
  defaultOrderPriority: 1000,
}).map(([name, priority]) => ({
  name: `lib.modules.${name}`,
  parameters: [],
  signature: "int",
  source: "lib/modules.nix",
  run: () => integer(priority),
}));

function prioritised(call: Call, type: "override" | "order", priority: Thunk | Value, content: Thunk): Value {
  return attributes(
    [
      ["_type", string(type)],
      ["priority", priority],
      ["content", content],
    ],
    made(call),
  );
}

function literal(call: Call, type: string, text: Thunk): Value {
  const given = text.force();
  if (given.type !== "string" && given.type !== "unknown")
    return failure(`${type} expects a string.`, call.at, "throw");
  return attributes(
    [
      ["_type", string(type)],
      ["text", text],
    ],
    made(call),
  );
}

function typeNamed(call: Call, name: string): Thunk {
  return later(call, () => select(call, select(call, call.evaluator.lib, "types"), name));
}

function sentence(call: Call, parts: readonly (string | Thunk)[]): Value {
  return builtin(
    call,
    "concatStringsSep",
    string(""),
    list(parts.map((part) => (typeof part === "string" ? ready(string(part)) : part))),
  );
}
