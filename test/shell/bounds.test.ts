import { describe, expect, it } from "vitest";
import { render, verbatim } from "../../server/src/base/text.ts";
import { play } from "../../server/src/shell/play.ts";
import { Files, presentDirectory } from "../../server/src/shell/state/files.ts";
import { shellParser } from "./parser.ts";

const directory = "/var/lib/microvms/a";

async function why(script: string): Promise<string> {
  const parser = await shellParser();
  const others = { exists: "maybe", why: verbatim("?"), plain: () => true } as const;
  const { ways } = play(
    [script],
    {
      parser,
      directory,
      user: { root: true, names: ["root"], groups: ["root"] },
      commands: "all",
      otherPrograms: "found",
      arguments: [],
      name: "script",
      options: { errexit: false, nounset: false, pipefail: false },
    },
    new Files([[directory, presentDirectory(false)]], others),
  );
  return ways.map((way) => (way.why ? render(way.why, "en") : "")).join("\n");
}

// What is known of the ways through a script is compared and copied at each step: that is part of what a script may take.
describe("a script is followed only so far", () => {
  it("when it does ever more", async () => {
    const script = `${"for i in 1 2 3 4 5 6 7 8 9; do ".repeat(20)}rm a.img${"; done".repeat(20)}`;
    expect(await why(script)).toContain("too many steps");
  });

  it("when it asks for ever more files", async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `if [ -e /x${i} ]; then rm /x; fi`);
    expect(await why(lines.join("\n"))).toContain("too many steps");
  });

  it("but as far as people write them", async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `if [ -e /x${i} ]; then rm -f /y${i}; fi`);
    expect(await why(lines.join("\n"))).not.toContain("too many steps");
  });
});
