import { expect, it } from "vitest";
import { planGuests } from "../../server/src/forecast/plan.ts";
import { contradictions } from "../harness/contradictions.ts";
import { openWorkspace } from "../harness/workspace.ts";

const folder = "/var/lib/microvms/web";
const there = [`${folder}/`];
const image = (content: string) => [...there, `${folder}/a.img raw 512MiB ${content}`];

/** Outcomes of a guest's volumes, and the rules that find something. */
async function told(words: string, disk: readonly string[]): Promise<string> {
  const flake = `{
    outputs = { nixpkgs, microvm, ... }: {
      nixosConfigurations.server = nixpkgs.lib.nixosSystem {
        modules = [ microvm.nixosModules.host {
          microvm.vms.web.config = { lib, pkgs, ... }: {
            microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; } ];
            ${words}
          };
        } ];
      };
    };
  }`;
  const workspace = await openWorkspace([["/flake.nix", flake]], { disk: ["host server", ...disk] });
  try {
    const snapshot = await workspace.snapshot();
    const [forecast] = planGuests(snapshot.context);
    if (!forecast) throw new Error("no guest");
    expect(contradictions(snapshot, forecast)).toEqual([]);
    const rules = new Set(snapshot.findings.map(({ rule }) => rule));
    return [...forecast.volumes.map(({ outcome }) => outcome), forecast.verdict, ...rules].join(" ");
  } finally {
    workspace.dispose();
  }
}

const mv = "${pkgs.coreutils}/bin/mv a.img a.img.old";
const rm = "${pkgs.coreutils}/bin/rm -f a.img";

it.each<[string, string, readonly string[], string]>([
  // bash -euo pipefail: a test that does not hold ends nothing, and what comes after preStart runs.
  [
    "a test at the end of preStart refuses nothing",
    `microvm.preStart = "[ -e a.img ] && ${mv}";`,
    there,
    "create starts",
  ],
  [
    "where it holds, it does what it is for",
    `microvm.preStart = "[ -e a.img ] && ${mv}";`,
    image("ext4"),
    "recreate starts",
  ],
  ["a flag that is not there", `microvm.preStart = "[ -e reset ] && ${rm}";`, image("ext4"), "reuse starts"],
  [
    "a condition that nobody can foretell",
    `microvm.preStart = "\${pkgs.systemd}/bin/systemctl is-active x && ${rm}";`,
    image("ext4"),
    "unknown unknown",
  ],
  [
    "a failing command still refuses",
    `microvm.preStart = "\${pkgs.coreutils}/bin/false";`,
    image("ext4"),
    "no-start does-not-start start-refused",
  ],
  [
    "mounts that others are forced away for",
    `fileSystems = lib.mkForce { "/" = { device = "tmpfs"; fsType = "tmpfs"; }; };`,
    image("xfs"),
    "reuse starts",
  ],
  [
    "a unit of the guest that may format the disk first",
    `systemd.services.mk = { before = [ "a.mount" ]; requiredBy = [ "a.mount" ]; serviceConfig.Type = "oneshot";
      script = "blkid /dev/vdb || mkfs.ext4 /dev/vdb"; };`,
    image("blank"),
    "unknown unknown",
  ],
  [
    "a unit of the guest that writes elsewhere",
    `systemd.services.mk = { before = [ "a.mount" ]; requiredBy = [ "a.mount" ]; serviceConfig.Type = "oneshot";
      script = "mkdir -p /var/lib/x"; };`,
    image("blank"),
    "blank does-not-start image-blank",
  ],
  ["systemd-repart in the guest", `systemd.repart.enable = true;`, image("blank"), "unknown unknown"],
  [
    "the initrd of the guest",
    `boot.initrd.postDeviceCommands = "mkfs.ext4 /dev/vdb";`,
    image("blank"),
    "unknown unknown",
  ],
  [
    "an opened LUKS device in place of the volume's",
    `boot.initrd.luks.devices.crypt.device = "/dev/vdb"; fileSystems."/a".device = lib.mkForce "/dev/mapper/crypt";`,
    image("luks"),
    "unknown unknown",
  ],
  [
    "a bind mount from a volume",
    `fileSystems."/var/log" = { device = "/a/log"; options = [ "bind" ]; };`,
    image("ext4"),
    "reuse starts",
  ],
  [
    "a bind mount in place of a volume",
    `fileSystems."/a" = { device = lib.mkForce "/srv/a"; fsType = lib.mkForce "none"; options = [ "bind" ]; };`,
    image("ext4"),
    "unknown unknown",
  ],
])("%s", async (_, words, disk, expected) => {
  expect(await told(words, disk)).toBe(expected);
});

it.each([
  ["a value", `{ microvm.preStart = "exit 1"; environment.etc = { a = ; }; }`],
  ["the volume itself", `{ microvm.volumes = [ { image = "b.img"; mountPoint = "/b" size = 64; } ]; }`],
])("behind a syntax error nothing is foretold, whatever was read: %s", async (_, broken) => {
  const flake = `{ outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm ./broken.nix {
        microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; } ];
      } ];
    };
  }; }`;
  const files = [["/flake.nix", flake] as const, ["/broken.nix", broken] as const];
  const workspace = await openWorkspace(files, { disk: image("ext4") });
  try {
    const [forecast] = planGuests((await workspace.snapshot()).context);
    expect(forecast?.verdict).toBe("unknown");
    expect(forecast?.volumes.length).toBeGreaterThan(0);
    for (const { outcome, reasons } of forecast?.volumes ?? []) {
      expect(outcome).toBe("unknown");
      expect(reasons[0]).toMatchObject({ kind: "unread", facts: { file: "broken.nix" } });
    }
  } finally {
    workspace.dispose();
  }
});
