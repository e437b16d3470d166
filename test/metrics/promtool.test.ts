import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prometheusText } from "../../server/src/metrics/prometheus.ts";
import { numbers } from "./sample.ts";

/** From Prometheus itself (`PROMTOOL=…`, or Debian's package prometheus): on demand, as it starts a service where it installs. */
const promtool = process.env["PROMTOOL"] ?? "promtool";
const folder = join(import.meta.dirname, "../../examples/monitoring");

test("promtool has nothing to object", () => {
  const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], {
    input: prometheusText(numbers),
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("promtool takes the rules", () => {
  expect(spawnSync(promtool, ["check", "rules", join(folder, "alerts.yaml")]).status).toBe(0);
});
