import { describe, expect, test } from "vitest";
import type { Field, Guest, Host } from "../../server/src/microvm/model.ts";
import type { Named, Texts, Unit } from "../../server/src/microvm/start/start.ts";
import { list, rule, section, text } from "./shown.ts";
import { declared, guestOf, shown } from "./workspace.ts";

const flakeHead = `inputs.nixpkgs.url = "github:NixOS/nixpkgs"; inputs.microvm.url = "github:microvm-nix/microvm.nix"; inputs.flake-parts.url = "github:hercules-ci/flake-parts";`;
const vms = `microvm.vms.web.config = { microvm.volumes = [ { image = "data.img"; size = 1; mountPoint = "/data"; } ]; };
  microvm.vms.db.config = { };`;

/** The host of a flake with this module, written in three ways that come to the same. */
const spellings: Readonly<Record<string, (module: string) => Readonly<Record<string, string>>>> = {
  plain: (module) => ({
    "flake.nix": `{ ${flakeHead} outputs = { nixpkgs, microvm, ... }: { nixosConfigurations.host = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux"; modules = [ microvm.nixosModules.host { ${vms} } (${module}) ]; }; }; }`,
  }),
  "a file of its own": (module) => ({
    "flake.nix": `{ ${flakeHead} outputs = { nixpkgs, microvm, ... }@inputs: let mk = modules: nixpkgs.lib.nixosSystem { specialArgs = { inherit inputs; }; inherit modules; };
      in { nixosConfigurations = builtins.mapAttrs (name: path: mk [ path ]) { host = ./host.nix; }; }; }`,
    "host.nix": `{ inputs, ... }: { imports = [ inputs.microvm.nixosModules.host ./vms.nix ./start.nix ]; nixpkgs.hostPlatform = "x86_64-linux"; }`,
    "vms.nix": `{ ${vms} }`,
    "start.nix": module,
  }),
  "flake-parts": (module) => ({
    "flake.nix": `{ ${flakeHead} outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } { systems = [ "x86_64-linux" ];
      flake.nixosConfigurations.host = inputs.nixpkgs.lib.nixosSystem { system = "x86_64-linux"; modules = [ inputs.microvm.nixosModules.host { ${vms} } ./start.nix ]; }; }; }`,
    "start.nix": module,
  }),
};

async function host(module: string, spelling = "plain", more: Readonly<Record<string, string>> = {}): Promise<Host> {
  const found = await declared({ ...spellings[spelling]?.(module), ...more });
  const [only] = found.hosts;
  if (!only) throw new Error(JSON.stringify(found.problems));
  return only;
}
function startOf(of: Host) {
  if (!of.start) throw new Error("no start");
  return of.start;
}
function unit(of: Host | Named<Unit>, name: string): Unit {
  const { items } = "stateDir" in of ? startOf(of).units : of;
  const found = items.get(name)?.value;
  if (!found) throw new Error(`no unit ${name} among ${[...items.keys()]}`);
  return found;
}
const names = (of: Unit) =>
  Object.fromEntries(
    Object.entries(of.relations).flatMap(([key, value]) =>
      value.items.length + (value.open ? 1 : 0) ? [[key, list(value)]] : [],
    ),
  );

