import { describe, expect, it } from "vitest";
import { verbatim } from "../../server/src/base/text.ts";
import type { Finding, Rule, RuleContext } from "../../server/src/rules/frame/rule.ts";
import { fixesFor, runRules } from "../../server/src/rules/frame/run.ts";
import { testParser } from "../harness/memory-files.ts";

const context: RuleContext = {
  declarations: { hosts: [], guests: [], problems: [], complete: true },
  hosts: [],
  onDisk: () => [],
  image: () => null,
  hostOf: () => null,
  unread: () => null,
  cleanups: () => [],
  hostsOf: () => [],
  forecasts: () => [],
  isOurs: () => false,
  tree: () => null,
};

function finding(start: number, guest: string, message = "m", more: Partial<Finding> = {}): Finding {
  const span = { file: "/a.nix", start, end: start + 1 };
  return {
    rule: "a-rule",
    span,
    message: verbatim(message),
    notes: [],
    guests: [guest],
    data: { subjects: [] },
    ...more,
  };
}

function rule(findings: readonly Finding[], more: Partial<Rule> = {}): Rule {
  const example = { files: {} };
  const docs = { summary: verbatim("S."), why: verbatim("W."), bad: example, good: example };
  return {
    id: "a-rule",
    severity: "warning",
    needs: "config",
    claims: "presence",
    scope: "workspace",
    docs,
    check: () => findings,
    ...more,
  } as Rule;
}

function run(rules: readonly Rule[], more: Partial<Parameters<typeof runRules>[1]> = {}) {
  return runRules(context, { severities: {}, trees: [], rules, ...more });
}

describe("running rules", () => {
  it("merges what says the same about the same place, and names all guests", () => {
    const found = run([rule([finding(5, "a"), finding(5, "b"), finding(5, "a", "other"), finding(9, "a")])]);
    expect(found.map(({ guests, span }) => [span.start, guests])).toEqual([
      [5, ["a"]],
      [5, ["a", "b"]],
      [9, ["a"]],
    ]);
  });

  it("merged findings weigh as much as the gravest, and keep each note once", () => {
    const note = { text: verbatim("n") };
    const [merged] = run([
      rule([
        finding(5, "a", "m", { severity: "hint", notes: [note] }),
        finding(5, "b", "m", { severity: "error", notes: [note] }),
      ]),
    ]);
    expect(merged).toMatchObject({ severity: "error", notes: [note] });
  });

  it("orders by file and place, whatever the rules give first", () => {
    const elsewhere = { span: { file: "/0.nix", start: 7, end: 8 } };
    const found = run([rule([finding(9, "a"), finding(2, "a"), finding(4, "a", "m", elsewhere)])]);
    expect(found.map(({ span }) => [span.file, span.start])).toEqual([
      ["/0.nix", 7],
      ["/a.nix", 2],
      ["/a.nix", 9],
    ]);
  });

  it("a setting is stronger than a rule's and a finding's own severity; off is off", () => {
    const loud = rule([finding(1, "a", "m", { severity: "hint" })]);
    expect(run([loud])[0]?.severity).toBe("hint");
    expect(run([loud], { severities: { "a-rule": "error" } })[0]?.severity).toBe("error");
    expect(run([loud], { severities: { "a-rule": "off" } })).toEqual([]);
  });

  it("rules about the disk are not asked where no host was looked at", () => {
    expect(run([rule([finding(1, "a")], { needs: "host" })])).toEqual([]);
  });

  it("a rule that throws is reported once and does not touch the others", () => {
    const broken = rule([], {
      id: "broken-rule",
      check: () => {
        throw new Error("bug");
      },
      fixes: () => {
        throw new Error("bug in fixes");
      },
    });
    const bugs: string[] = [];
    const onBug = (id: string, error: unknown) => bugs.push(`${id}: ${(error as Error).message}`);
    const found = run([broken, rule([finding(1, "a")])], { onBug });
    expect(found).toHaveLength(1);
    expect(fixesFor({ ...finding(1, "a"), rule: "broken-rule" }, context, { rules: [broken], onBug })).toEqual([]);
    expect(bugs).toEqual(["broken-rule: bug", "broken-rule: bug in fixes"]);
    expect(() => run([broken])).toThrow("bug");
  });
});

describe("comments that allow findings", () => {
  const spots = ["one", "two", "three", "four"];

  async function allowed(text: string): Promise<number[]> {
    const tree = (await testParser()).parse("/a.nix", text);
    const all = spots.filter((spot) => text.includes(spot)).map((spot) => finding(text.indexOf(spot), "a"));
    const left = run([rule(all)], { trees: [tree] });
    return left.map(({ span }) => tree.lines.position(span.start).line);
  }

  it("at the end of a line, and on lines of their own above it", async () => {
    expect(
      await allowed("[\n one # microvm-lens: allow a-rule\n # microvm-lens: allow a-rule because\n two\n three\n]\n"),
    ).toEqual([4]);
  });

  it("several above one line all speak for that line", async () => {
    expect(await allowed("[\n # microvm-lens: allow other\n # microvm-lens: allow a-rule\n one\n]\n")).toEqual([]);
    expect(await allowed("[\n # microvm-lens: allow a-rule\n # microvm-lens: allow other\n one\n]\n")).toEqual([]);
  });

  it("not for another rule, nor for a line further down", async () => {
    expect(
      await allowed("[\n one # microvm-lens: allow other-rule\n # microvm-lens: allow a-rule\n\n two\n]\n"),
    ).toEqual([1, 4]);
  });

  it("not in a string", async () => {
    expect(await allowed('[\n one "# microvm-lens: allow a-rule"\n]\n')).toEqual([1]);
  });
});
