import { expect, test } from "vitest";
import { operationsOn } from "../../server/src/features/row-operations.ts";
import type { Volume } from "../../server/src/microvm/model.ts";
import { fakeHosts } from "../harness/fake-disk.ts";

const path = "/var/lib/microvms/web/data.img";
const volume = {
  sizeMiB: { state: "set", value: 20480 },
  label: { state: "set", value: null },
} as unknown as Volume;

async function operations(line: string): Promise<readonly string[]> {
  const [host] = fakeHosts([`${path} raw 20GiB ${line}`]);
  const facts = await host?.probe.observe({ stateDir: "/var/lib/microvms", paths: [path], directories: [] });
  const image = facts?.images.get(path);
  if (!facts || image?.state !== "seen") throw new Error("no image");
  return Object.keys(operationsOn({ facts, path, image, seen: image.value }, volume));
}

test("a row offers to give space back where it is much, and where that would not be refused", async () => {
  const wasted = "free=18GiB allocated=14GiB";
  expect(await operations(`ext4 ${wasted}`)).toContain("trim");
  expect(await operations(`xfs ${wasted}`)).toContain("trim");
  expect(await operations(`btrfs ${wasted}`)).not.toContain("trim");
  expect(await operations(`ext4 ${wasted} state=needs-recovery`)).not.toContain("trim");
  expect(await operations(`ext4 ${wasted} links=2`)).not.toContain("trim");
  expect(await operations("ext4 free=18GiB allocated=2GiB")).not.toContain("trim");
  expect(await operations("ext4 allocated=14GiB")).not.toContain("trim");
});
