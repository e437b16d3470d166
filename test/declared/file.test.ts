import { describe, expect, test } from "vitest";
import { readDeclared } from "../../server/src/declared/file.ts";
import { schemaErrors } from "../cli/schemas.ts";
import { declared, guest, volume } from "./file.ts";

describe("declared.json", () => {
  test("is read as its schema describes it", () => {
    const text = declared("/var/lib/microvms", [guest("web", [volume({ grow: { how: "copy", onFailure: "start" } })])]);
    expect(schemaErrors("declared", JSON.parse(text))).toEqual([]);
    expect(readDeclared(text)).toMatchObject({
      host: "atlas",
      guests: [{ name: "web", directory: "/var/lib/microvms/web", volumes: [{ grow: { mount: false } }] }],
    });
  });

  test.each([
    ["", "it is not JSON"],
    ["[]", "it is not an object"],
    ['{"schema":2,"stateDir":"/x","guests":[]}', "its schema is 2, and this version reads 1"],
    ['{"schema":1,"stateDir":"x","guests":[]}', "stateDir is not an absolute path"],
    [declared("/x", [guest("../etc", [])]), "the name of a guest is not one of a folder"],
    [declared("/x", [guest("web", [volume({ sizeMiB: 0.1 })])]), "the size of data.img is not a number of MiB"],
    [declared("/x", [guest("web", [volume({ renew: "often" })])]), "it.guests[0].volumes[0].renew is not one of"],
  ])("%s is refused in words", (text, why) => {
    expect(readDeclared(text)).toContain(why);
  });
});
