import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeExampleImage } from "../../../scripts/write-example-image.mjs";

/** A home lab that is not the example: flake-parts, six files, five disks on a host that is called `nuc`. */
export interface Parts {
  readonly folder: string;
  /** Where the disks are. */
  readonly stateDir: string;
  /** What the configuration calls the state directory: nothing is there until {@link Parts.programs}' ssh is called. */
  readonly declaredStateDir: string;
  /** A folder for PATH, of which the login shell of `scratch` as home knows: its `ssh` reaches the host, which is this machine under another name. */
  readonly programs: string;
  readonly scratch: string;
  file(name: string): string;
  remove(): void;
}

const flake = `{
  inputs.flake-parts.url = "github:hercules-ci/flake-parts";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";

  outputs =
    inputs@{ flake-parts, nixpkgs, ... }:
    flake-parts.lib.mkFlake { inherit inputs; } {
      systems = [ "x86_64-linux" ];
      flake.nixosConfigurations.nuc = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        specialArgs = { inherit inputs; };
        modules = [ ./hosts/nuc.nix ];
      };
    };
}
`;

const host = (stateDir: string) => `{ inputs, ... }:
{
  imports = [ inputs.microvm.nixosModules.host ];

  networking.hostName = "nuc";

  microvm.stateDir = "${stateDir}";
  microvm.vms = {
    web.config = ../guests/web.nix;
    db.config = ../guests/db.nix;
    media.config = ../guests/media.nix;
    mail.config = ../guests/mail.nix;
  };
}
`;

const web = `{ ... }:
{
  microvm = {
    hypervisor = "cloud-hypervisor";
    writableStoreOverlay = "/nix/.rw-store";

    volumes = [
      {
        image = "store.img";
        mountPoint = "/nix/.rw-store";
        size = 2048;
      }
      {
        image = "www.img";
        mountPoint = "/srv/www";
        size = 256;
      }
    ];
  };
}
`;

const volume = (image: string, mountPoint: string, size: number, more = "") => `{ ... }:
{
  microvm.hypervisor = "qemu";
  microvm.volumes = [
    {
      image = "${image}";
      mountPoint = "${mountPoint}";
      size = ${size};${more}
    }
  ];
}
`;

/** Makes it, with real ext4 images. */
export async function makeParts(): Promise<Parts> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-parts-")));
  const folder = join(scratch, "lab");
  const stateDir = join(scratch, "server/microvms");
  const declaredStateDir = join(scratch, "microvms");
  const files = {
    "flake.nix": flake,
    "hosts/nuc.nix": host(declaredStateDir),
    "guests/web.nix": web,
    "guests/db.nix": volume("postgres.img", "/var/lib/postgresql", 1024),
    "guests/media.nix": volume("films.img", "/srv/films", 512, '\n      fsType = "xfs";'),
    "guests/mail.nix": volume("mail.img", "/var/mail", 256),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const disks = {
    "web/store.img": 512,
    "web/www.img": 256,
    "db/postgres.img": 512,
    "media/films.img": 512,
    "mail/mail.img": 256,
  };
  for (const [name, sizeMiB] of Object.entries(disks)) {
    mkdirSync(dirname(join(stateDir, name)), { recursive: true });
    await writeExampleImage({ path: join(stateDir, name), sizeMiB });
  }
  const programs = join(scratch, "programs");
  mkdirSync(programs);
  writeFileSync(join(programs, "ssh"), ssh(stateDir, declaredStateDir));
  chmodSync(join(programs, "ssh"), 0o755);
  // The editor takes PATH from a login shell; the scratch folder is its home.
  for (const name of [".profile", ".bash_profile", ".zprofile"])
    writeFileSync(join(scratch, name), `PATH='${programs}':"$PATH"\nexport PATH\n`);
  return {
    folder,
    stateDir,
    declaredStateDir,
    programs,
    scratch,
    file: (name) => join(folder, name),
    remove: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

/** Leaves options and destination out, and runs the words here, where the host's folder is from then on. */
const ssh = (stateDir: string, declaredStateDir: string) => `#!/bin/sh
ln -sfn '${stateDir}' '${declaredStateDir}'
while [ $# -gt 0 ]; do
  case $1 in
    -o | -F | -l | -p) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *) break ;;
  esac
done
shift
exec sh -c "$*"
`;
