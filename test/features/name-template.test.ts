import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filled, renamedTexts, valuesIn, writtenAs } from "../../server/src/features/name-template.ts";

describe("the values in a name", () => {
  it.each([
    [["", "-data.img"], "web-data.img", [["web"]]],
    [["a-", ".img"], "a-b.img", [["b"]]],
    [["a-", ".img"], "b.img", []],
    [["", "-", ".img"], "a-b.img", [["a", "b"]]],
    [
      ["", "-", ".img"],
      "a-b-c.img",
      [
        ["a", "b-c"],
        ["a-b", "c"],
      ],
    ],
    [["data.img"], "data.img", [[]]],
  ])("%j in %s", (texts, name, expected) => {
    expect(valuesIn({ texts, holes: texts.slice(1) }, name)).toEqual(expected);
  });

  it("are those that were put in, wherever there is one way only", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "-"), maxLength: 4 });
    const given = fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(given, word, (pairs, last) => {
        const texts = [...pairs.map(([text]) => text), last];
        const values = pairs.map(([, value]) => value);
        const found = valuesIn({ texts, holes: values }, filled(texts, values));
        expect(found.length).toBeGreaterThan(0);
        if (found.length === 1) expect(found).toEqual([values]);
      }),
    );
  });
});

describe("the texts around the same holes", () => {
  const template = { texts: ["", "-data.img"], holes: ["$" + "{name}"] };
  it.each([
    ["$" + "{name}-files.img", ["", "-files.img"]],
    ["web-files.img", ["", "-files.img"]],
    ["new/web.img", ["new/", ".img"]],
    ["files.img", null],
    ["web-web.img", null],
    ["$" + "{other}-web.img", null],
    ["$" + "{name}-$" + "{name}.img", null],
  ])("%s", (newName, expected) => {
    expect(writtenAs(template)).toBe("$" + "{name}-data.img");
    expect(renamedTexts(template, ["web"], newName)).toEqual(expected);
  });
});
