import fc from "fast-check";
import { expect, it } from "vitest";
import { LineIndex } from "../../server/src/base/lines.ts";

const text = fc
  .array(fc.constantFrom("a", "\n", "\r", "\r\n", "é", "\u{1F600}"), { maxLength: 30 })
  .map((some) => some.join(""));

it("a line begins after every kind of line end", () => {
  fc.assert(
    fc.property(text, (some) => {
      const lines = new LineIndex(some);
      const expected = [0, ...[...some.matchAll(/\r\n|\r|\n/g)].map((match) => match.index + match[0].length)];
      expect(lines.lineCount).toBe(expected.length);
      expect(expected.map((_, line) => lines.lineStart(line))).toEqual(expected);
    }),
  );
});

it("an offset and its position are the same place", () => {
  fc.assert(
    fc.property(text, (some) => {
      const lines = new LineIndex(some);
      for (let offset = 0; offset <= some.length; offset++) {
        // LSP has no position between the two characters of one line end.
        if (some.slice(offset - 1, offset + 1) === "\r\n") continue;
        expect(lines.offset(lines.position(offset))).toBe(offset);
      }
    }),
  );
});
