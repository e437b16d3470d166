import { describe, expect, test } from "vitest";
import type { Observed } from "../../server/src/disk/facts.ts";
import { findMicrovmUser } from "../../server/src/disk/local/accounts.ts";
import type { Machine } from "../../server/src/disk/machine.ts";

const users = "root:x:0:0::/root:/bin/sh\nmicrovm:x:990:990::/var/lib/microvms:/bin/false\n";
const groups = "root:x:0:\nkvm:x:302:microvm\n";

function machine(files: Readonly<Record<string, string>>): Machine {
  const readText = (path: string): Observed<string> => {
    const value = files[path];
    return value === undefined ? { state: "absent" } : { state: "seen", value, by: "test" };
  };
  return { readText } as unknown as Machine;
}

const host = machine({ "/etc/passwd": users, "/etc/group": groups });
const of = (uid: number) => ({ state: "seen", value: { uid }, by: "test" }) as const;
const ids = { state: "seen", value: { uid: 990, gid: 302 } };

describe("whose guests a state directory has", () => {
  test.each([
    { title: "one that belongs to the user", dir: "/srv/vms", owner: of(990), found: ids },
    { title: "the default place, whoever has it", dir: "/var/lib/microvms", owner: of(0), found: ids },
    { title: "the default place, written otherwise", dir: "/var/lib//microvms/", owner: undefined, found: ids },
    { title: "a copy that somebody made", dir: "/home/me/copy", owner: of(1000), found: { state: "absent" } },
    { title: "root's copy", dir: "/srv/vms", owner: of(0), found: { state: "absent" } },
    { title: "one that nobody saw", dir: "/srv/vms", owner: { state: "absent" } as const, found: { state: "absent" } },
  ])("$title", async ({ dir, owner, found }) => {
    expect(await findMicrovmUser(host, dir, owner)).toMatchObject(found);
  });

  test("no such user, and an entry that is none", async () => {
    const own = "/var/lib/microvms";
    expect(await findMicrovmUser(machine({ "/etc/passwd": "root:x:0:0::/:\n" }), own, of(0))).toEqual({
      state: "absent",
    });
    const broken = await findMicrovmUser(machine({ "/etc/passwd": "microvm:x:many:1::/:\n" }), own, of(0));
    expect(broken).toMatchObject({ state: "unreadable", reason: "malformed" });
  });

  test("without a group kvm, the user's own counts", async () => {
    const found = await findMicrovmUser(machine({ "/etc/passwd": users }), "/var/lib/microvms", of(0));
    expect(found).toMatchObject({ state: "seen", value: { uid: 990, gid: 990 } });
  });
});
