import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Ajv } from "ajv";
import type { Log, Region, Result } from "sarif";
import { describe, expect, test } from "vitest";
import { writeExampleImage } from "../../scripts/write-example-image.mjs";
import { checkReport } from "../../server/src/cli/check/check-report.ts";
import { sarif } from "../../server/src/cli/formats/sarif.ts";
import { run } from "./run.ts";
import { snapshotOf } from "./snapshots.ts";
import { exampleWorkspace, workspace } from "./workspace.ts";

/**
 * The schema of SARIF 2.1.0 as schemastore.org publishes it (2.1.0-rtm.5), out of Microsoft's package of matchers. It is
 * of draft 4, of which it uses nothing that later drafts read otherwise but the name of `id`.
 */
const {
  $schema: _,
  id: __,
  ...schema
} = createRequire(import.meta.url)("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const uriCharacters = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const validate = new Ajv({
  allErrors: true,
  strict: false,
  unicodeRegExp: false,
  formats: {
    uri: (text) => uriCharacters.test(text) && URL.canParse(text),
    "uri-reference": (text) => uriCharacters.test(text) && !/^[^/?#]*[^A-Za-z0-9+.\-/?#:][^/?#]*:/.test(text),
    "date-time": (text) => !Number.isNaN(Date.parse(text)),
  },
}).compile(schema);