describe.each(Object.keys(spellings))("units of the host, %s", (spelling) => {
  test("a oneshot before a guest's unit", async () => {
    const found = await host(
      `{ pkgs, lib, config, ... }: let name = "web"; image = "\${config.microvm.stateDir}/\${name}/data.img"; in {
        systemd.services."wipe-\${name}" = {
          description = "wipe"; before = [ "microvm@\${name}.service" ]; requiredBy = [ "microvm@\${name}.service" ];
          unitConfig.ConditionPathExists = [ "!/keep" image ];
          serviceConfig = { Type = "oneshot"; RemainAfterExit = true; };
          path = [ pkgs.e2fsprogs ];
          script = ''
            rm -f \${image}
          '';
        }; }`,
      spelling,
    );
    const wipe = unit(found, "wipe-web.service");
    expect(names(wipe)).toEqual({ before: ["microvm@web.service"], requiredBy: ["microvm@web.service"] });
    expect(section(wipe.unit)).toEqual({ ConditionPathExists: ["!/keep", "/var/lib/microvms/web/data.img"] });
    expect(section(wipe.settings)).toEqual({
      Type: ["oneshot"],
      RemainAfterExit: ["true"],
      ExecStart: [
        "{/bin/wipe-web-start <#!{bash}/bin/bash\nset -e\n\nrm -f /var/lib/microvms/web/data.img\n\n\n>} ",
      ].map((line) => line.trimEnd()),
    });
    expect(list(wipe.path)).toEqual(["{e2fsprogs}"]);
  });

  test("the guest's own unit: template, instance, drop-in, a loop over all guests", async () => {
    const found = await host(
      `{ pkgs, lib, config, ... }: lib.mkMerge [
        { systemd.services."microvm@" = { preStart = "rm -f \${config.microvm.stateDir}/%i/data.img"; serviceConfig.CacheDirectory = "vms/%i"; }; }
        { systemd.services = lib.mapAttrs' (name: _: lib.nameValuePair "microvm@\${name}" {
            overrideStrategy = "asDropin";
            serviceConfig.ExecStartPre = lib.mkBefore [ "+\${pkgs.coreutils}/bin/rm -f /srv/\${name}.img" ];
            requires = [ "wipe@%i.service" ]; after = [ "wipe@%i.service" ];
          }) config.microvm.vms; }
        { systemd.services."wipe@".serviceConfig.ExecStart = lib.getExe (pkgs.writeShellApplication { name = "wipe"; runtimeInputs = [ pkgs.zfs ]; text = "zfs destroy x"; }) + " %i"; }
      ]`,
      spelling,
    );
    expect(section(unit(found, "microvm@.service").settings)).toEqual({
      CacheDirectory: ["vms/%i"],
      ExecStartPre: [
        "{/bin/microvm_-pre-start <#!{bash}/bin/bash\nset -e\n\nrm -f /var/lib/microvms/%i/data.img\n\n>}",
      ],
    });
    for (const name of ["web", "db"]) {
      const own = unit(found, `microvm@${name}.service`);
      expect(shown(own.overrideStrategy)).toBe("asDropin");
      expect(names(own)).toEqual({ requires: ["wipe@%i.service"], after: ["wipe@%i.service"] });
      expect(section(own.settings)).toEqual({ ExecStartPre: [`+{coreutils}/bin/rm -f /srv/${name}.img`] });
    }
    expect(section(unit(found, "wipe@.service").settings)["ExecStart"]).toEqual([
      '{/bin/wipe <#!{bash}/bin/bash\nset -o errexit\nset -o nounset\nset -o pipefail\n\nexport PATH="{zfs}/bin:$PATH"\n\nzfs destroy x\n>} %i',
    ]);
  });

  test("tmpfiles: literal, by map, by concatMap, settings", async () => {
    const found = await host(
      `{ lib, config, ... }: let names = builtins.attrNames config.microvm.vms; in {
        systemd.tmpfiles.rules = [ "r! /srv/a.img" ''L+ "/srv/my dir" - - - - /dev/zvol/tank/\${"a"}'' ]
          ++ map (name: "d \${config.microvm.stateDir}/\${name} 0755 microvm kvm - -") names
          ++ lib.concatMap (name: [ "d /srv/\${name} 0750 microvm kvm 10d" ]) names
          ++ lib.optional (builtins.getEnv "X" == "y") "R /srv/maybe";
        systemd.tmpfiles.settings."10-vms" = lib.genAttrs (map (n: "/vol/\${n}") names) (_: { d = { user = "microvm"; group = "kvm"; mode = "0755"; }; });
      }`,
      spelling,
    );
    const { tmpfiles, tmpfilesSettings } = startOf(found);
    expect(tmpfiles.items.map(({ value, conditional }) => (conditional ? "? " : "") + rule(value))).toEqual([
      "r! /srv/a.img - - - - -",
      "L+ /srv/my dir - - - - /dev/zvol/tank/a",
      "d /var/lib/microvms/db 0755 microvm kvm - -",
      "d /var/lib/microvms/web 0755 microvm kvm - -",
      "d /srv/db 0750 microvm kvm 10d -",
      "d /srv/web 0750 microvm kvm 10d -",
      "? R /srv/maybe - - - - -",
    ]);
    expect(tmpfiles.open).toBeNull();
    expect(tmpfilesSettings.items.map(({ value }) => rule(value)).sort()).toEqual([
      "d /vol/db 0755 microvm kvm - -",
      "d /vol/web 0755 microvm kvm - -",
    ]);
  });
});

