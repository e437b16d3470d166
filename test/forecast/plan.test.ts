import { expect, it } from "vitest";
import { locales, render } from "../../server/src/base/text.ts";
import { leftBehind, planGuests, ruleNamed, whyOf } from "../../server/src/forecast/plan.ts";
import { wordsOf } from "../../server/src/forecast/words/reason-words.ts";
import { known } from "../../server/src/microvm/model.ts";
import { openWorkspace } from "../harness/workspace.ts";

/** `guest image action rule`, one line for each volume of each guest on each host. */
async function planned(module: string, disk: readonly string[] | null, around = lone): Promise<string[]> {
  const workspace = await openWorkspace([["/flake.nix", around(module)]], { disk });
  try {
    const { context } = await workspace.snapshot();
    return planGuests(context).flatMap(({ guest, facts, volumes }) =>
      volumes.map((volume) => {
        for (const each of [whyOf(volume), ...volume.reasons.map(wordsOf)]) {
          for (const locale of locales) expect(render(each, locale)).not.toMatch(/\{\w+\}|undefined|NaN/);
        }
        const image = known(volume.volume.image) ?? "?";
        const isIgnored = volume.reasons.some(({ kind }) => kind === "size-ignored");
        const after = [ruleNamed(volume) ?? "-", leftBehind(volume) ?? "-", isIgnored ? "size ignored" : ""];
        return [guest.name, facts?.host ?? "-", image, volume.outcome, ...after].join(" ").trim();
      }),
    );
  } finally {
    workspace.dispose();
  }
}

const lone = (module: string) => `{
  outputs = { nixpkgs, microvm, more, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm { ${module} } ]; };
  };
}`;
const host = (module: string) => `{
  outputs = { nixpkgs, microvm, more, ... }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host ({ config, pkgs, ... }: { ${module} }) ];
    };
  };
}`;
const volume = (words: string) => `microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; ${words} } ];`;
const a = "/var/lib/microvms/web/a.img";

