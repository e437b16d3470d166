import { afterEach, expect, test, vi } from "vitest";
import { Engine } from "../../server/src/engine/engine.ts";
import { sizeUnitSuspicious } from "../../server/src/rules/size-unit-suspicious.ts";
import { loadEngine } from "../../server/src/server/answers.ts";
import { testParser } from "../harness/memory-files.ts";
import { run } from "./run.ts";
import { workspace } from "./workspace.ts";

const module = `{
  microvm.hypervisor = "qemu";
  microvm.volumes = [ { image = "data.img"; mountPoint = "/var"; size = 0; } ];
}
`;

afterEach(() => vi.restoreAllMocks());

function breakOneRule(): void {
  vi.spyOn(sizeUnitSuspicious as Extract<typeof sizeUnitSuspicious, { check: unknown }>, "check").mockImplementation(
    () => {
      throw new Error("broken on purpose");
    },
  );
}

test("a rule that throws is told once with its stack, the others report, and the exit code is 2", async () => {
  breakOneRule();
  const cwd = workspace({ "web.nix": module });
  const { code, out, err } = await run(["check", "--format", "json", "--fail-on", "never", "web.nix"], { cwd });
  expect(code).toBe(2);
  expect(err.match(/the rule size-unit-suspicious failed/g)).toHaveLength(1);
  expect(err).toMatch(/broken on purpose\n +at /);
  expect(JSON.parse(out).findings.map(({ rule }: { rule: string }) => rule)).toContain("size-below-minimum");
});

test("in the chosen language", async () => {
  breakOneRule();
  const cwd = workspace({ "web.nix": module });
  const { err } = await run(["check", "--locale", "zh-cn", "web.nix"], { cwd });
  expect(err).toContain("规则 size-unit-suspicious 运行失败");
});

test("the server's engine tells of it once, however often the file is judged", async () => {
  breakOneRule();
  const folder = workspace({ "web.nix": module });
  const told: string[] = [];
  const engine = await loadEngine([folder], { hosts: [], rules: {} }, { tell: (words) => told.push(words) });
  try {
    for (const text of [module, `${module}\n`, `${module}\n\n`]) {
      engine.setDocument(`${folder}/web.nix`, text);
      expect((await engine.snapshot()).findings.map(({ rule }) => rule)).toContain("size-below-minimum");
    }
  } finally {
    engine.dispose();
  }
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("broken on purpose");
});

test("an engine without a listener lets tests see the error", async () => {
  breakOneRule();
  const folder = workspace({ "web.nix": module });
  const engine = new Engine({ parser: await testParser(), roots: [folder], settings: { hosts: [], rules: {} } });
  engine.setDocument(`${folder}/web.nix`, module);
  await expect(engine.snapshot()).rejects.toThrow("broken on purpose");
  engine.dispose();
});
