import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import parse from "parse-prometheus-text-format";
import { describe, expect, test } from "vitest";
import { prometheusText } from "../../server/src/metrics/prometheus.ts";
import type { VolumeNumbers } from "../../server/src/metrics/volumes.ts";

/** From Prometheus itself, where it is there (`PROMTOOL=…`, or Debian's package prometheus). */
const promtool = process.env["PROMTOOL"] ?? "promtool";

const volume: VolumeNumbers = {
  guest: "web",
  image: "data.img",
  path: null,
  mountPoint: "/data",
  declaredBytes: 2048,
  virtualBytes: 1024,
  allocatedBytes: 512,
  filesystemBytes: 1000,
  usedBytes: 200,
  availableBytes: 800,
  inodes: { total: 64, free: 50 },
  differs: new Set(["size"]),
  outcome: "reuse",
  broken: false,
};

const unknown: VolumeNumbers = {
  ...volume,
  image: 'a"b\\c\nd\u202e 中文.img',
  mountPoint: null,
  virtualBytes: null,
  usedBytes: null,
  availableBytes: null,
  inodes: null,
  differs: new Set(),
  outcome: "unknown",
};

const numbers = {
  guests: [
    { guest: "web", verdict: "starts-but" as const, volumes: [volume, unknown] },
    { guest: "empty", verdict: "starts" as const, volumes: [] },
  ],
  stateDirectory: { sizeBytes: 5000, availableBytes: null },
  at: 1_764_547_200,
  fullIn: (each: VolumeNumbers) => (each === volume ? 86_400.5 : null),
};

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

  test.skipIf(spawnSync(promtool, ["--version"]).status !== 0)("promtool has nothing to object", () => {
    const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], {
      input: prometheusText(numbers),
      encoding: "utf8",
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
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

  test.skipIf(spawnSync(promtool, ["--version"]).status !== 0)("promtool takes the rules", () => {
    expect(spawnSync(promtool, ["check", "rules", join(folder, "alerts.yaml")]).status).toBe(0);
  });
});
