import { describe, expect, test } from "vitest";
import { belongs, matchesGlob } from "../../server/src/engine/matching.ts";
import type { Declarations, Guest } from "../../server/src/microvm/model.ts";

const guest = (name: string, host: string | null) => ({ name, host }) as Guest;
const world = (hosts: string[], guests: Guest[]) =>
  ({ hosts: hosts.map((name) => ({ name })), guests, problems: [], complete: true }) as unknown as Declarations;

describe("which host runs a guest", () => {
  const here = { name: "laptop" };

  test("a guest that no host declares may be on the only host there is", () => {
    const web = guest("web", null);
    expect(belongs(web, here, [here], world([], [web]))).toBe("declared");
  });

  test("with several hosts it counts where its directory is", () => {
    const web = guest("web", null);
    const hosts = [{ name: "a" }, { name: "b" }];
    expect(belongs(web, { name: "a" }, hosts, world([], [web]))).toBe("by-directory");
  });

  test("a declared host is itself and nobody else", () => {
    const web = guest("web", "a");
    const declared = world(["a", "b"], [web]);
    const hosts = [{ name: "a" }, { name: "b" }];
    expect(belongs(web, { name: "a" }, hosts, declared)).toBe("declared");
    expect(belongs(web, { name: "b" }, hosts, declared)).toBe("no");
  });

  test("on a machine of another name, a guest of two hosts is left alone: it could be either", () => {
    const [a, b] = [guest("web", "a"), guest("web", "b")];
    expect(belongs(a, here, [here], world(["a", "b"], [a, b]))).toBe("no");
    expect(belongs(a, here, [here], world(["a", "b"], [a]))).toBe("declared");
  });

  test("two checkouts of one configuration are one host", () => {
    const [main, worktree] = [guest("web", "a"), guest("web", "a")];
    const declared = world(["a", "a"], [main, worktree]);
    expect(belongs(main, here, [here], declared)).toBe("declared");
    expect(belongs(worktree, here, [here], declared)).toBe("declared");
  });

  test("`guests` of the setting limits a host", () => {
    const web = guest("web-1", null);
    const some = (...guests: string[]) => ({ name: "a", guests });
    expect(belongs(web, some("db-*", "web-?"), [some()], world([], [web]))).toBe("declared");
    expect(belongs(web, some("db-*"), [some()], world([], [web]))).toBe("no");
  });
});

test.each([
  ["web", "web", true],
  ["web", "w*b", true],
  ["web", "*", true],
  ["web", "w?", false],
  ["a.b", "a?b", true],
  ["a+b", "a+b", true],
  ["", "*", true],
  ["aaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*c", false],
])("%s matches %s: %s", (name, pattern, expected) => {
  expect(matchesGlob(name, pattern)).toBe(expected);
});
