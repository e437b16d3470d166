import { describe, expect, test } from "vitest";
import { page } from "../../server/src/report/page.ts";
import type { StorageGuest, StorageReport, StorageVolume } from "../../server/src/report/storage.ts";

const MiB = 1024 * 1024;
const volume: StorageVolume = {
  image: "data.img",
  path: "/var/lib/microvms/web/data.img",
  mountPoint: "/var",
  declaredBytes: 2048 * MiB,
  virtualBytes: 512 * MiB,
  filesystem: "ext4",
  filesystemBytes: 512 * MiB,
  allocatedBytes: 20 * MiB,
  usedBytes: 256 * MiB,
  availableBytes: 200 * MiB,
  percent: 57,
  inodePercent: 3,
  asOf: "commit",
  reclaimableBytes: null,
  past: null,
  state: "seen",
  outcome: "reuse",
  worst: "warning",
  at: null,
};
const guest: StorageGuest = { name: "web", running: true, complete: true, volumes: [volume] };

function report(changes: Partial<StorageReport["hosts"][0]> = {}): StorageReport {
  const host = {
    name: "atlas",
    stateDir: "/var/lib/microvms",
    takenAtMs: 0,
    freeBytes: 100 * MiB,
    totalBytes: 1000 * MiB,
    growthBytes: 492 * MiB,
    guests: [guest],
    undeclared: [],
    ...changes,
  };
  return { hosts: [host], elsewhere: [], findings: [], status: [] };
}

const show = (content: StorageReport, locale: "en" | "zh-cn" = "en") =>
  page(content, { locale, place: ({ file }) => file });

describe("the storage overview", () => {
  test("draws one bar for each volume, and says every number of it", () => {
    const html = show(report());
    expect(html).toContain('<i class="disk" style="width:25.00%">');
    expect(html).toContain('<i class="used" style="width:12.50%">');
    expect(html).toContain('<i class="declared" style="left:100.00%">');
    expect(html).not.toContain('<i class="free" style');
    for (const words of [
      "57 %",
      "256 MiB used, 200 MiB left",
      "2048 MiB",
      "20 MiB",
      "as of the last commit",
      "running",
    ]) {
      expect(html).toContain(words);
    }
  });

  test("hatches what is free in the guest and still taken here, and says it where it is much", () => {
    const wasted = { ...volume, declaredBytes: 4096 * MiB, virtualBytes: 4096 * MiB, usedBytes: 1024 * MiB };
    const html = show(
      report({ guests: [{ ...guest, volumes: [{ ...wasted, reclaimableBytes: 2048 * MiB }] }], growthBytes: 0 }),
    );
    expect(html).toContain('<i class="free" style="left:25.00%;width:50.00%">');
    expect(html).toContain("2 GiB free in the guest, still taken here");
    expect(html).not.toContain('<i class="declared" style');
  });

  test("says how soon a volume is full, with a drawing of how it came to that", () => {
    const samples = [0, 1, 2].map((day) => ({
      at: day * 86_400,
      guest: "web",
      image: "/x",
      usedBytes: day * 100 * MiB,
      availableBytes: (5 - day) * 100 * MiB,
    }));
    const trend = {
      bytesPerDay: 100 * MiB,
      lowBytesPerDay: 90 * MiB,
      highBytesPerDay: 110 * MiB,
      fullIn: { seconds: 3 * 86_400, soonest: 2.7 * 86_400, latest: 3.3 * 86_400 },
      overSeconds: 2 * 86_400,
    };
    const html = show(report({ guests: [{ ...guest, volumes: [{ ...volume, past: { samples, trend } }] }] }));
    expect(html).toContain("full in 3 days");
    expect(html).toContain("fills at 100 MiB a day (full in 2 to 4 days)");
    expect(html).toMatch(/<polyline points="0,11\.0 /);
    const unsure = show(
      report({ guests: [{ ...guest, volumes: [{ ...volume, past: { samples, trend: "unclear" } }] }] }),
    );
    expect(unsure).not.toContain("a day");
  });

  test("begins with what needs attention, and knows the other orders", () => {
    const named = (image: string, more: Partial<StorageVolume>) => ({ ...volume, image, worst: null, ...more });
    const html = show(
      report({
        guests: [
          { ...guest, name: "b", volumes: [named("calm.img", { percent: 10 }), named("full.img", { percent: 95 })] },
          { ...guest, name: "a", volumes: [named("wrong.img", { worst: "error", percent: 20 })] },
          { ...guest, name: "c", volumes: [named("inodes.img", { percent: 30, inodePercent: 99 })] },
        ],
      }),
    );
    const rows = [
      ...html.matchAll(/<li class="(volume[^"]*)" style="--name:(\d+);--full:(\d+)">[\s\S]*?<code>([^<]*)</g),
    ];
    expect(rows.map(([, classes, name, full, image]) => [image, classes?.includes("urgent"), name, full])).toEqual([
      ["wrong.img", true, "0", "2"],
      ["inodes.img", true, "3", "0"],
      ["full.img", true, "2", "1"],
      ["calm.img", false, "1", "3"],
    ]);
    expect(html).toContain("inodes 99 %");
  });

  test("warns when images may outgrow the host", () => {
    expect(show(report())).toContain("100 MiB of 1000 MiB are free. The images may still grow by 492 MiB.");
    expect(show(report())).toContain("more than the host has");
    expect(show(report({ freeBytes: 500 * MiB }))).not.toContain("more than the host has");
    expect(show(report({ freeBytes: null }))).not.toContain("more than the host has");
  });

  test("names undeclared images and guests on no host", () => {
    const html = show({
      ...report({ undeclared: [{ path: "/x/old.img", bytes: 5 * MiB, allocatedBytes: MiB }] }),
      elsewhere: [{ ...guest, name: "far", volumes: [] }],
    });
    expect(html).toContain("<code>/x/old.img</code>");
    expect(html).toContain("Guests on no host that was looked at");
    expect(html).toMatch(/far/);
  });

  test("takes nothing from outside and runs nothing", () => {
    const html = show(report());
    expect(html).not.toMatch(/<script|<link|<img|src=|href="(?!#)|url\(|https?:/);
    expect(html).toContain("default-src 'none'");
  });

  test("escapes names that come from a guest's disk", () => {
    const evil = `"><script>alert('x')</script>\u001b`;
    const html = show({
      ...report({ name: evil, guests: [{ ...guest, name: evil, volumes: [{ ...volume, image: evil, path: evil }] }] }),
      findings: [
        {
          rule: evil,
          severity: "error",
          message: evil,
          notes: [evil],
          fixes: [evil],
          guests: [],
          at: { file: evil, start: 0, end: 0 },
        },
      ],
      status: [evil],
    });
    expect(html).not.toContain("<script");
    expect(html).not.toContain("\u001b");
    expect(html.match(/<[a-z]+ [^>]*alert/g)?.filter((tag) => !tag.includes("&quot;&gt;&lt;script")) ?? []).toEqual([]);
  });

  test("exists in Chinese, and with 400 guests", () => {
    const html = show(
      report({ guests: Array.from({ length: 400 }, (_, index) => ({ ...guest, name: `vm${index}` })) }),
      "zh-cn",
    );
    expect(html).toContain('<html lang="zh-CN">');
    expect(html.match(/<li class="volume/g)).toHaveLength(400);
    expect(html).not.toContain("declared<");
    expect(html.length).toBeLessThan(1_000_000);
  });
});
