import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needLoopDevices, needTools } from "../host/tools.ts";
import { blame, disagreements } from "./agreement.ts";
import { type Foretold, foretell } from "./foretell.ts";
import { ScratchHost } from "./host.ts";
import { firstStarts, type Seen, secondStarts } from "./play.ts";
import { secondOf } from "./scenario.ts";
import { inEveryRun, scenarios } from "./scenarios/index.ts";

const ready =
  needLoopDevices() &&
  needTools(
    "qemu-system-x86_64",
    "busybox",
    "depmod",
    "apt-get",
    "setpriv",
    "mkfs.ext4",
    "mkfs.xfs",
    "mkfs.btrfs",
    "mkfs.vfat",
  );

/** `GUESTS=all` plays every scenario; a pattern those whose names it matches. */
const wanted = process.env["GUESTS"];
const played = scenarios.filter(({ name }) =>
  wanted === undefined ? inEveryRun.has(name) : wanted === "all" || new RegExp(wanted).test(name),
);

/** Forecasts are made of images that real guests used, and the serial console of the next start is the judge. */
describe.skipIf(!ready)("the next start of real guests", () => {
  const host = new ScratchHost();
  let foretold: ReadonlyMap<string, Foretold> = new Map();
  let seen: ReadonlyMap<string, Seen> = new Map();

  beforeAll(async () => {
    await firstStarts(host, played);
    host.declare(new Map(played.map((scenario) => [scenario.name, secondOf(scenario)])));
    foretold = await foretell(host);
    seen = await secondStarts(host, played);
  }, 1_800_000);

  afterAll(() => host.dispose());

  it.each(played.map((scenario) => [scenario.name, scenario] as const))("%s: forecast = console", (name, scenario) => {
    expect(disagreements(scenario, foretold.get(name), seen.get(name)).join("\n")).toBe("");
  });

  it("explain-boot names the right link of every guest that did not boot, or none", () => {
    const failed = [...seen].filter(([, { end }]) => end !== "up");
    const blamed = failed.flatMap(([name, each]) => {
      const said = foretold.get(name);
      return said === undefined ? [] : [{ name, log: each.log, ...blame(said, each) }];
    });
    const wrong = blamed.flatMap(({ name, log, wrong }) => wrong.map((each) => `${name}: ${each}\n${log.join("\n")}`));
    expect(wrong.join("\n")).toBe("");
    console.log(
      `${failed.length} starts failed, explain-boot named the link of ${blamed.filter(({ named }) => named).length}`,
    );
  });
});
