import { describe, expect, test } from "vitest";
import { attached } from "../../server/src/base/attached.ts";

describe("attached", () => {
  test("gives what was set last, of each object its own", () => {
    const names = attached<object, string>();
    const [a, b] = [{}, Object.freeze({})];
    names.set(a, "first");
    names.set(a, "a");
    names.set(b, "b");
    expect([names.get(a), names.get(b), names.get({})]).toEqual(["a", "b", undefined]);
  });

  test("two of them know nothing of each other", () => {
    const [one, other] = [attached<object, number>(), attached<object, number>()];
    const object = {};
    one.set(object, 1);
    expect(other.get(object)).toBeUndefined();
    other.set(object, 2);
    expect(one.get(object)).toBe(1);
  });

  test("leaves no trace on the object, and a copy does not take it along", () => {
    const names = attached<object, string>();
    const object = { a: 1 };
    names.set(object, "name");
    expect(Reflect.ownKeys(object)).toEqual(["a"]);
    expect(object).toEqual({ a: 1 });
    expect(names.get({ ...object })).toBeUndefined();
  });
});
