import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { cursorContext } from "../../server/src/features/options/cursor.ts";

/** The context at `|`, written as `path: kind "typed"`. */
function at(marked: string): string | null {
  const offset = marked.indexOf("|");
  const cursor = cursorContext(marked.replace("|", ""), offset);
  return cursor && `${cursor.path.join(".")}: ${cursor.kind}${cursor.quoted ? " quoted" : ""} "${cursor.typed}"`;
}

describe("what is being typed", () => {
  it.each([
    ["{ microvm.| }", 'microvm: name ""'],
    ["{ microvm.vol| }", 'microvm: name "vol"'],
    ["{ microvm = { | }; }", 'microvm: name ""'],
    ["{ microvm.volumes = [ { im| } ]; }", 'microvm.volumes.*: name "im"'],
    ["{ microvm = { volumes = [ { size = 1; fs| } ]; }; }", 'microvm.volumes.*: name "fs"'],
    ['{ microvm.volumes = [ { fsType = "e|" } ]; }', 'microvm.volumes.*.fsType: value quoted "e"'],
    ["{ microvm.hypervisor = | }", 'microvm.hypervisor: value ""'],
    ["{ microvm.hypervisor = q|; }", 'microvm.hypervisor: value "q"'],
    ["{ microvm.vms.web.| }", 'microvm.vms.web: name ""'],
    ['{ microvm.vms."web 1".config.microvm.| }', 'microvm.vms.web 1.config.microvm: name ""'],
    ["{ microvm.volumes = with lib; [ { | } ]; }", 'microvm.volumes.*: name ""'],
    ["{ lib, ... }: { microvm = { | }; }", 'microvm: name ""'],
    ["let x = { a = 1; }; in { microvm.me| }", 'microvm: name "me"'],
    ['{ a = "}{ ${toString { b = 1; }} ["; microvm.| }', 'microvm: name ""'],
    ["{ a = ''\n  }} '' + ''; ''${x} '''; microvm.| }", null],
    ["{ a = ''\n  }} ''${x} '''; ''; microvm.| }", 'microvm: name ""'],
    ["{ /* { */ microvm.| }", 'microvm: name ""'],
    ["{ # {\n microvm.| }", 'microvm: name ""'],
    ["{ # microvm.| \n }", null],
    ["{ /* microvm.| */ }", null],
    ["{ microvm.mem = 5 + | }", null],
    ["{ microvm.volumes = map (n: { im|", 'microvm.volumes: name "im"'],
    ["{ 中文 = 1; microvm.| }", 'microvm: name ""'],
  ])("%s", (marked, expected) => {
    const found = at(marked);
    if (expected === null) expect(found?.startsWith("microvm") ?? false).toBe(false);
    else expect(found).toBe(expected);
  });

  it("reads a long file to its end", () => {
    const block = 'a = { b = "text ${toString 5}"; c = [ 1 2 3 ]; # comment\n };\n';
    const text = `{ ${block.repeat(6000)} microvm.`;
    expect(cursorContext(text, text.length)?.path).toEqual(["microvm"]);
  });
});

/** All that the cases above are made of, one after the other, many times. */
const pieces = [
  "{ microvm = { volumes = [ { size = 1; fsType = ",
  '"e${toString { b = 1; }}xt4"; image = "}{["; } ]; ',
  "# a comment {\n",
  "/* another } */ ",
  "preStart = ''\n  }} ''${x} '''; ''; ",
  'vms."web 1".config.microvm.mem = 5; ',
  "}; 中文 = with lib; map (n: { im = n; }) [ ]; }",
  "x",
];
/** What leaves brackets and strings open: in edits only, or all of the text would soon be one string. */
const breaking = ["", "z", "''", '"', "]", "}", "{ a = ", "/*"];

test("what was read of a text before is no other than what is read now", () => {
  const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 9 }), insert: fc.constantFrom(...breaking, ...pieces) });
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { minLength: 400, maxLength: 700 }),
      fc.array(edit, { minLength: 2, maxLength: 12 }),
      (parts, edits) => {
        let text = parts.join("");
        const asked: [string, number, unknown][] = [];
        const ask = (offset: number) => asked.push([text, offset, cursorContext(text, offset)]);
        for (const { at, remove, insert } of edits) {
          const start = at % text.length;
          text = text.slice(0, start) + insert + text.slice(start + remove);
          ask((start * 7 + at) % (text.length + 1));
          ask(text.length);
        }
        for (const [whole, offset, answer] of asked) {
          cursorContext("", 0);
          expect(answer).toEqual(cursorContext(whole, offset));
        }
      },
    ),
    { numRuns: Number(process.env["RUNS"] ?? 60), seed: Number(process.env["SEED"] ?? 20261122) },
  );
});
