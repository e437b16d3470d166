import { describe, expect, test } from "vitest";
import type { Evaluator } from "../../../server/src/nix/eval/builtins/definition.ts";
import { createLib } from "../../../server/src/nix/eval/builtins/lib/index.ts";
import { applyFunction } from "../../../server/src/nix/eval/ops.ts";
import type { Pieces, Unknown, Value } from "../../../server/src/nix/eval/value.ts";
import { disagreement } from "../../harness/consistent.ts";
import { evaluateText } from "../../harness/evaluate.ts";
import { testParser } from "../../harness/memory-files.ts";
import { judge, nixVersion } from "../../harness/nix.ts";
import { declared, guestOf } from "../../microvm/workspace.ts";

/** Pieces as a test writes them: `{…}` is a hole, with what is known of it. */
function shown(pieces: Pieces | undefined): string {
  if (!pieces) return "?";
  return pieces
    .map((piece) => {
      if (typeof piece === "string") return piece;
      const { package: name, file, source } = piece;
      const leaf = source?.slice(source.lastIndexOf("/") + 1);
      return `{${[name, leaf && `@${leaf}`, file && `${file.below || "."}: ${shown(file.text)}`].filter(Boolean).join(" ")}}`;
    })
    .join("");
}

function shownValue(value: Value | Unknown): string {
  if (value.type === "string") return JSON.stringify(value.value);
  if (value.type !== "unknown") return value.type;
  if (value.why.reason === "undecided") return value.why.candidates.map(shownValue).join(" | ");
  return shown(value.shape?.pieces);
}

async function preStart(nix: string): Promise<string> {
  const found = await declared(
    {
      "vm.nix": `{ pkgs, config, lib, ... }: { networking.hostName = "vm"; microvm.vcpu = 1; imports = [ ./more.nix ]; microvm.preStart = ${nix}; }`,
      "more.nix": "{ }",
      "reset.sh": "rm -f data.img\n",
    },
    { open: ["vm.nix"] },
  );
  const field = guestOf(found, "vm").preStart;
  return field.state === "unknown"
    ? shownValue(field.unknown)
    : JSON.stringify(field.state === "missing" ? null : field.value);
}

describe("texts with store paths", () => {
  test.each([
    ['"${pkgs.coreutils}/bin/rm -f x"', "{coreutils}/bin/rm -f x"],
    ['with pkgs; "${coreutils}/bin/rm"', "{coreutils}/bin/rm"],
    ['pkgs.coreutils + "/bin/rm " + "x"', "{coreutils}/bin/rm x"],
    ["let inherit (pkgs) coreutils; in ''\n  ${coreutils}/bin/rm x\n''", "{coreutils}/bin/rm x\n"],
    ['"${config.microvm.vmHostPackages.coreutils}/bin/rm"', "{coreutils}/bin/rm"],
    ['"${pkgs.coreutils.outPath}/bin/rm"', "{coreutils}/bin/rm"],
    ['"${lib.getBin pkgs.e2fsprogs}/bin/mke2fs"', "{e2fsprogs}/bin/mke2fs"],
    ['"${lib.getExe pkgs.jq} ."', "{jq}/bin/jq ."],
    ["lib.getExe pkgs.ripgrep", "{ripgrep}/bin/{}"],
    ['lib.getExe\' pkgs.coreutils "rm"', "{coreutils}/bin/rm"],
    ["lib.makeBinPath [ pkgs.coreutils pkgs.findutils ]", "{coreutils}/bin:{findutils}/bin"],
    ['"${pkgs.foo.version}"', "{}"],
    ['"${pkgs.writeShellScript "x" "rm a"} 1"', "{.: #!{bash}/bin/bash\nrm a\n} 1"],
    ['"${pkgs.writeShellScriptBin "x" "rm a"}/bin/x"', "{/bin/x: #!{bash}/bin/bash\nrm a\n}/bin/x"],
    ['lib.getExe (pkgs.writeShellScriptBin "x" "rm a")', "{/bin/x: #!{bash}/bin/bash\nrm a\n}/bin/x"],
    [
      'lib.getExe (pkgs.writeShellApplication { name = "x"; runtimeInputs = [ pkgs.jq ]; text = "rm ${pkgs.a}"; })',
      '{/bin/x: #!{bash}/bin/bash\nset -o errexit\nset -o nounset\nset -o pipefail\n\nexport PATH="{jq}/bin:$PATH"\n\nrm {a}\n}/bin/x',
    ],
    ['"${pkgs.writers.writeBash "x" "rm a"}"', "{.: #! {bash}/bin/bash\nrm a}"],
    ['"${pkgs.writeText "x" "a"}"', "{.: a}"],
    ['"${pkgs.runCommand "x" { } "rm a"}"', "{}"],
    ['"${builtins.toFile "x" "rm a"}"', "{.: rm a}"],
    ['"${./reset.sh} a"', "{@reset.sh} a"],
    ["builtins.readFile ./reset.sh", '"rm -f data.img\\n"'],
    ['lib.escapeShellArgs [ "${pkgs.a}/bin/b" "c d" "${pkgs.a} e" ]', "{a}/bin/b 'c d' '{a} e'"],
    ['lib.concatMapStringsSep "\\n" (x: "${pkgs.a} ${x}") [ "b" "c" ]', "{a} b\n{a} c"],
    ['lib.concatLines [ "${pkgs.a}" "b" ]', "{a}\nb\n"],
    ['lib.removeSuffix "\\n" "${pkgs.a} b\\n"', "{a} b"],
    ['lib.trim "  ${pkgs.a} b\\n"', "{a} b"],
    ['builtins.replaceStrings [ "@dir@" ] [ "/x" ] "${pkgs.a} @dir@/b"', "{a} /x/b"],
    ['builtins.replaceStrings [ "@dir@" ] [ "${pkgs.a}" ] "b @dir@"', "b {a}"],
    ['builtins.replaceStrings [ "@a@" ] [ "b" ] "${builtins.getEnv "X"}@"', "?"],
    ['builtins.toJSON { a = "${pkgs.b}\\n"; }', '{"a":"{b}\\n"}'],
    ['"a ${lib.optionalString (builtins.getEnv "X" == "1") "b "}${pkgs.c}"', "a b {c} | a {c}"],
    ['lib.mkMerge [ (lib.mkAfter "${pkgs.a} z") "${pkgs.b} y" (lib.mkBefore "x") ]', "x\n{b} y\n{a} z"],
    ['lib.mkMerge [ "x" (lib.mkIf (builtins.getEnv "X" == "1") "${pkgs.a}") ]', 'x\n{a} | "x"'],
    ['toString [ "a" pkgs.b "c" ]', "a {b} c"],
  ])("%s", async (nix, expected) => expect(await preStart(nix)).toBe(expected));
});

