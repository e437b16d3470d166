import type { Log } from "sarif";
import { describe, expect, test } from "vitest";
import { verbatim } from "../../server/src/base/text.ts";
import { checkReport } from "../../server/src/cli/check/check-report.ts";
import { github } from "../../server/src/cli/formats/github.ts";
import { json } from "../../server/src/cli/formats/json.ts";
import { sarif } from "../../server/src/cli/formats/sarif.ts";
import type { Fix } from "../../server/src/rules/frame/rule.ts";
import { schemaErrors } from "./schemas.ts";
import { snapshotOf, type Written } from "./snapshots.ts";

const file = "/lab/中文 guest.nix";
const text = `{
  # 磁盘🚀
  x = "🚀"; size = 2048;
}
`;
const start = text.indexOf("2048");
const edit: Fix = {
  kind: "edit",
  id: "set",
  title: verbatim("Set size to 512"),
  safety: "safe",
  edits: [{ span: { file, start, end: start + 4 }, newText: "512" }],
  guests: ["web"],
};
const operation: Fix = {
  kind: "operation",
  host: "server1",
  id: "grow",
  title: verbatim("Grow"),
  destroys: null,
  command: ["image"],
};
const findings: readonly Written[] = [
  {
    at: "2048",
    message: "100% of\nit: ignored, really",
    notes: [{ text: "formatted once" }, { text: "named here", at: "x" }],
    guests: ["web", "db"],
    fixes: [edit, operation],
  },
  { at: "size = 2048", rule: "size-unit-suspicious", severity: "information", message: "small" },
];
const snapshot = snapshotOf({ [file]: text }, findings);
const report = checkReport(snapshot, "en");
const places = { cwd: "/lab", roots: ["/lab"] };

describe("json", () => {
  const document = JSON.parse(json(report, places));

  test("has the shape of its schema", () => {
    expect(schemaErrors("check", document)).toEqual([]);
    const broken = structuredClone(document);
    delete broken.findings[0].guests;
    broken.findings[0].severity = "fatal";
    expect(schemaErrors("check", broken)).toHaveLength(2);
  });

  test("counts lines and columns from 1, in UTF-16", () => {
    expect(document.findings[0]).toEqual({
      rule: "size-differs-from-image",
      severity: "warning",
      message: "100% of\nit: ignored, really",
      file: "中文 guest.nix",
      line: 3,
      column: 20,
      endLine: 3,
      endColumn: 24,
      guests: ["web", "db"],
      notes: [
        { message: "formatted once", file: null, line: null, column: null, endLine: null, endColumn: null },
        { message: "named here", file: "中文 guest.nix", line: 3, column: 3, endLine: 3, endColumn: 4 },
      ],
      fixes: [
        { title: "Set size to 512", kind: "edit", safety: "safe" },
        { title: "Grow", kind: "operation", safety: "host" },
      ],
    });
    expect(document.summary).toEqual({
      error: 0,
      warning: 1,
      information: 1,
      hint: 0,
      notJudged: { volumes: 0, guests: 0, hosts: 0 },
      guests: 1,
      hosts: 0,
      files: 1,
    });
  });

  test("names files as the working directory sees them, else the folder asked about, else in full", () => {
    const named = (cwd: string, roots: readonly string[]) => JSON.parse(json(report, { cwd, roots })).findings[0].file;
    expect(named("/", ["/lab"])).toBe("lab/中文 guest.nix");
    expect(named("/else", ["/lab"])).toBe("中文 guest.nix");
    expect(named("/else", ["/other"])).toBe(file);
  });
});

describe("github", () => {
  test("writes one workflow command a finding, escaped", () => {
    expect(github(report, { ...places, locale: "en" }).split("\n")).toEqual([
      "::warning file=中文 guest.nix,line=3,endLine=3,col=20,endColumn=24,title=size-differs-from-image::" +
        "100%25 of%0Ait: ignored, really%0Anote: formatted once%0Anote: named here%0Afix: Set size to 512%0Afix: Grow",
      "::notice file=中文 guest.nix,line=3,endLine=3,col=13,endColumn=24,title=size-unit-suspicious::small",
      "",
    ]);
  });

  test("leaves columns out where a finding has several lines", () => {
    const long = checkReport(
      snapshotOf({ "/a.nix": "{\n a = 1;\n}\n" }, [{ at: "{\n a = 1;\n}", message: "m" }]),
      "en",
    );
    expect(github(long, { cwd: "/", roots: [], locale: "en" })).toBe(
      "::warning file=a.nix,line=1,endLine=3,title=size-differs-from-image::m\n",
    );
  });
});

describe("sarif", () => {
  const rules = [
    { id: "size-unit-suspicious", severity: "information", summary: "S", why: "W" },
    { id: "unrelated", severity: "error", summary: "S", why: "W" },
    { id: "size-differs-from-image", severity: "warning", summary: "Size", why: "Because `size`." },
  ] as const;
  const lines = (path: string) => snapshot.tree(path)?.lines ?? null;
  const options = { ...places, version: "1.2.3", rules, allowed: null, lines };
  const log: Log = JSON.parse(sarif(report, options));
  const run = log.runs[0] as NonNullable<(typeof log.runs)[0]>;

  test("names itself and describes the rules that found something", () => {
    expect(log.version).toBe("2.1.0");
    expect(run.columnKind).toBe("utf16CodeUnits");
    expect(run.tool.driver).toMatchObject({ name: "MicroVM Lens", semanticVersion: "1.2.3" });
    expect(run.tool.driver.rules?.map(({ id }) => id)).toEqual(["size-unit-suspicious", "size-differs-from-image"]);
    for (const result of run.results ?? []) {
      expect(run.tool.driver.rules?.[result.ruleIndex as number]?.id).toBe(result.ruleId);
    }
  });

  test("places results by percent-encoded relative URIs", () => {
    const location = run.results?.[0]?.locations?.[0]?.physicalLocation;
    expect(location?.artifactLocation?.uri).toBe("%E4%B8%AD%E6%96%87%20guest.nix");
    expect(location?.region).toEqual({ startLine: 3, startColumn: 20, endLine: 3, endColumn: 24 });
    expect(run.results?.map(({ level }) => level)).toEqual(["warning", "note"]);
    expect(run.results?.[0]?.relatedLocations).toHaveLength(1);
  });

  test("uses file URIs outside of the working directory", () => {
    const elsewhere: Log = JSON.parse(sarif(report, { ...options, cwd: "/else", roots: [] }));
    expect(elsewhere.runs[0]?.artifacts?.[0]?.location?.uri).toBe("file:///lab/%E4%B8%AD%E6%96%87%20guest.nix");
  });

  test("carries edits as replacements", () => {
    expect(run.results?.[0]?.fixes).toEqual([
      {
        description: { text: "Set size to 512" },
        artifactChanges: [
          {
            artifactLocation: { uri: "%E4%B8%AD%E6%96%87%20guest.nix" },
            replacements: [
              {
                deletedRegion: { startLine: 3, startColumn: 20, endLine: 3, endColumn: 24 },
                insertedContent: { text: "512" },
              },
            ],
          },
        ],
      },
    ]);
  });
});
