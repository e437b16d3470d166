import { describe, expect, test } from "vitest";
import type { Declarations, Field, Guest, Volume } from "../../server/src/microvm/model.ts";
import type { NixAnswer, NixGuest, NixVolume } from "../../server/src/second-opinion/answer.ts";
import { compare } from "../../server/src/second-opinion/compare.ts";

const set = <T>(value: T) => ({ state: "default", value }) as Field<T>;
const missing = { state: "missing" } as Field<never>;
const notKnown = { state: "unknown" } as unknown as Field<never>;

function volume(more: Partial<Record<keyof Volume, unknown>> = {}): Volume {
  return {
    image: set("a.img"),
    sizeMiB: set(64),
    mountPoint: set("/a"),
    conditional: null,
    ...more,
  } as unknown as Volume;
}

function ours(guest: Partial<Record<keyof Guest, unknown>> = {}, complete = true): Declarations {
  const usual = {
    name: "vm",
    host: null,
    hostName: set("vm"),
    hypervisor: set("qemu"),
    writableStoreOverlay: set(null),
    volumes: [volume()],
    volumesOpen: null,
  };
  return { hosts: [], guests: [{ ...usual, ...guest }], problems: [], complete } as unknown as Declarations;
}

function theirs(guest: Partial<NixGuest> = {}): NixAnswer {
  const usual: NixGuest = {
    hostName: { value: "vm" },
    hypervisor: { value: "qemu" },
    writableStoreOverlay: { value: null },
    volumes: { value: [{ image: { value: "a.img" }, size: { value: 64 }, mountPoint: { value: "/a" } }] },
  };
  return { vm: { guest: { ...usual, ...guest }, vms: {}, stateDir: null } };
}

const nixVolume = (more: NixVolume): Partial<NixGuest> => ({ volumes: { value: [more] } });
const told = (declarations: Declarations, answer: NixAnswer) => {
  const { equal, unknown, differences } = compare(declarations, answer);
  return {
    equal,
    unknown: unknown.map(({ what }) => what),
    differences: differences.map(({ what, ours: o, nix }) => [what, o, nix]),
  };
};

describe("what real Nix says is held against what we say", () => {
  test("all is alike, and every value was compared", () => {
    expect(told(ours(), theirs())).toEqual({ equal: 6, unknown: [], differences: [] });
    expect(compare(ours(), theirs()).guests).toBe(1);
  });

  const differences: readonly [string, Declarations, NixAnswer, readonly unknown[]][] = [
    ["a size", ours(), theirs(nixVolume({ size: { value: 65 } })), ["volumes[0].size", 64, 65]],
    ["an image", ours(), theirs(nixVolume({ image: { value: "b.img" } })), ["volumes[0].image", "a.img", "b.img"]],
    ["a name", ours(), theirs({ hostName: { value: "other" } }), ["hostName", "vm", "other"]],
    ["a hypervisor", ours(), theirs({ hypervisor: { value: "crosvm" } }), ["hypervisor", "qemu", "crosvm"]],
    ["an overlay", ours(), theirs({ writableStoreOverlay: { value: "/x" } }), ["writableStoreOverlay", null, "/x"]],
    ["a volume more", ours(), theirs({ volumes: { value: [] } }), ["volumes", 1, 0]],
    ["no value here", ours({ hostName: missing }), theirs(), ["hostName", undefined, "vm"]],
    ["a guest that is not here", ours({ name: "other" }), theirs(), ["guest", undefined, "declared"]],
    ["a guest of another host", ours({ host: "atlas" }), theirs(), ["guest", undefined, "declared"]],
  ];
  test.each(differences)("%s", (_, declarations, answer, difference) => {
    expect(told(declarations, answer).differences).toEqual([difference]);
  });

  const unknowns: readonly [string, Declarations, NixAnswer, string][] = [
    ["a value that is not known here", ours({ hypervisor: notKnown }), theirs(), "hypervisor"],
    ["of a volume", ours({ volumes: [volume({ sizeMiB: notKnown })] }), theirs(), "volumes[0].size"],
    ["volumes that may be more", ours({ volumes: [], volumesOpen: {} }), theirs(), "volumes"],
    ["a volume under a condition", ours({ volumes: [volume(), volume({ conditional: {} })] }), theirs(), "volumes"],
    ["a guest that was not reached", ours({ name: "other" }, false), theirs(), "guest"],
  ];
  test.each(unknowns)("nobody is accused by %s", (_, declarations, answer, what) => {
    expect(told(declarations, answer)).toMatchObject({ differences: [], unknown: [what] });
  });

  test("what Nix could not evaluate is not compared", () => {
    const none = { hostName: null, hypervisor: null, writableStoreOverlay: null, volumes: null };
    expect(told(ours(), theirs(none))).toEqual({ equal: 0, unknown: [], differences: [] });
  });

  test("guests of a host are looked for on that host", () => {
    const guest = theirs()["vm"]?.guest as NixGuest;
    const answer: NixAnswer = { atlas: { guest: null, vms: { vm: guest, none: null }, stateDir: null } };
    expect(told(ours({ host: "atlas" }), answer)).toEqual({ equal: 6, unknown: [], differences: [] });
    expect(told(ours(), answer).differences).toEqual([["guest", undefined, "declared"]]);
  });
});
