import { describe, expect, onTestFinished, test } from "vitest";
import { applyEdits } from "../../server/src/base/edit.ts";
import { render } from "../../server/src/base/text.ts";
import { planGuests, whyOf } from "../../server/src/forecast/plan.ts";
import { openWorkspace } from "../harness/workspace.ts";

const flake = (lens: string, volume = 'image = "data.img"; mountPoint = "/data"; size = 2048;'): string => `{
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  inputs.microvm-lens.url = "github:microvm-lens/microvm-lens";
  outputs = { nixpkgs, microvm, microvm-lens, ... }: {
    nixosConfigurations.atlas = nixpkgs.lib.nixosSystem {
      modules = [
        microvm.nixosModules.host
        microvm-lens.nixosModules.default
        {
          ${lens}
          microvm.vms.web.config = {
            microvm.writableStoreOverlay = "/nix/.rw-store";
            microvm.volumes = [ { ${volume} } { image = "overlay.img"; mountPoint = "/nix/.rw-store"; size = 64; } ];
          };
        }
      ];
    };
  };
}
`;

const disk = ["/var/lib/microvms/web/data.img raw 512MiB ext4", "/var/lib/microvms/web/overlay.img raw 64MiB ext4"];

async function look(source: string) {
  const opened = await openWorkspace([["/flake.nix", source]], { disk });
  onTestFinished(() => opened.dispose());
  const snapshot = await opened.snapshot();
  const volumes = planGuests(snapshot.context).flatMap((plan) => plan.volumes);
  return { snapshot, volumes: volumes.map((each) => `${each.outcome}: ${render(whyOf(each))}`) };
}

describe("services.microvm-lens in the forecast", () => {
  test("grows and renews before the start; nothing is said of an ignored size any more", async () => {
    const before = await look(flake(""));
    expect(before.volumes[0]).toMatch(/^reuse: /);
    expect(before.snapshot.findings.map(({ rule }) => rule)).toContain("size-differs-from-image");
    const after = await look(
      flake('services.microvm-lens = { enable = true; grow.enable = true; ephemeral.storeOverlay = "start"; };'),
    );
    expect(after.volumes).toEqual([
      expect.stringMatching(/^grow: lengthened to 2048 MiB by services\.microvm-lens; /),
      expect.stringMatching(/^recreate: removed by services\.microvm-lens; /),
    ]);
    expect(after.snapshot.findings.map(({ rule }) => rule)).not.toContain("size-differs-from-image");
  });

  test("by volume and guest, and only where it is on", async () => {
    const off =
      'services.microvm-lens = { enable = true; grow.enable = true; guests.web.volumes."data.img".grow.enable = false; };';
    expect((await look(flake(off))).volumes[0]).toMatch(/^reuse/);
    expect((await look(flake("services.microvm-lens = { enable = false; grow.enable = true; };"))).volumes[0]).toMatch(
      /^reuse/,
    );
    expect(
      (await look(flake("services.microvm-lens = { enable = true; guests.web.grow.enable = true; };"))).volumes[0],
    ).toMatch(/^grow/);
  });

  test("claims nothing of what is not known", async () => {
    const { volumes, snapshot } = await look(
      flake("services.microvm-lens = { enable = true; grow.enable = nixpkgs.something; };"),
    );
    expect(volumes[0]).toMatch(/^unknown: .*services\.microvm-lens/);
    expect(snapshot.findings.map(({ rule }) => rule)).not.toContain("size-differs-from-image");
  });

  test("is offered where the module is on and growing is not said, and makes the finding go", async () => {
    const source = flake("services.microvm-lens.enable = true;");
    const { snapshot } = await look(source);
    const finding = snapshot.findings.find(({ rule }) => rule === "size-differs-from-image");
    const fix = finding && snapshot.fixes(finding).find(({ id }) => id === "host-keeper");
    expect(fix && render(fix.title)).toBe("Let the host grow it (services.microvm-lens.grow)");
    const after = applyEdits(source, fix?.kind === "edit" ? fix.edits : []);
    expect(after).toMatch(/services\.microvm-lens(\.grow\.enable = true;|\s*=\s*\{[^}]*grow\.enable = true;)/);
    expect((await look(after)).volumes[0]).toMatch(/^grow/);
    const none = await look(flake(""));
    const other = none.snapshot.findings.find(({ rule }) => rule === "size-differs-from-image");
    expect(other && none.snapshot.fixes(other).map(({ id }) => id)).not.toContain("host-keeper");
  });
});
