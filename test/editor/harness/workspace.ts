import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeExampleImage } from "../../../scripts/write-example-image.mjs";

/** A flake with a host and two guests, and the host's state directory with real images, in a folder of its own. */
export interface Workspace {
  /** The flake's folder. */
  readonly folder: string;
  readonly stateDir: string;
  /** The file that declares the guest `web`. */
  readonly guest: string;
  /** The file that declares the host. */
  readonly host: string;
  /** Absolute path of the image of `web`: 512 MiB, where 2048 are declared. */
  readonly image: string;
  /** For settings, homes and logs: outside of the flake. */
  readonly scratch: string;
  remove(): void;
}

const flake = `{
  inputs.microvm.url = "github:microvm-nix/microvm.nix";

  outputs =
    { nixpkgs, microvm, ... }:
    {
      nixosConfigurations.server1 = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          microvm.nixosModules.host
          ./host.nix
        ];
      };
    };
}
`;

const host = (stateDir: string) => `{ ... }:
{
  networking.hostName = "server1";

  microvm.stateDir = "${stateDir}";
  microvm.vms.web.config = ./web.nix;
  microvm.vms.db.config = ./db.nix;
}
`;

const web = `{ ... }:
{
  networking.hostName = "web";

  microvm = {
    hypervisor = "qemu";
    writableStoreOverlay = "/nix/.rw-store";

    volumes = [
      {
        # 中文 😀 stand before what is underlined
        image = "nix-store-overlay.img";
        mountPoint = "/nix/.rw-store";
        size = 2048;
      }
    ];
  };
}
`;

const db = `{ ... }:
let
  dataMiB = 256;
in
{
  networking.hostName = "db";

  microvm.volumes = [
    {
      image = "data.img";
      mountPoint = "/var/lib/postgresql";
      size = dataMiB;
    }
  ];
}
`;

/** Makes the workspace, with ext4 images that need no mkfs. */
export async function makeWorkspace(): Promise<Workspace> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-editor-")));
  const folder = join(scratch, "homelab");
  const stateDir = stateDirectory(scratch);
  const files = { "flake.nix": flake, "host.nix": host(stateDir), "web.nix": web, "db.nix": db };
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const image = join(stateDir, "web/nix-store-overlay.img");
  await makeImage(image, 512);
  await makeImage(join(stateDir, "db/data.img"), 256);
  return {
    folder,
    stateDir,
    guest: join(folder, "web.nix"),
    host: join(folder, "host.nix"),
    image,
    scratch,
    remove: () => {
      for (const made of [scratch, stateDir]) rmSync(made, { recursive: true, force: true });
    },
  };
}

/**
 * Below the scratch folder. In pictures paths are read by people: there it is the usual one, where the machine has none
 * (a container, or `unshare --mount` with a `/var/lib` of its own).
 */
function stateDirectory(scratch: string): string {
  const usual = "/var/lib/microvms";
  const forPeople = process.env["MICROVM_LENS_PICTURES"] === "1" && process.getuid?.() === 0 && !existsSync(usual);
  return forPeople ? usual : join(scratch, "microvms");
}

async function makeImage(path: string, sizeMiB: number): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await writeExampleImage({ path, sizeMiB });
}
