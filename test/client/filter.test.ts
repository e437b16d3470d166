import { expect, it } from "vitest";
import { onlyProblems } from "../../client/src/filter.ts";
import type { GuestItem, Overview, Severity, VolumeItem } from "../../client/src/overview-types.ts";

const volume = (image: string, severity: Severity | null): VolumeItem => ({
  image,
  path: `/var/lib/microvms/${image}`,
  state: "seen",
  declaredMiB: 1,
  mountPoint: null,
  bytes: 1,
  allocatedBytes: 1,
  usedPercent: null,
  trend: null,
  giveBackBytes: null,
  nextStart: null,
  operations: {},
  problems: [],
  severity,
  location: null,
  notJudged: [],
});
const guest = (name: string, severity: Severity | null, volumes: VolumeItem[] = []): GuestItem => ({
  name,
  running: null,
  severity,
  volumes,
  location: null,
  notJudged: [],
});
const disk = {
  host: "atlas",
  stateDir: "/var/lib/microvms",
  found: true,
  takenAtMs: 0,
  watched: true,
  freeBytes: null,
  totalBytes: null,
  undeclared: [],
};
const overview = (guests: GuestItem[]): Overview => ({
  hosts: [
    { name: "atlas", guests, location: null },
    { name: "idle", guests: [guest("fine", null)], location: null },
  ],
  unseen: [],
  disks: [disk],
  notJudged: { summary: null, lines: [] },
  counts: { hint: 0, information: 0, warning: 0, error: 0 },
});

it("leaves guests and volumes with warnings and errors, and what holds them", () => {
  const all = overview([
    guest("web", "warning", [volume("a.img", "warning"), volume("b.img", null), volume("c.img", "hint")]),
    guest("broken", "error"),
    guest("told", "information", [volume("d.img", "information")]),
  ]);
  const shown = onlyProblems(all);
  const names = shown.hosts.map(({ name, guests }) => [
    name,
    guests.map((each) => [each.name, each.volumes.map(({ image }) => image)]),
  ]);
  expect(names).toEqual([
    [
      "atlas",
      [
        ["web", ["a.img"]],
        ["broken", []],
      ],
    ],
  ]);
  expect(shown.disks).toEqual([disk]);
});

it("leaves nothing where everything is in order", () => {
  expect(onlyProblems(overview([guest("fine", null)])).hosts).toEqual([]);
});