describe("more of a host", () => {
  test("overridden and switched-off units, order of commands", async () => {
    const found = await host(
      `{ lib, ... }: { imports = [
        { systemd.services.a = { preStart = "one"; serviceConfig.ExecStartPre = [ "/x 1" ]; serviceConfig.Type = "simple"; }; systemd.services.b = { script = "gone"; }; }
        { systemd.services.a = { preStart = lib.mkBefore "two"; serviceConfig.ExecStartPre = [ "/x 2" ]; serviceConfig.Type = lib.mkForce "oneshot"; };
          systemd.services.b = lib.mkForce { wantedBy = [ "multi-user.target" ]; }; systemd.services.c = lib.mkIf false { script = "x"; };
          systemd.services.d = lib.mkIf (builtins.getEnv "X" == "y") { script = "x"; }; }
      ]; }`,
    );
    const { units } = startOf(found);
    expect(section(unit(found, "a.service").settings)).toEqual({
      Type: ["oneshot"],
      ExecStartPre: ["/x 1", "/x 2", "{/bin/a-pre-start <#!{bash}/bin/bash\nset -e\n\ntwo\none\n\n>}"],
    });
    expect(section(unit(found, "b.service").settings)).toEqual({});
    expect([...units.items.keys()]).toEqual(["a.service", "b.service", "d.service"]);
    expect(units.items.get("d.service")?.conditional).not.toBeNull();
    expect(units.items.get("a.service")?.conditional).toBeNull();
  });

  test("timers, mounts, targets", async () => {
    const found = await host(`{
      systemd.timers.clean = { wantedBy = [ "timers.target" ]; timerConfig.OnCalendar = "daily"; };
      systemd.mounts = [ { what = "/dev/vg/a-b"; where = "/srv/my-vms"; type = "ext4"; wantedBy = [ "multi-user.target" ]; } ];
      systemd.services.clean = { startAt = "hourly"; postStop = "rm x"; };
    }`);
    expect(section(unit(found, "clean.timer").settings)).toEqual({ OnCalendar: ["daily"] });
    expect(section(unit(found, "srv-my\\x2dvms.mount").settings)).toEqual({
      What: ["/dev/vg/a-b"],
      Where: ["/srv/my-vms"],
      Type: ["ext4"],
    });
    expect(list(unit(found, "clean.service").startAt)).toEqual(["hourly"]);
    expect(Object.keys(section(unit(found, "clean.service").settings))).toEqual(["ExecStopPost"]);
  });

  test("what an unknown value touches, and what not", async () => {
    const found = await host(`{ lib, config, ... }: {
      systemd.services.a = { before = [ "x.service" config.who.knows ]; serviceConfig.User = config.who.knows; script = "rm \${config.who.knows}/a.img"; };
      systemd.tmpfiles.rules = [ "d /a" "d \${config.who.knows}/b 0755" config.who.knows ];
    }`);
    const a = unit(found, "a.service");
    expect(names(a)).toEqual({ before: ["x.service", "<unknown>", "..."] });
    expect(section(a.settings)).toEqual({
      User: ["..."],
      ExecStart: ["{/bin/a-start <#!{bash}/bin/bash\nset -e\n\nrm {}/a.img\n\n>}"],
    });
    const { tmpfiles } = startOf(found);
    expect(tmpfiles.items.map(({ value }) => rule(value))).toEqual([
      "d /a - - - - -",
      "d {}/b 0755 - - - -",
      "<unknown>",
    ]);
    expect(tmpfiles.open).not.toBeNull();
  });

  test("activation, users, mounts, disko, initrd, persistence", async () => {
    const found = await host(
      `{ lib, pkgs, config, ... }: {
        system.activationScripts = { b = "mkdir -p /srv/vms"; a = { text = "chown microvm /srv/vms"; deps = [ "b" "users" ]; }; };
        system.userActivationScripts.u.text = "x";
        users.users.vm = { isNormalUser = true; home = "/srv/vm"; };
        users.users.other = { createHome = true; };
        fileSystems."/var/lib/microvms" = { device = "tank/vms"; fsType = "zfs"; options = [ "nofail" ]; };
        disko.devices.zpool.tank.datasets.vms = { type = "zfs_fs"; mountpoint = "/srv/pool"; };
        boot.initrd.postDeviceCommands = lib.mkAfter "zfs rollback -r tank/vms@blank";
        boot.initrd.systemd = { enable = true; services.rollback = { before = [ "sysroot.mount" ]; script = "zfs rollback x"; }; };
        environment.persistence."/persist" = { directories = [ "/var/lib/microvms" { directory = "/srv"; mode = "0700"; } ]; files = [ "/etc/machine-id" ]; };
      }`,
    );
    const start = startOf(found);
    expect([...start.activation.items].map(([name, { value }]) => [name, text(value.text), list(value.deps)])).toEqual([
      ["b", "mkdir -p /srv/vms", []],
      ["a", "chown microvm /srv/vms", ["b", "users"]],
    ]);
    expect([...start.userActivation.items.keys()]).toEqual(["u"]);
    expect(
      [...start.users.items].map(([name, { value }]) => [name, shown(value.home), shown(value.createHome)]),
    ).toEqual([
      ["other", "<missing>", true],
      ["vm", "/srv/vm", true],
    ]);
    const mount = start.mounts.items.get("/var/lib/microvms")?.value;
    expect(mount && [shown(mount.device), shown(mount.fsType), list(mount.options), mount.forced]).toEqual([
      "tank/vms",
      "zfs",
      ["nofail"],
      false,
    ]);
    expect(start.disko.items.map(({ value }) => shown(value))).toEqual(["/srv/pool"]);
    expect(start.initrd.hooks.size && text(start.initrd.hooks.get("postDeviceCommands") as Field<Texts>)).toBe(
      "zfs rollback -r tank/vms@blank",
    );
    expect(shown(start.initrd.systemd)).toBe(true);
    expect(names(unit(start.initrd.units, "rollback.service"))).toEqual({ before: ["sysroot.mount"] });
    const persisted = start.persistence.items.get("/persist")?.value;
    expect(persisted && [list(persisted.directories), list(persisted.files)]).toEqual([
      ["/var/lib/microvms", "/srv"],
      ["/etc/machine-id"],
    ]);
  });

  test("a loop over the guests' volumes, own options, scripts by self and of packages", async () => {
    const found = await host(
      `{ lib, pkgs, config, ... }: let
        names = builtins.attrNames config.microvm.vms;
        images = lib.concatMap (n: map (v: "\${config.microvm.stateDir}/\${n}/\${v.image}") config.microvm.vms.\${n}.config.config.microvm.volumes) names;
        self = { outPath = builtins.toString ./.; };
      in {
        options.cleaner.enable = lib.mkEnableOption "it";
        config = lib.mkMerge [ { cleaner.enable = true; } (lib.mkIf config.cleaner.enable {
          systemd.services.a.script = lib.concatMapStringsSep "\\n" (image: "rm -f \${lib.escapeShellArg image}") images;
          systemd.services.b.serviceConfig.ExecStart = "\${self}/scripts/reset.sh \${lib.escapeShellArgs images}";
          systemd.services.c.serviceConfig.ExecStart = lib.escapeShellArgs [ "\${pkgs.coreutils}/bin/rm" "-f" "/srv/my x.img" ];
          environment.etc."tmpfiles.d/x.conf".text = "d /x";
        }) ];
      }`,
      "plain",
      { "scripts/reset.sh": "rm -f $1\n" },
    );
    const command = (name: string) => section(unit(found, name).settings)["ExecStart"];
    expect(command("a.service")).toEqual([
      "{/bin/a-start <#!{bash}/bin/bash\nset -e\n\nrm -f /var/lib/microvms/web/data.img\n\n>}",
    ]);
    expect(command("b.service")).toEqual(["{/reset.sh <rm -f $1\n>} /var/lib/microvms/web/data.img"]);
    expect(command("c.service")).toEqual(["{coreutils}/bin/rm -f '/srv/my x.img'"]);
    expect(startOf(found).units.open).not.toBeNull();
  });

  test("scripts of the workspace", async () => {
    const more = { "scripts/reset.sh": '#!/bin/sh\nrm -f "$1"\n' };
    const found = await host(
      `{ pkgs, ... }: { systemd.services.a.serviceConfig = { ExecStart = "\${./scripts/reset.sh} a"; ExecStop = "\${./.}/scripts/reset.sh b"; ExecStartPre = "\${pkgs.bash}/bin/sh \${./scripts/reset.sh}"; ExecStopPost = "\${./scripts}/none.sh"; }; }`,
      "plain",
      more,
    );
    const read = '<#!/bin/sh\nrm -f "$1"\n>';
    expect(section(unit(found, "a.service").settings)).toEqual({
      ExecStart: [`{-reset.sh ${read}} a`],
      ExecStop: [`{/scripts/reset.sh ${read}} b`],
      ExecStartPre: [`{bash}/bin/sh {-reset.sh ${read}}`],
      ExecStopPost: ["{}/none.sh"],
    });
  });
});

