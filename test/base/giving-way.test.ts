import { describe, expect, test } from "vitest";
import { type Attendant, attended, giveWay, giveWayUnharmed, Superseded } from "../../server/src/base/giving-way.ts";

describe("work that gives way", () => {
  test("has others looked after, and goes on", () => {
    let looks = 0;
    const by: Attendant = { everyMs: 0, look: () => ++looks < 0 };
    const work = () => {
      for (let i = 0; i < 3; i++) giveWay();
      return "done";
    };
    expect(attended(by, work)).toBe("done");
    expect(looks).toBe(3);
    expect(attended(null, work)).toBe("done");
    expect(looks).toBe(3);
  });

  test("ends where something newer has come", () => {
    const by: Attendant = { everyMs: 0, look: () => true };
    expect(() => attended(by, giveWay)).toThrow(Superseded);
    // Nothing of it is left for what follows.
    giveWay();
    attended({ everyMs: 0, look: () => false }, giveWay);
  });

  test("is ended where it may be, when it must not be where that is found", () => {
    let came = 0;
    const by: Attendant = { everyMs: 0, look: () => came++ === 0 };
    expect(() =>
      attended(by, () => {
        giveWayUnharmed();
        expect(came).toBe(1);
        giveWay();
      }),
    ).toThrow(Superseded);
  });

  test("what is done for others gives way to nobody", () => {
    let deep = 0;
    const by: Attendant = {
      everyMs: 0,
      look: () => {
        expect(++deep).toBe(1);
        giveWay();
        deep--;
        return false;
      },
    };
    attended(by, () => {
      giveWay();
      giveWay();
    });
  });

  test("inside of other work, the outer one is looked after as before", () => {
    const seen: string[] = [];
    const by = (name: string): Attendant => ({ everyMs: 0, look: () => seen.push(name) < 0 });
    attended(by("outer"), () => {
      attended(by("inner"), giveWay);
      attended(null, giveWay);
      giveWay();
    });
    expect(seen).toEqual(["inner", "outer"]);
  });
});
