import { describe, expect, it } from "vitest";
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
