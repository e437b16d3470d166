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
  availableBytes: null,
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
  test("draws every number to one scale, and says it in the table", () => {
    const html = show(report());
    expect(html).toContain('<i class="declared" style="width:100.00%">');
    expect(html).toContain('<i class="virtual" style="width:25.00%">');
    expect(html).toContain('<i class="used" style="width:12.50%">');
    for (const words of ["2 GiB", "512 MiB", "20 MiB", "256 MiB", "as of the last commit", "running"]) {
      expect(html).toContain(words);
    }
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
    expect(html.match(/<tbody>/g)).toHaveLength(400);
    expect(html).not.toContain("declared<");
    expect(html.length).toBeLessThan(1_000_000);
  });
});
