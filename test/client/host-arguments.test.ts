import { expect, it } from "vitest";
import { hostArguments } from "../../client/src/host-arguments.ts";

const words = (hosts: unknown, trusted = true) => hostArguments(hosts, "/lab", trusted).join(" ");

it("hands the hosts of the settings to the command line", () => {
  expect(words([])).toBe("");
  expect(words(undefined)).toBe("");
  expect(words([{ name: "a" }])).toBe("--host local");
  expect(words([{ name: "a", stateDir: "state" }])).toBe("--host local --state-dir /lab/state");
  expect(words([{ name: "a", via: { ssh: "root@a" }, stateDir: "/srv/vms" }])).toBe(
    "--host root@a --state-dir /srv/vms",
  );
  expect(
    words([
      { name: "a", via: { ssh: "root@a" } },
      { name: "b", via: { snapshot: "b.json" } },
    ]),
  ).toBe("--host root@a --snapshot /lab/b.json");
});

it("asks no other host without trust, and takes no directory of one host for another", () => {
  expect(words([{ name: "a", via: { ssh: "root@a" }, stateDir: "/srv/vms" }], false)).toBe("");
  expect(words([{ name: "a", stateDir: "state" }, { name: "b" }])).toBe("--host local --host local");
});

it("is not led astray by settings of a wrong form", () => {
  expect(words([null, "a", { via: 3 }, { via: { ssh: 3 } }, { via: null }])).toBe("");
});
