import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asUpstream, inQuotes, quote, quoteAll, quoteForDisplay } from "../../server/src/shell/quote.ts";
import { splitWords } from "../../server/src/shell/split.ts";
import type { Node, Word } from "../../server/src/shell/syntax/tree.ts";
import { shellParser } from "./parser.ts";

const word = fc.string({ unit: "grapheme" }).filter((text) => !/\0|\p{Surrogate}/u.test(text));

describe("the quoter", () => {
  test("a real shell reads words back as they are", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
        const script = `printf '%s\\0' ${quoteAll(words)}`;
        const read = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
        expect(read).toEqual(words);
      }),
      { numRuns: 25 },
    );
  });

  test("our own splitter reads words back, too", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 10 }), (words) => {
        expect(splitWords(quoteAll(words))).toEqual(words);
      }),
    );
  });

  test("plain words stay as they are", () => {
    expect(quote("/var/lib/a.img")).toBe("/var/lib/a.img");
    expect(quote("")).toBe("''");
    expect(inQuotes("a")).toBe("'a'");
    expect(quote("it's")).toBe("'it'\\''s'");
    expect(asUpstream("it's")).toBeNull();
    expect(asUpstream("a b")).toBe("'a b'");
    expect(quoteForDisplay(["a\u001b[31m", "b"])).toBe("'a\\x1b[31m' b");
  });
});

describe("the parser", () => {
  test("words are those that bash reads", async () => {
    const parser = await shellParser();
    const plain = (node: Node) => (node.is === "command" ? node.words.map(textOf) : [node.is]);
    expect(plain(parser.parse(`rm -f -- 'a b' "c d" e\\ f g'h'"i"`))).toEqual([
      "rm",
      "-f",
      "--",
      "a b",
      "c d",
      "e f",
      "ghi",
    ]);
    expect(plain(parser.parse("cat > f a b"))).toEqual(["cat", "a", "b"]);
    expect(plain(parser.parse("echo $'a\\n' # no"))).toEqual(["echo", "a\n"]);
  });

  test.each([
    ["a && b >f", "and"],
    ["! a | b", "not"],
    ["cat <<E | sh && y\nhi\nE", "and"],
    ["if", "unclear"],
    ["a; b; if c; then", "sequence"],
    ["case $x in (a) b;; *) c; esac", "case"],
    ["for ((i=0;i<3;i++)); do a; done", "count"],
    ["", "sequence"],
  ])("%s is a %s", async (text, is) => {
    const parser = await shellParser();
    expect(parser.parse(text).is).toBe(is);
    expect(parser.parse(text)).toBe(parser.parse(text));
  });

  test("it never throws", async () => {
    const parser = await shellParser();
    const pieces = fc.constantFrom(
      ..."if then fi ( ) { } [ ]] [[ $( ) ` \" ' ${ } ; & | && || << E \n < > case esac in a b # $x = \\".split(" "),
      "\n",
      " ",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (list) => void parser.parse(list.join(" "))),
      { numRuns: 400 },
    );
  });
});

function textOf(one: Word): string {
  return one.parts.map((part) => (part.is === "text" ? part.text : "?")).join("");
}
