import type { OptionFacts, TypeShape } from "../../server/src/microvm/options/option-facts.ts";
import { guestOptions, hostOptions } from "../../server/src/microvm/options/table.ts";

/** One configuration with something in it that may be wrong: the text of a module, and the line that it is about. */
export interface Mutation {
  readonly id: string;
  readonly side: "guest" | "host";
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** What may be underlined there: the value or a part of it, or the name that does not exist. */
  readonly at: readonly string[];
}

/** Values of every type; most are wrong for most options. */
const pool = [
  '"text"',
  '"/absolute"',
  '"8G"',
  '""',
  "3",
  "0",
  "(-1)",
  "70000",
  "8.5",
  "true",
  "null",
  "[ ]",
  '[ "x" ]',
  "[ 1 ]",
  "{ }",
  '{ a = "x"; }',
  "{ a = 1; }",
  "./.",
  "(x: x)",
];

/** What an element of a list has to have. */
const elements: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  volumes: { image: '"a.img"', mountPoint: '"/a"', size: "100" },
  shares: { tag: '"a"', source: '"/a"', mountPoint: '"/a"' },
  interfaces: { type: '"user"', id: '"net0"', mac: '"02:00:00:00:00:01"' },
  devices: { bus: '"pci"', path: '"0000:01:00.0"' },
  forwardPorts: { "host.port": "1", "guest.port": "2" },
  "qemu.pcieRootPorts": { id: '"a"' },
};

/** What is read only of interfaces of this type. */
const macvtap = { type: '"macvtap"', "macvtap.link": '"eth0"', "macvtap.mode": '"bridge"' };

/** Made by microvm.nix itself, or configurations of their own: what is written there is not judged. */
const unasked =
  /\.(runner|declaredRunner|deploy|bootDisk|storeDisk|config|evaluatedConfig|pkgs|nixpkgs|flake)(\.|$)|vmHostPackages/;

/** Every option, each with some values of the pool, and each misspelt, under a false condition, forced, and twice. */
export function mutations(): Mutation[] {
  const found: Mutation[] = [];
  const sides = [
    ["guest", guestOptions],
    ["host", hostOptions],
  ] as const;
  let turn = 0;
  for (const [side, options] of sides) {
    for (const option of options) {
      if (unasked.test(option.name)) continue;
      const add = (what: string, value: string, name = option.name, more = "") =>
        found.push(mutation(`${option.name} ${what}`, side, name, value, more));
      const values = option.values ? [...option.values.slice(-1).map((v) => `"${v}"`), '"none-of-these"'] : [];
      for (const [index, value] of pool.entries()) if ((index + turn) % 4 === 0) add(value, value);
      for (const value of values) add(value, value);
      const wrong = wrongFor(option.shape);
      add("misspelt", "null", misspelt(option.name));
      add("if false", `(lib.mkIf false ${wrong})`);
      if (!/[*<]/.test(option.name)) {
        const right = rightFor(option);
        add("beaten", wrong, option.name, `${option.name} = lib.mkForce ${right};`);
        add("forced", `(lib.mkForce ${wrong})`, option.name, `${option.name} = ${right};`);
        add("default", `(lib.mkDefault ${wrong})`, option.name, `${option.name} = ${right};`);
      }
      turn++;
    }
  }
  return found;
}

function mutation(id: string, side: "guest" | "host", name: string, value: string, more: string): Mutation {
  const path = name.split(".").slice(1);
  const star = path.findIndex((step) => step === "*" || step === "<name>");
  const lines = ["{ lib, ... }:", "{", side === "guest" ? '  networking.hostName = "web";' : ""];
  if (star < 0) lines.push(`  microvm.${path.join(".")} = ${value};`);
  else {
    const list = path.slice(0, star).join(".");
    const inner = path.slice(star + 1).join(".");
    const isList = path[star] === "*";
    const own = { ...elements[list], ...(inner.startsWith("macvtap.") ? macvtap : {}) };
    const given = Object.entries(own).filter(([key]) => key !== inner);
    if (list === "forwardPorts")
      lines.push(`  microvm.interfaces = [ ${set(Object.entries(elements["interfaces"] ?? {}))} ];`);
    lines.push(`  microvm.${list}${isList ? "" : ".a"} =`, isList ? "    [ {" : "    {");
    for (const [key, text] of given) lines.push(`      ${key} = ${text};`);
    lines.push(inner === "" ? "" : `      ${inner} = ${value};`, isList ? "    } ];" : "    };");
  }
  const line = star < 0 ? lines.length : lines.length - 1;
  if (more !== "") lines.push("  imports = [ {", `    ${more}`, "  } ];");
  return { id, side, text: `${[...lines, "}"].join("\n")}\n`, line, at: [value, path.at(-1) ?? ""] };
}

function set(entries: readonly (readonly [string, string])[]): string {
  return `{ ${entries.map(([key, value]) => `${key} = ${value};`).join(" ")} }`;
}

/** Two letters of the last name change places. */
function misspelt(name: string): string {
  const steps = name.split(".");
  const last = steps.at(-1) ?? "";
  if (last === "*" || last === "<name>") return name;
  return [...steps.slice(0, -1), `${last.slice(0, 1)}x${last.slice(1)}`].join(".");
}

function wrongFor(shape: TypeShape): string {
  return ["str", "separatedString", "either", "nonEmptyStr"].includes(shape.of?.kind ?? shape.kind)
    ? "[ 1 2 ]"
    : '"wrong"';
}

function rightFor({ shape, values }: OptionFacts): string {
  if (values?.[0]) return `"${values[0]}"`;
  const byKind: Readonly<Record<string, string>> = {
    bool: "true",
    int: "3",
    positiveInt: "3",
    unsignedInt: "3",
    str: '"a"',
    nullOr: "null",
    listOf: "[ ]",
    attrsOf: "{ }",
    submodule: "{ }",
    path: '"/a"',
    separatedString: '"a"',
    either: '"a"',
    package:
      '(let p = { type = "derivation"; name = "a"; outPath = "/nix/store/a"; out = p; dev = p; override = _: p; overrideAttrs = _: p; }; in p)',
  };
  return byKind[shape.kind] ?? "null";
}
