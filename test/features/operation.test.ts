import { expect, test } from "vitest";
import { verbatim } from "../../server/src/base/text.ts";
import { argvOn, operationOn } from "../../server/src/features/operation.ts";
import type { Session } from "../../server/src/features/session/session.ts";

const hosts = [
  { name: "here", via: "local" },
  { name: "server1", via: { ssh: "root@server1.example" } },
  { name: "old", via: { snapshot: "/tmp/old.json" } },
] as const;
const session = { settings: { hosts }, locale: "en" } as unknown as Session;
const command = ["image", "move-aside", "/var/lib/microvms/a b/data.img"];

function on(host: string) {
  const fix = { kind: "operation", host, id: "x", title: verbatim("X"), destroys: null, command } as const;
  return operationOn(session, "X", fix);
}

test("an operation is for the host that has the image, however that is reached", () => {
  expect(on("here").arguments).toEqual([{ title: "X", command, destroys: null }]);
  const there = [...command, "--host", "root@server1.example"];
  expect(on("server1").arguments).toEqual([{ title: "X", command: there, destroys: null }]);
});

test("of a host that is known from a snapshot only, the words to run there are shown", () => {
  const { command: name, arguments: [argument] = [] } = on("old");
  expect(name).toBe("microvm-lens.showAdvice");
  expect(argument).toMatchObject({ advice: expect.stringContaining('"/var/lib/microvms/a b/data.img"') });
});

test("an image is worked on where it lies", () => {
  expect(argvOn(session, "here", command)).toEqual(command);
  expect(argvOn(session, "server1", command)?.slice(-2)).toEqual(["--host", "root@server1.example"]);
  expect(argvOn(session, "old", command)).toBeNull();
});