it.each<[string, string, readonly string[] | null, readonly string[]]>([
  ["nothing is known without a host", volume(""), null, ["web - a.img unknown - -"]],
  [
    "an unknown name",
    volume("").replace('"a.img"', "more.image"),
    [`${a} raw 512MiB ext4`],
    ["web localhost ? unknown - -"],
  ],
  ["an image as declared", volume(""), [`${a} raw 512MiB ext4`], ["web localhost a.img reuse - -"]],
  [
    "an image of another size",
    volume(""),
    [`${a} raw 256MiB ext4`],
    ["web localhost a.img reuse size-differs-from-image - size ignored"],
  ],
  [
    "a size that is not known",
    volume("").replace("512", "more.size"),
    [`${a} raw 256MiB ext4`],
    ["web localhost a.img reuse - -"],
  ],
  ["no image", volume(""), ["/var/lib/microvms/web/"], ["web localhost a.img create - -"]],
  ["a guest that was never deployed", volume(""), ["host localhost"], ["web localhost a.img create - -"]],
  [
    "a guest that was never deployed and a directory that its deployment may make",
    volume("").replace('"a.img"', '"/persist/a.img"'),
    ["host localhost"],
    ["web localhost /persist/a.img unknown - -"],
  ],
  [
    "a deployed guest and no such directory",
    volume("").replace('"a.img"', '"/persist/a.img"'),
    ["/var/lib/microvms/web/"],
    ["web localhost /persist/a.img no-start image-directory-missing nothing"],
  ],
  [
    "a guest that was never deployed and no autoCreate",
    volume("autoCreate = false;"),
    ["host localhost"],
    ["web localhost a.img unknown - -"],
  ],
  [
    "no image and no autoCreate",
    volume("autoCreate = false;"),
    ["/var/lib/microvms/web/"],
    ["web localhost a.img no-start image-missing nothing"],
  ],
  [
    "no image and autoCreate not known",
    volume("autoCreate = more.x;"),
    ["/var/lib/microvms/web/"],
    ["web localhost a.img unknown - -"],
  ],
  [
    "too small for mkfs",
    volume('fsType = "xfs";').replace("512", "100"),
    ["/var/lib/microvms/web/"],
    ["web localhost a.img no-start size-below-minimum blank image"],
  ],
  [
    "arguments that may change the minimum",
    volume('fsType = "xfs"; mkfsExtraArgs = [ "-d" "su=64k" ];'),
    ["/var/lib/microvms/web/"],
    ["web localhost a.img unknown - -"],
  ],
  [
    "a label with a quote",
    volume('label = "it\'s";'),
    ["/var/lib/microvms/web/"],
    ["web localhost a.img no-start unsafe-name nothing"],
  ],
  [
    "a filesystem that cannot be made, though the image is there",
    volume('fsType = "f2fs";'),
    [`${a} raw 512MiB f2fs`],
    ["web localhost a.img no-start fstype-unsupported nothing"],
  ],
  [
    "a size that is missing, though the image is there",
    volume("").replace("size = 512;", ""),
    [`${a} raw 512MiB ext4`],
    ["web localhost a.img no-start required-option-missing nothing"],
  ],
  [
    "a full host",
    volume(""),
    ["host h free=0B total=1GiB", "/var/lib/microvms/web/"],
    ["web h a.img no-start host-overcommitted blank image"],
  ],
  ["a blank image", volume(""), [`${a} raw 512MiB blank`], ["web localhost a.img blank image-blank -"]],
  [
    "another filesystem",
    volume(""),
    [`${a} raw 512MiB xfs`],
    ["web localhost a.img not-mount fstype-differs-from-image -"],
  ],
  [
    "a label that is not on disk",
    volume('label = "x";'),
    [`${a} raw 512MiB ext4 label=y`],
    ["web localhost a.img not-mount label-differs-from-image -"],
  ],
  [
    "a truncated image",
    volume(""),
    [`${a} raw 512MiB ext4 fs=600MiB`],
    ["web localhost a.img not-mount filesystem-larger-than-image -"],
  ],
  [
    "another container",
    volume(""),
    [`${a} qcow2 512MiB ext4`],
    ["web localhost a.img not-mount image-format-differs -"],
  ],
  [
    "an image that microvm may not write",
    volume(""),
    [`${a} raw 512MiB ext4 owner=0:0 mode=0644`],
    ["web localhost a.img no-start image-not-writable -"],
  ],
  ["a socket", volume(""), [`${a} socket`], ["web localhost a.img no-start image-format-differs -"]],
  ["an image that could not be read", volume(""), [`${a} unreadable:permission`], ["web localhost a.img unknown - -"]],
  [
    "removed at every start",
    `microvm.preStart = "rm -f a.img"; ${volume("")}`,
    [`${a} raw 256MiB ext4`],
    ["web localhost a.img recreate - -"],
  ],
  [
    "a filesystem that is nearly full",
    volume(""),
    [`${a} raw 512MiB ext4 free=4MiB`],
    ["web localhost a.img reuse volume-nearly-full -"],
  ],
  [
    "firecracker without a declared store disk",
    `microvm.hypervisor = "firecracker"; microvm.storeOnDisk = false; ${volume("")}`,
    [`${a} raw 512MiB ext4`],
    // Without a store disk and without a share of /nix/store, mounts.nix asks for the first of no shares.
    ["web localhost a.img no-start evaluation-fails nothing"],
  ],
  [
    "another place in the deployed runner",
    volume(""),
    [
      `${a} raw 256MiB ext4`,
      "/var/lib/microvms/web/ deployed b.img size=1",
      "/var/lib/microvms/web/ deployed a.img size=256",
    ],
    ["web localhost a.img reuse size-differs-from-image - size ignored"],
  ],
  [
    "crosvm looks at the format itself",
    `microvm.hypervisor = "crosvm"; ${volume("")}`,
    [`${a} qcow2 512MiB ext4`],
    ["web localhost a.img unknown - -"],
  ],
])("%s", async (_, module, disk, expected) => {
  expect(await planned(module, disk)).toEqual(expected);
});

