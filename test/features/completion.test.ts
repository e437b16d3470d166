import { describe, expect, it } from "vitest";
import { allOptions } from "../../server/src/microvm/options/table.ts";
import { guest, places, proposedAt } from "./completing.ts";

const labels = async (marked: string) => (await proposedAt(marked)).map(({ item }) => item.label);
const at = (place: keyof typeof places) => places[place] as string;

describe("names", () => {
  it("begin with what people set most", async () => {
    const common = ["hypervisor", "interfaces", "mem", "shares", "vcpu", "volumes"];
    expect((await labels(at("an empty set"))).slice(0, 6).sort()).toEqual(common);
    expect((await labels(at("a dotted name"))).slice(0, 6).sort()).toEqual(common);
    const volume = (await labels(at("a volume"))).slice(0, 6);
    expect(volume.slice(0, 3).sort()).toEqual(["image", "mountPoint", "size"]);
    expect(volume.sort()).toEqual(["autoCreate", "fsType", "image", "label", "mountPoint", "size"]);
  });

  it("leave out what is there, before the cursor and behind it", async () => {
    const shown = await labels(at("a set with something"));
    expect(shown).not.toContain("mem");
    expect(shown).not.toContain("hypervisor");
    expect(shown).toContain("vcpu");
    const volume = await labels(at("a volume with something"));
    expect(volume).not.toContain("image");
    expect(volume).not.toContain("size");
    expect(volume).toContain("mountPoint");
    // What another volume has is missing in this one.
    const second = guest('{ microvm.volumes = [ { image = "a.img"; size = 5; } { | } ]; }');
    expect(await labels(second)).toEqual(expect.arrayContaining(["image", "size"]));
    const dotted = await labels(guest("{ microvm.mem = 5; microvm.| }"));
    expect(dotted).not.toContain("mem");
    // A set of options may be opened again, with what is left of it.
    expect(await labels(guest("{ microvm.qemu.extraArgs = [ ]; microvm.| }"))).toContain("qemu");
    expect(await labels(guest("{ microvm.qemu.extraArgs = [ ]; microvm.qemu.| }"))).not.toContain("extraArgs");
  });

  it("are those of the side where they stand, and nothing internal", async () => {
    const inGuest = await labels(at("an empty set"));
    for (const name of ["vms", "stateDir", "host", "autostart", "declaredRunner", "runner"])
      expect(inGuest).not.toContain(name);
    const inHost = await labels(at("a host"));
    expect(inHost).toEqual(expect.arrayContaining(["stateDir", "autostart", "host"]));
    expect(inHost).not.toContain("mem");
    expect(inHost).not.toContain("volumes");
    expect(await labels(at("a guest"))).toEqual(expect.arrayContaining(["config", "autostart"]));
  });

  it.each(Object.entries(places))("come once each in %s", async (_, marked) => {
    const shown = await labels(marked);
    expect(shown.length).toBeGreaterThan(0);
    expect(new Set(shown).size).toBe(shown.length);
  });
});

describe("what is accepted", () => {
  const accepted = async (marked: string, label: string) => {
    const found = (await proposedAt(marked)).find(({ item }) => item.label === label);
    if (found?.item.textEdit === undefined) throw new Error(`no ${label}`);
    return found.item.textEdit.newText;
  };

  it("brings quotation marks, lists of values and brackets by its type", async () => {
    expect(await accepted(at("an empty set"), "hypervisor")).toMatch(
      /^hypervisor = "\$\{1\|qemu,cloud-hypervisor,.*\|\}";$/,
    );
    expect(await accepted(at("an empty set"), "mem")).toBe("mem = ${1:512};");
    expect(await accepted(at("an empty set"), "balloon")).toBe("balloon = ${1|true,false|};");
    expect(await accepted(at("an empty set"), "volumes")).toContain('image = "${1:data}.img";');
    expect(await accepted(at("a volume"), "image")).toBe('image = "$1";');
    expect(await accepted(at("a list of volumes"), "volume")).toMatch(/^\{\n\timage = /);
    expect(await accepted(at("a list of shares"), "share")).toContain("tag = ");
    expect(await accepted(at("guests"), "guest")).toMatch(/^\$\{1:web\}\.config = \{\n/);
  });

  it("is the name alone where the value is there", async () => {
    expect(await accepted(guest("{ microvm = { me| = 5; }; }"), "mem")).toBe("mem");
  });

  it("ends the binding where nothing does", async () => {
    expect(await accepted(at("the value of an enumeration"), "qemu")).toBe('"qemu";');
    expect(await accepted(at("the value of one with its semicolon"), "qemu")).toBe('"qemu"');
    expect(await accepted(at("the value in quotation marks"), "qemu")).toBe("qemu");
  });
});

it("frequencies are of options that there are", async () => {
  const { default: frequencies } = await import("../../server/src/features/options/frequencies.json");
  const names = allOptions.map(({ name }) => name);
  for (const counted of Object.keys(frequencies.counts))
    expect(
      names.some((name) => name === counted || name.startsWith(`${counted}.`)),
      counted,
    ).toBe(true);
});
