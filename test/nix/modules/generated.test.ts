import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeValue, evaluateWithLib } from "./with-lib.ts";

/**
 * Generated module trees, compared option by option with real `lib.evalModules`. Needs NIXPKGS_LIB=<folder that holds lib/>;
 * RUNS and SEED may be set.
 */
const { NIXPKGS_LIB: library, RUNS = "400", SEED } = process.env;
const seed = Number(SEED ?? 20261122);
const batch = 40;

describe.runIf(library)("generated module trees", () => {
  test("give what real Nix gives", { timeout: 3_600_000 }, async () => {
    const trees = fc.sample(tree, { numRuns: Number(RUNS), seed });
    const counts = { same: 0, unknown: 0 };
    for (let start = 0; start < trees.length; start += batch) {
      const some = trees.slice(start, start + batch);
      const real = realNix(some);
      for (const [i, text] of some.entries()) {
        for (const name of options) {
          const mine = encodeValue(await evaluateWithLib(`lib: (${configOf(text)}).${name}`));
          const theirs = real[i]?.[name] ?? "fails";
          if (mine.startsWith("unknown")) counts.unknown++;
          else {
            expect({ text, seed, name, value: mine }).toEqual({ text, seed, name, value: theirs });
            counts.same++;
          }
        }
      }
    }
    console.log(`seed ${seed}: ${counts.same} values as real Nix has them, ${counts.unknown} unknown`);
    expect(counts.unknown * 100).toBeLessThan(counts.same);
  });
});

const options = ["flag", "l", "i", "s", "a", "m", "v", "tree", "any", "text", "e"];

const declarations = `({ lib, config, ... }: {
  options = with lib; {
    flag = mkOption { type = types.bool; default = false; };
    l = mkOption { type = types.listOf types.int; default = [ 99 ]; };
    i = mkOption { type = types.int; default = 7; };
    s = mkOption { type = types.nullOr types.str; default = null; };
    a = mkOption { type = types.attrsOf types.int; default = { d = 0; }; };
    m = mkOption { default = { }; type = types.attrsOf (types.submodule ({ name, config, ... }: { options = {
      size = mkOption { type = types.int; default = 1; }; tags = mkOption { type = types.listOf types.str; default = [ ]; };
      path = mkOption { type = types.str; default = "/\${name}/\${toString config.size}"; };
    }; })); };
    v = mkOption { default = [ ]; type = types.listOf (types.submodule { options = {
      image = mkOption { type = types.str; }; size = mkOption { type = types.int; default = 8; };
    }; }); };
    tree.x = mkOption { type = types.int; default = 1; };
    tree.y.z = mkOption { type = types.listOf types.int; default = [ ]; };
    any = mkOption { type = types.anything; default = { }; };
    text = mkOption { type = types.lines; default = ""; };
    e = mkOption { type = types.either types.int (types.listOf types.int); default = 3; };
  };
})`;

const integer = fc.integer({ min: 0, max: 9 }).map(String);
const name = fc.constantFrom("p", "q", "r");
const condition = fc.constantFrom("true", "false", "config.flag", "(!config.flag)", "(config.i > 5)");
const word = fc.constantFrom('"a"', '"b"', '"a b"');

/** Puts properties around a value, in any order: also orders that real Nix refuses. */
function wrapped(value: fc.Arbitrary<string>, depth = 2): fc.Arbitrary<string> {
  if (depth === 0) return value;
  const inner = wrapped(value, depth - 1);
  return fc.oneof(
    { weight: 8, arbitrary: value },
    { weight: 3, arbitrary: fc.tuple(condition, inner).map(([c, v]) => `(lib.mkIf ${c} ${v})`) },
    { weight: 2, arbitrary: fc.array(inner, { maxLength: 3 }).map((vs) => `(lib.mkMerge [ ${vs.join(" ")} ])`) },
    { weight: 1, arbitrary: inner.map((v) => `(lib.mkDefault ${v})`) },
    { weight: 1, arbitrary: inner.map((v) => `(lib.mkForce ${v})`) },
    { weight: 1, arbitrary: inner.map((v) => `(lib.mkBefore ${v})`) },
    { weight: 1, arbitrary: inner.map((v) => `(lib.mkAfter ${v})`) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom("10", "700", "1200"), inner).map(([n, v]) => `(lib.mkOrder ${n} ${v})`),
    },
  );
}

const integers = fc.array(integer, { maxLength: 3 }).map((vs) => `[ ${vs.join(" ")} ]`);
const machine = fc
  .tuple(
    fc.option(wrapped(integer, 1)),
    fc.option(
      wrapped(
        fc.array(word, { maxLength: 2 }).map((vs) => `[ ${vs.join(" ")} ]`),
        1,
      ),
    ),
  )
  .map(([size, tags]) => `{ ${size ? `size = ${size};` : ""} ${tags ? `tags = ${tags};` : ""} }`);