it("one file for two volumes, and volumes beyond the alphabet", async () => {
  const two = `microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; } { image = "./a.img"; mountPoint = "/b"; size = 512; } ];`;
  expect(await planned(two, [`${a} raw 512MiB ext4`])).toEqual([
    "web localhost a.img share image-shared -",
    "web localhost ./a.img share image-shared -",
  ]);
  const many =
    'microvm.volumes = builtins.genList (n: { image = "${toString n}.img"; mountPoint = "/${toString n}"; size = 512; label = "v${toString n}"; }) 26;';
  const lines = await planned(many, ["/var/lib/microvms/web/"]);
  expect(lines.slice(24)).toEqual([
    "web localhost 24.img create - -",
    "web localhost 25.img not-mount too-many-volumes -",
  ]);
});

it("a service of the host that deletes the image, and one that nobody waits for", async () => {
  const guest = 'microvm.vms.web.config.microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; } ];';
  const service = (command: string) => `systemd.services.clean = {
    before = [ "microvm@web.service" ]; requiredBy = [ "microvm@web.service" ]; serviceConfig.Type = "oneshot";
    script = "\${pkgs.coreutils}/bin/${command} /var/lib/microvms/web/a.img";
  };`;
  const disk = ["host server", `${a} raw 256MiB ext4`];
  expect(await planned(guest + service("rm -f"), disk, host)).toEqual(["web server a.img recreate - -"]);
  const simple = service("rm -f").replace('serviceConfig.Type = "oneshot";', "");
  expect(await planned(guest + simple, disk, host)).toEqual(["web server a.img unknown - -"]);
});

it.each<[string, string, string]>([
  ["a guard", "[ ! -e a.img ] || exit 1", "no-start start-refused"],
  [
    "a guard by size",
    `[ "$(\${pkgs.coreutils}/bin/stat -L -c %s -- 'a.img')" = $((512 * 1048576)) ] || exit 1`,
    "no-start start-refused",
  ],
  [
    "the fix's own guard",
    `if [ -e 'a.img' ] && [ "$(\${pkgs.coreutils}/bin/stat -L -c %s -- 'a.img')" != $((512 * 1048576)) ]; then
      exit 1
    fi`,
    "no-start start-refused",
  ],
  ["a guard that holds", "[ -e a.img ] || exit 1", "reuse size-differs-from-image"],
  [
    "the fix's own growing",
    `if [ -e 'a.img' ]; then \${pkgs.coreutils}/bin/truncate -s ">$((512 * 1048576))" -- 'a.img'; fi`,
    "grow -",
  ],
  ["growing by hand", "[ ! -e a.img ] || ${pkgs.coreutils}/bin/truncate -s 512M a.img", "grow -"],
  ["growing with qemu-img", "${pkgs.qemu-utils}/bin/qemu-img resize -f raw a.img 512M", "grow -"],
])("preStart with %s, whether or not the host's user microvm was seen", async (_, preStart, expected) => {
  const guest = `fileSystems."/a".autoResize = true; microvm.preStart = ''${preStart}''; ${volume("")}`;
  for (const user of ["", " user=unknown"]) {
    const disk = [`host server${user}`, `${a} raw 256MiB ext4`];
    const [line] = await planned(`microvm.vms.web.config = { ${guest} };`, disk, host);
    expect(line).toContain(`web server a.img ${expected}`);
  }
});

it.each([
  ["the template unit", '"microvm@".serviceConfig.ExecStartPre = [ "-${pkgs.coreutils}/bin/rm -f DIR/%i/a.img" ]'],
  [
    "the instance, with a pattern",
    `"microvm@web".serviceConfig.ExecStartPre = [ "\${pkgs.bash}/bin/bash -c 'rm DIR/web/*.img || true'" ]`,
  ],
  ["preStart of the instance", '"microvm@web".preStart = "rm -f a.img"'],
])("an image that %s deletes", async (_, unit) => {
  const guest = 'microvm.vms.web.config.microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; } ];';
  const module = `${guest} systemd.services.${unit.replace("DIR", "/var/lib/microvms")};`;
  const disk = ["host server", `${a} raw 256MiB ext4`];
  expect(await planned(module, disk, host)).toEqual(["web server a.img recreate - -"]);
});

it("one line for each host that may run the guest", async () => {
  const disk = ["host one", `${a} raw 512MiB ext4`, "host two", `${a} raw 256MiB ext4`];
  expect(await planned(volume(""), disk)).toEqual([
    "web one a.img reuse - -",
    "web two a.img reuse size-differs-from-image - size ignored",
  ]);
});