describe("guests", () => {
  async function guest(module: string): Promise<NonNullable<Guest["start"]>> {
    const found = await declared(
      {
        "vm.nix": `{ pkgs, lib, config, ... }: { networking.hostName = "vm"; imports = [ (${module}) ]; microvm.volumes = [ ]; }`,
        "reset.sh": "rm x\n",
      },
      { open: ["vm.nix"] },
    );
    const { start } = guestOf(found, "vm");
    if (!start) throw new Error("no start");
    return start;
  }

  test("preStart of several modules", async () => {
    const start = await guest(
      `{ pkgs, lib, ... }: { imports = [ { microvm.preStart = lib.mkAfter "last"; } ]; microvm.preStart = lib.mkMerge [ "\${pkgs.coreutils}/bin/rm x" (lib.mkBefore "first") ]; }`,
    );
    expect(text(start.preStart)).toBe("first\n{coreutils}/bin/rm x\nlast");
    expect(start.preStartParts.map(({ value }) => text(value))).toEqual(["first", "{coreutils}/bin/rm x", "last"]);
  });

  test("preStart under a condition that is not decided", async () => {
    const start = await guest(
      `{ lib, ... }: { microvm.preStart = "a\\n" + lib.optionalString (builtins.getEnv "X" == "y") "b"; }`,
    );
    expect(text(start.preStart)).toBe("a\nb | a\n");
  });

  test("what is mounted instead", async () => {
    const start = await guest(`{ lib, ... }: {
      microvm.writableStoreOverlay = "/rw";
      fileSystems."/data" = { device = lib.mkForce "/dev/disk/by-label/other"; fsType = lib.mkForce "xfs"; options = [ "ro" "nofail" ]; neededForBoot = true; autoResize = true; autoFormat = true; noCheck = true; depends = [ "/x" ]; };
      fileSystems."/whole" = lib.mkForce { device = "/dev/vdb"; fsType = "auto"; };
      fileSystems."/o".overlay = { lowerdir = [ "/l" ]; upperdir = "/u"; workdir = "/w"; };
      boot.initrd.luks.devices.crypt.device = "/dev/vdc";
      swapDevices = [ { label = "swap"; } { device = "/dev/vdd"; size = 512; } ];
      systemd.repart.enable = true;
      environment.persistence."/data".directories = [ "/var/log" ];
      systemd.services.format = { before = [ "data.mount" ]; requiredBy = [ "data.mount" ]; script = "mkfs.ext4 /dev/vdb"; };
      systemd.services.other.script = "x";
      boot.growPartition = true;
    }`);
    const data = start.mounts.items.get("/data")?.value;
    expect(
      data && [
        shown(data.device),
        shown(data.fsType),
        list(data.options),
        shown(data.neededForBoot),
        shown(data.autoResize),
        shown(data.autoFormat),
        shown(data.noCheck),
        list(data.depends),
        data.forced,
      ],
    ).toEqual(["/dev/disk/by-label/other", "xfs", ["ro", "nofail"], true, true, true, true, ["/x"], false]);
    expect(start.mounts.items.get("/whole")?.value.forced).toBe(true);
    expect(start.mounts.forced).toBe(false);
    const overlay = start.mounts.items.get("/o")?.value.overlay;
    expect(overlay && [list(overlay.lowerdir), shown(overlay.upperdir), shown(overlay.workdir)]).toEqual([
      ["/l"],
      "/u",
      "/w",
    ]);
    expect([...start.luks.items].map(([name, { value }]) => [name, shown(value.device)])).toEqual([
      ["crypt", "/dev/vdc"],
    ]);
    expect(
      start.swap.items.map(({ value }) => [shown(value.device), shown(value.label), shown(value.sizeMiB)]),
    ).toEqual([
      ["<missing>", "swap", "<missing>"],
      ["/dev/vdd", "<missing>", 512],
    ]);
    expect(shown(start.repart)).toBe(true);
    expect([...start.persistence.items.keys()]).toEqual(["/data"]);
    expect([...start.units.items.keys()]).toEqual(["format.service"]);
  });

  test("fileSystems forced as a whole", async () => {
    const start = await guest(
      `{ lib, ... }: { imports = [ { fileSystems."/a".device = "x"; } ]; fileSystems = lib.mkForce { "/".device = "none"; }; }`,
    );
    expect(start.mounts.forced).toBe(true);
    expect([...start.mounts.items.keys()]).toEqual(["/"]);
  });
});