function errorsOf(log: unknown): readonly string[] {
  validate(log);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || "/"} ${message ?? ""}`);
}

async function sarifOf(cwd: string, args: readonly string[] = []): Promise<Log> {
  const { out } = await run(["check", "--format", "sarif", ...args], { cwd });
  return JSON.parse(out);
}

const results = (log: Log): readonly Result[] => log.runs.flatMap((each) => each.results ?? []);

/** Every region of a log, wherever it stands. */
function* regions(node: unknown): Generator<Region> {
  if (typeof node !== "object" || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === "region" || key === "deletedRegion") yield value as Region;
    yield* regions(value);
  }
}

const volume = (more: string) => `{
  microvm.hypervisor = "qemu";
  microvm.volumes = [ { image = "data.img"; mountPoint = "/var"; ${more} } ];
}
`;
/** Names that a URI must not carry as they are. */
const oddNames = [
  "中文 guest.nix",
  "a%20b#c?.nix",
  "back\\slash.nix",
  'quo"te.nix',
  "colon:1.nix",
  "[x]&'!~.nix",
  "🚀.nix",
];

describe("SARIF output against the published schema", () => {
  test("the schema does refuse", async () => {
    const log = await sarifOf(workspace({ "web.nix": volume("size = 0;") }), ["web.nix"]);
    expect(results(log).length).toBeGreaterThan(0);
    expect(errorsOf(log)).toEqual([]);
    const broken = structuredClone(log) as unknown as { runs: { tool?: unknown; artifacts: { location: object }[] }[] };
    delete broken.runs[0]?.tool;
    Object.assign(broken.runs[0]?.artifacts[0]?.location ?? {}, { uri: "a b.nix" });
    expect(errorsOf(broken)).toEqual([
      "/runs/0 must have required property 'tool'",
      '/runs/0/artifacts/0/location/uri must match format "uri-reference"',
    ]);
  });

  test("findings in several files with odd names, which its URIs lead to", async () => {
    const cwd = workspace(Object.fromEntries(oddNames.map((name) => [name, volume("size = 0;")])));
    const log = await sarifOf(cwd, oddNames);
    expect(errorsOf(log)).toEqual([]);
    const base = pathToFileURL(`${cwd}/`);
    const named = results(log).map(({ locations }) => {
      const { artifactLocation } = locations?.[0]?.physicalLocation ?? {};
      return fileURLToPath(new URL(artifactLocation?.uri ?? "", base));
    });
    expect([...new Set(named)].sort()).toEqual(oddNames.map((name) => join(cwd, name)).sort());
  });

  test("files outside of the working directory are absolute URIs", async () => {
    const snapshot = snapshotOf({ "/lab/中文 #1.nix": "{ size = 2048; }\n" }, [{ at: "2048", message: "m" }]);
    const options = { cwd: "/else", roots: [], version: "1.2.3", rules: [], allowed: null, lines: () => null };
    const log: Log = JSON.parse(sarif(checkReport(snapshot, "en"), options));
    expect(errorsOf(log)).toEqual([]);
    expect(log.runs[0]?.artifacts?.[0]?.location?.uri).toBe("file:///lab/%E4%B8%AD%E6%96%87%20%231.nix");
  });

  test("related places, edits, operations and what a comment allows", async () => {
    const cwd = exampleWorkspace();
    mkdirSync(join(cwd, "state/build"), { recursive: true });
    await writeExampleImage({ path: join(cwd, "state/build/nix-store-overlay.img"), sizeMiB: 512 });
    const text = `{
  microvm.hypervisor = "qemu";
  microvm.volumes = [
    # microvm-lens: allow size-below-minimum made by hand
    { image = "a.img"; mountPoint = "/a"; size = 0; }
    # microvm-lens: allow image-shared
    { image = "b.img"; mountPoint = "/a"; size = 512; fsType = "ext5"; }
  ];
}
`;
    const logs = [await sarifOf(cwd, ["--state-dir", "state"]), await sarifOf(workspace({ "x.nix": text }), ["x.nix"])];
    for (const log of logs) {
      expect(errorsOf(log)).toEqual([]);
      // The standard's own text (3.30.5) asks for one of these; later printings of the schema do, too.
      for (const region of regions(log)) expect(region.startLine).toBeGreaterThan(0);
    }
    expect(results(logs[0] as Log).map(({ ruleId }) => ruleId)).toContain("size-differs-from-image");
    const found = results(logs[1] as Log);
    expect(found.map(({ ruleId }) => ruleId)).not.toContain("size-below-minimum");
    expect(found.some(({ relatedLocations }) => (relatedLocations ?? []).length > 0)).toBe(true);
    expect(found.some(({ fixes }) => (fixes ?? []).length > 0)).toBe(true);
  });

  test("no findings at all", async () => {
    const log = await sarifOf(workspace({ "web.nix": volume('size = 1024; label = "var";') }), ["web.nix"]);
    expect(errorsOf(log)).toEqual([]);
    expect(log.runs[0]?.results).toEqual([]);
  });

  test("findings that a comment allows are left out, and are suppressed with a reason where they are wanted", async () => {
    const cwd = workspace({
      "web.nix": `{
  microvm.volumes = [
    { image = "a.img"; mountPoint = "/a"; size = 0; } # microvm-lens: allow size-below-minimum made by hand
    { image = "b.img"; mountPoint = "/b"; size = 0; } # microvm-lens: allow size-below-minimum
    { image = "c.img"; mountPoint = "/c"; size = 0; }
  ];
}
`,
    });
    const lines = (log: Log) =>
      results(log).map(({ locations }) => locations?.[0]?.physicalLocation?.region?.startLine);
    const without = await sarifOf(cwd, ["web.nix", "--set", "device-by-position=off"]);
    expect(lines(without)).toEqual([5]);
    expect(results(without)[0]).not.toHaveProperty("suppressions");
    const log = await sarifOf(cwd, ["web.nix", "--with-allowed", "--set", "device-by-position=off"]);
    expect(errorsOf(log)).toEqual([]);
    expect(lines(log)).toEqual([5, 3, 4]);
    expect(results(log).map(({ suppressions }) => suppressions)).toEqual([
      [],
      [{ kind: "inSource", justification: "made by hand" }],
      [{ kind: "inSource" }],
    ]);
    const other = await run(["check", "--with-allowed", "web.nix"], { cwd });
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining("--format sarif") });
  });
});