/** `$A`, `$B` stand for texts that are not known; what comes out has to agree with what they really are. */
const texts: readonly string[] = [
  '"a${A}b${B}c"',
  'A + "x" + B',
  '"x" + A',
  "''\n  a ${A}\n    ${B}\n''",
  'builtins.concatStringsSep "," [ A "x" B ]',
  'builtins.concatStringsSep A [ "x" "y" ]',
  'builtins.replaceStrings [ "x" "/" ] [ "1" "\\\\/" ] "x/${A}/x"',
  'builtins.replaceStrings [ "xy" ] [ "1" ] "axy${A}yx"',
  'builtins.replaceStrings [ "ab" "cd" ] [ A B ] "-ab-cd-${A}"',
  'builtins.toJSON [ "q\\"${A}\\n" B ]',
  'toString [ A "x" [ B ] ]',
  'builtins.substring 0 3 "abc${A}"',
  'builtins.unsafeDiscardStringContext "x${A}"',
];
const onlyLib: readonly string[] = [
  'lib.concatMapStringsSep "; " (x: "rm ${x}") [ A B "c" ]',
  "lib.concatLines [ A B ]",
  'lib.removePrefix "x" "xy${A}"',
  'lib.removePrefix "q" "xy${A}"',
  'lib.removePrefix "x" "${A}y"',
  'lib.removeSuffix ".img" "${A}.img"',
  'lib.removeSuffix "img" "${A}g"',
  'lib.trim " ${A} x "',
  'lib.trim "  ${A}"',
  'lib.toUpper "a${A}b"',
  'lib.escapeShellArg "a ${A}"',
  'lib.escapeShellArg "a${A}"',
  'lib.escapeShellArgs [ A "b c" ]',
  'lib.escapeXML "<${A}>"',
  'lib.escape [ "a" "b" ] "ab${A}ba"',
  'lib.hasPrefix "ab" "abc${A}"',
  'lib.optionalString (A == "") "x${B}"',
  'lib.strings.toJSON "${A}x"',
];
const values = ["", "/nix/store/abc-x", "a'b", "xy", " x\n", "img", '"$(rm)"'];

describe("texts with parts of any value", async () => {
  const version = await nixVersion();
  const lib = async (nix: string) => {
    const parser = await testParser();
    const make = (e: Evaluator) => createLib(e, { parse: (file, text) => parser.parse(file, text) });
    const { value, evaluator } = await evaluateText(`lib: ${nix}`, {}, { lib: make });
    return applyFunction(value, [evaluator.lib], null);
  };
  const withTexts = (nix: string, a: string, b: string) => `let A = ${a}; B = ${b}; in ${nix}`;
  const quoted = (text: string) => `"${text.replace(/["\\$]/g, "\\$&").replaceAll("\n", "\\n")}"`;
  const pairs = values.map((a, i) => [a, values[(i * 3 + 1) % values.length] as string] as const);

  test.each([...texts, ...onlyLib])("%s", async (nix) => {
    const partial = await lib(withTexts(nix, 'builtins.getEnv "A"', 'builtins.getEnv "B"'));
    for (const [a, b] of pairs) {
      const full = await lib(withTexts(nix, quoted(a), quoted(b)));
      expect(full.type).not.toBe("unknown");
      expect(disagreement(partial, full), `${nix} with ${a}, ${b}: ${shownValue(partial)}`).toBeNull();
    }
  });

  test.skipIf(version === null)("and real Nix agrees", async () => {
    const asked = texts.flatMap((nix) => pairs.map(([a, b]) => ({ nix, text: withTexts(nix, quoted(a), quoted(b)) })));
    const answers = await judge(asked.map(({ text }) => text));
    for (const [i, { nix }] of asked.entries()) {
      const partial = await lib(withTexts(nix, 'builtins.getEnv "A"', 'builtins.getEnv "B"'));
      const answer = answers[i];
      if (answer?.kind !== "value") throw new Error(`${nix}: ${JSON.stringify(answer)}`);
      const full = {
        type: "string",
        value: answer.encoded[1] as string,
        origin: { at: null, step: "literal", from: [] },
      } as const;
      expect(disagreement(partial, full), `${nix}: ${full.value}`).toBeNull();
    }
  });
});