const volume = fc
  .tuple(word, fc.option(integer))
  .map(([image, size]) => `{ image = ${image}; ${size ? `size = ${size};` : ""} }`);
const anything = fc.oneof(
  fc.tuple(name, integer).map(([n, v]) => `{ ${n}.k = ${v}; }`),
  fc.tuple(name, integers).map(([n, v]) => `{ ${n} = ${v}; }`),
);

const binding = fc.oneof(
  wrapped(fc.constantFrom("true", "false"), 1).map((v) => `flag = ${v};`),
  wrapped(integers).map((v) => `l = ${v};`),
  wrapped(integer).map((v) => `i = ${v};`),
  wrapped(fc.oneof(word, fc.constant("null"))).map((v) => `s = ${v};`),
  wrapped(fc.tuple(name, wrapped(integer, 1)).map(([n, v]) => `{ ${n} = ${v}; }`)).map((v) => `a = ${v};`),
  wrapped(fc.tuple(name, wrapped(machine, 1)).map(([n, v]) => `{ ${n} = ${v}; }`)).map((v) => `m = ${v};`),
  wrapped(fc.array(wrapped(volume, 1), { maxLength: 2 }).map((vs) => `[ ${vs.join(" ")} ]`)).map((v) => `v = ${v};`),
  wrapped(
    fc.oneof(
      wrapped(integer, 1).map((v) => `{ x = ${v}; }`),
      wrapped(integers, 1).map((v) => `{ y.z = ${v}; }`),
    ),
  ).map((v) => `tree = ${v};`),
  wrapped(anything).map((v) => `any = ${v};`),
  wrapped(word).map((v) => `text = ${v};`),
  wrapped(fc.oneof(integer, integers)).map((v) => `e = ${v};`),
);

/** Bindings of different options: a set names each once. */
const bindings = fc.uniqueArray(binding, { maxLength: 4, selector: (b) => b.split(" ")[0] }).map((bs) => bs.join(" "));

const { module } = fc.letrec<{ module: string }>((tie) => ({
  module: fc.oneof(
    { depthSize: "small" },
    bindings.map((b) => `({ config, lib, ... }: { ${b} })`),
    fc.tuple(condition, bindings).map(([c, b]) => `({ config, lib, ... }: { config = lib.mkIf ${c} { ${b} }; })`),
    fc
      .tuple(bindings, bindings, condition)
      .map(([b, c, d]) => `({ config, lib, ... }: { config = lib.mkMerge [ { ${b} } (lib.mkIf ${d} { ${c} }) ]; })`),
    fc
      .tuple(fc.array(tie("module"), { minLength: 1, maxLength: 3 }), bindings)
      .map(([inner, b]) => `({ config, lib, ... }: { imports = [ ${inner.join(" ")} ]; ${b} })`),
    fc
      .tuple(fc.constantFrom("one", "two"), bindings)
      .map(([k, b]) => `({ config, lib, ... }: { key = "${k}"; config = { ${b} }; })`),
    fc
      .tuple(fc.constantFrom("one", "two"), bindings)
      .map(([k, b]) => `({ config, lib, ... }: { disabledModules = [ { key = "${k}"; } ]; config = { ${b} }; })`),
    fc
      .tuple(fc.constantFrom("lib.mkForce", "lib.mkDefault"), bindings)
      .map(([p, b]) => `({ config, lib, ... }: { config = ${p} { ${b} }; })`),
  ),
}));

const tree = fc
  .array(module, { minLength: 1, maxLength: 4 })
  .map((modules) => `[ ${declarations} ${modules.join(" ")} ]`);

function configOf(text: string): string {
  return `(lib.evalModules { modules = ${text}; }).config`;
}

/** Each option as JSON; one that fails in a way that cannot be caught is asked for alone. */
function realNix(trees: readonly string[]): Record<string, string>[] {
  const questions = trees.flatMap((text) => options.map((option) => `(${configOf(text)}).${option}`));
  const answers = ask(questions);
  return trees.map((_, i) =>
    Object.fromEntries(options.map((option, k) => [option, answers[i * options.length + k] as string])),
  );
}

function ask(questions: readonly string[]): string[] {
  const list = questions.map(
    (q) =>
      `(let t = builtins.tryEval (let v = ${q}; in builtins.deepSeq v (builtins.toJSON v)); in if t.success then t.value else "fails")`,
  );
  try {
    const out = execFileSync("nix-instantiate", ["--eval", "--strict", "--json", "-"], {
      input: `let lib = import ${library}/lib; in [ ${list.join("\n")} ]`,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
      maxBuffer: 1 << 28,
      env: { ...process.env, NIX_PATH: "" },
    });
    return (JSON.parse(out) as string[]).map((text) => (text === "fails" ? text : JSON.stringify(JSON.parse(text))));
  } catch {
    if (questions.length === 1) return ["fails"];
    const middle = questions.length >> 1;
    return [...ask(questions.slice(0, middle)), ...ask(questions.slice(middle))];
  }
}
