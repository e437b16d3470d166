import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import parse from "parse-prometheus-text-format";
import { describe, expect, test } from "vitest";
import { prometheusText } from "../../server/src/metrics/prometheus.ts";
import { numbers } from "./sample.ts";

describe("the text for Prometheus", () => {
  test("is read by a parser that is not ours, with every number and label", () => {
    const families = parse(prometheusText(numbers));
    const of = (name: string) => families.find((family) => family.name === name)?.metrics;
    expect(of("microvm_volume_declared_bytes")).toEqual([
      { value: "2048", labels: { guest: "web", image: "data.img", mountpoint: "/data" } },
      { value: "2048", labels: { guest: "web", image: 'a"b\\c\\nd\\u{202e} 中文.img', mountpoint: "" } },
    ]);
    expect(of("microvm_volume_virtual_bytes")).toHaveLength(1);
    expect(of("microvm_volume_full_in_seconds")).toMatchObject([{ value: "86400.5" }]);
    expect(of("microvm_volume_mismatch")?.map(({ value }) => value)).toEqual(["1", "0", "0", "0", "0", "0"]);
    expect(of("microvm_volume_next_start_info")).toMatchObject([
      { labels: { outcome: "reuse" } },
      { labels: { outcome: "unknown" } },
    ]);
    expect(of("microvm_guest_next_start_info")).toMatchObject([
      { labels: { guest: "web" } },
      { labels: { guest: "empty" } },
    ]);
    // What is not known has no sample, and a family without one is not there.
    expect(of("microvm_state_directory_available_bytes")).toBeUndefined();
    for (const { type, help } of families)
      expect([type, help.endsWith(".") || help.endsWith("1")]).toEqual(["GAUGE", true]);
  });

  test("keeps the conventions: prefix, base units, plain names and labels, no time of ours", () => {
    const text = prometheusText(numbers);
    for (const { name, metrics } of parse(text)) {
      expect(name).toMatch(/^microvm_[a-z_]+$/);
      expect(name).not.toMatch(/_(total|count|sum|bucket|mib|gib|mb|days|hours|percent|ms)(_|$)/);
      for (const { labels } of metrics)
        for (const label of Object.keys(labels ?? {})) expect(label).toMatch(/^[a-z]+$/);
    }
    expect(text.endsWith("\n")).toBe(true);
    expect(JSON.stringify(parse(text))).not.toContain("timestamp_ms");
  });
});

describe("examples/monitoring", () => {
  const folder = join(dirname(dirname(import.meta.dirname)), "examples", "monitoring");
  const known = new Set(
    parse(prometheusText({ ...numbers, stateDirectory: { sizeBytes: 1, availableBytes: 1 } })).map(({ name }) => name),
  );

  test.each(["alerts.yaml", "dashboard.json"])("%s asks for numbers that there are", (file) => {
    const asked = new Set(readFileSync(join(folder, file), "utf8").match(/\bmicrovm_[a-z_]+/g));
    expect(asked.size).toBeGreaterThan(5);
    expect([...asked].filter((name) => !known.has(name))).toEqual([]);
  });
});
