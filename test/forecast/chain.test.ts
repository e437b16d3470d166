import { describe, expect, it } from "vitest";
import { chainOf } from "../../server/src/forecast/chain.ts";
import { planGuests } from "../../server/src/forecast/plan.ts";
import { known } from "../../server/src/microvm/model.ts";
import { openWorkspace } from "../harness/workspace.ts";

const overlay = `microvm.writableStoreOverlay = "/nix/.rw-store";
  microvm.shares = [ { proto = "9p"; tag = "ro"; source = "/nix/store"; mountPoint = "/nix/.ro-store"; } ];`;

/** `image: link=state …` for each volume. */
async function chains(module: string, disk: readonly string[] | null): Promise<readonly string[]> {
  const flake = `{ outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm { ${module} } ]; };
  }; }`;
  const workspace = await openWorkspace([["/flake.nix", flake]], { disk });
  try {
    const { context } = await workspace.snapshot();
    return planGuests(context).flatMap(({ volumes }) =>
      volumes.map((each) => {
        const links = chainOf(each).map(({ name, state }) => `${name}=${state}`);
        return `${known(each.volume.image)}: ${links.join(" ")}`;
      }),
    );
  } finally {
    workspace.dispose();
  }
}

describe("the chain from file to mount", () => {
  it("is whole where nothing is wrong, and goes to the store where the overlay lies on the volume", async () => {
    const module = `${overlay} microvm.volumes = [
      { image = "rw.img"; mountPoint = "/nix/.rw-store"; size = 512; }
      { image = "data.img"; mountPoint = "/data"; size = 512; }
      { image = "raw.img"; mountPoint = null; size = 512; } ];`;
    const disk = ["rw.img", "data.img", "raw.img"].map((name) => `/var/lib/microvms/web/${name} raw 512MiB ext4`);
    expect(await chains(module, disk)).toEqual([
      "rw.img: file=whole image=whole device=whole volume=whole directories=whole mount=whole",
      "data.img: file=whole image=whole device=whole volume=whole",
      "raw.img: file=whole image=whole device=whole",
    ]);
  });

  it("ends at the first link that breaks", async () => {
    const volume = (more: string) =>
      `microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; ${more} } ];`;
    const ext4 = ["/var/lib/microvms/web/a.img raw 512MiB ext4"];
    expect(await chains(volume('label = "x";'), ext4)).toEqual([
      "a.img: file=whole image=whole device=broken volume=unreached",
    ]);
    expect(await chains(volume('fsType = "xfs";'), ext4)).toEqual([
      "a.img: file=whole image=broken device=unreached volume=unreached",
    ]);
    expect(await chains(volume(""), ["/var/lib/microvms/web/a.img raw 512MiB blank"])).toEqual([
      "a.img: file=whole image=broken device=unreached volume=unreached",
    ]);
  });

  it("claims nothing behind what is not known", async () => {
    const module = 'microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; } ];';
    expect(await chains(module, null)).toEqual(["a.img: file=open image=open device=open volume=open"]);
    const unreadable = ["/var/lib/microvms/web/a.img unreadable:permission"];
    expect(await chains(module, unreadable)).toEqual(["a.img: file=whole image=open device=open volume=open"]);
  });

  it("breaks at upper and work where they lie on a read-only volume", async () => {
    const module = `${overlay} microvm.volumes = [
      { image = "rw.img"; mountPoint = "/nix/.rw-store"; size = 512; readOnly = true; } ];`;
    expect(await chains(module, ["/var/lib/microvms/web/rw.img raw 512MiB ext4"])).toEqual([
      "rw.img: file=whole image=whole device=whole volume=whole directories=broken mount=unreached",
    ]);
  });
});
