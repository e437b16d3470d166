import { describe, expect, it } from "vitest";
import { render } from "../../server/src/base/text.ts";
import { optionMarkdown } from "../../server/src/features/options/documentation.ts";
import { keeperDescription, keeperOptions } from "../../server/src/microvm/options/keeper.ts";
import { optionAt } from "../../server/src/microvm/options/table.ts";
import { proposedAt } from "./completing.ts";

const host = (module: string): string => `{
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { nixpkgs, microvm, microvm-lens, ... }: {
    nixosConfigurations.atlas = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host microvm-lens.nixosModules.default (${module}) ];
    };
  };
}`;
const labels = async (module: string) => (await proposedAt(host(module))).map(({ item }) => item.label);

describe("options of services.microvm-lens", () => {
  it("are proposed at every depth, and nothing of microvm.nix beside them", async () => {
    expect(await labels("{ services.microvm-lens = { | }; }")).toEqual(
      expect.arrayContaining(["enable", "grow", "guard", "ephemeral", "watch", "gate", "prune", "keep", "package"]),
    );
    expect((await labels("{ services.microvm-lens.grow.| }")).sort()).toEqual([
      "enable",
      "how",
      "mountOnHost",
      "onFailure",
    ]);
    expect(await labels("{ services.microvm-lens.guests.web.| }")).toEqual(["grow", "volumes"]);
    expect((await labels('{ services.microvm-lens.guests.web.volumes."data.img" = { | }; }')).sort()).toEqual([
      "grow",
      "renew",
    ]);
    expect(await labels("{ services.microvm-lens = { enable = true; | }; }")).not.toContain("enable");
  });

  it("come with the values that they take", async () => {
    expect(await labels("{ services.microvm-lens.grow.onFailure = | }")).toEqual(["start", "refuse"]);
    expect(await labels("{ services.microvm-lens.guard.enable = | }")).toEqual(["true", "false"]);
    expect(await labels('{ services.microvm-lens.guests.web.volumes."data.img".renew = "|"; }')).toEqual([
      "never",
      "start",
      "change",
    ]);
  });

  it("are explained in both languages", () => {
    const option = optionAt(["services", "microvm-lens", "guests", "web", "grow", "onFailure"]);
    expect(option?.name).toBe("services.microvm-lens.guests.<name>.grow.onFailure");
    for (const each of keeperOptions) {
      const text = keeperDescription(each.name);
      expect([each.name, text?.en.endsWith("."), /[\u4e00-\u9fff]/.test(text?.["zh-cn"] ?? "")]).toEqual([
        each.name,
        true,
        true,
      ]);
      expect(optionMarkdown(each, "zh-cn")).toContain(text?.["zh-cn"]);
      expect(render({ id: "x", template: text as NonNullable<typeof text>, args: {} }, "en")).not.toContain("{");
    }
  });
});
