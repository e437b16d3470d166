import { expect, test } from "vitest";
import { conditions } from "../../server/src/forecast/conditions/table.ts";
import { spokenOf } from "../../server/src/microvm/settings.ts";

test("what the conditions speak of is what is evaluated for them", () => {
  const single = new Set(["hypervisor"]);
  const lists = new Map([...spokenOf.lists.keys()].map((list) => [list, new Set<string>()]));
  const ofList = (list: string, name: string) => name !== "" && lists.get(list)?.add(name);
  for (const { when, each, item, twice, without, says, at } of conditions) {
    for (const [name] of when ?? []) single.add(name);
    if (each === undefined) single.add(at);
    else for (const name of [at, twice ?? "", ...(item ?? []).map(([of]) => of)]) ofList(each, name);
    if (without) {
      const [list, ...tests] = without;
      for (const [name] of tests) ofList(list, name);
    }
    for (const [, name = ""] of says.matchAll(/\{(\w+)\}/g)) {
      if (each !== undefined && !spokenOf.single.has(name)) ofList(each, name);
      else single.add(name);
    }
  }
  // It is no option of microvm.nix, and read apart.
  single.delete("nix.optimise.automatic");
  expect([...spokenOf.single].sort()).toEqual([...single].sort());
  const sorted = (of: ReadonlyMap<string, ReadonlySet<string>>) =>
    [...of].map(([list, names]) => [list, [...names].sort()]);
  expect(sorted(spokenOf.lists)).toEqual(sorted(lists));
});
