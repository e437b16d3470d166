import { expect, it } from "vitest";
import { planGuests } from "../../server/src/forecast/plan.ts";
import { contradictions } from "../harness/contradictions.ts";
import { openWorkspace } from "../harness/workspace.ts";

const folder = "/var/lib/microvms/web";
const image = `${folder}/a.img raw 512MiB ext4`;
const rm = `\${pkgs.coreutils}/bin/rm -f ${folder}/a.img`;

/** What the next start of a guest with one volume comes to, beside what a host's units say. */
async function outcome(units: string, disk: readonly string[], stateDir?: string): Promise<string> {
  const flake = `{
    outputs = { nixpkgs, microvm, ... }: {
      nixosConfigurations.server = nixpkgs.lib.nixosSystem {
        modules = [ microvm.nixosModules.host ({ config, lib, pkgs, ... }: {
          microvm.vms.web.config.microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 512; } ];
          ${units}
        }) ];
      };
    };
  }`;
  const workspace = await openWorkspace([["/flake.nix", flake]], {
    disk: ["host server", ...disk],
    ...(stateDir === undefined ? {} : { stateDir }),
  });
  try {
    const snapshot = await workspace.snapshot();
    const [forecast] = planGuests(snapshot.context);
    if (!forecast) throw new Error("no guest");
    expect(contradictions(snapshot, forecast)).toEqual([]);
    return forecast.volumes.map((each) => each.outcome).join(" ");
  } finally {
    workspace.dispose();
  }
}

const oneshot = (name: string, words: string) =>
  `systemd.services."${name}" = { serviceConfig.Type = "oneshot"; ${words} };`;
const own = (words: string) => `systemd.services."microvm@web" = { overrideStrategy = "asDropin"; ${words} };`;
const early = 'before = [ "microvm@web.service" ]; requiredBy = [ "microvm@web.service" ];';

it.each<[string, string, readonly string[], string]>([
  [
    "an instance of a template that the guest's unit requires runs before it",
    `${oneshot("wipe@", `serviceConfig.ExecStart = "\${pkgs.coreutils}/bin/rm -f /var/lib/microvms/%i/a.img";`)}
     systemd.services."microvm@" = { overrideStrategy = "asDropin"; requires = [ "wipe@%i.service" ]; after = [ "wipe@%i.service" ]; };`,
    [image],
    "recreate",
  ],
  [
    "a template that nothing names never runs",
    oneshot("wipe@", `${early} serviceConfig.ExecStart = "${rm}";`),
    [image],
    "reuse",
  ],
  [
    "an instance that is named by another one",
    `${oneshot("prepare", `${early} requires = [ "wipe@web.service" ]; after = [ "wipe@web.service" ]; script = "true";`)}
     ${oneshot("wipe@", `serviceConfig.ExecStart = "\${pkgs.coreutils}/bin/rm -f /var/lib/microvms/%i/a.img";`)}`,
    [image],
    "recreate",
  ],
  [
    "ExecStartPost of a oneshot has run when the guest starts",
    oneshot("wipe", `${early} script = "true"; postStart = "${rm}";`),
    [image],
    "recreate",
  ],
  ["a masked unit does not run", oneshot("wipe", `enable = false; ${early} script = "${rm}";`), [image], "reuse"],
  [
    "what a oneshot does when it stops may come before the guest, or not",
    oneshot("wipe", `${early} script = "true"; postStop = "${rm}";`),
    [image],
    "unknown",
  ],
  [
    "a oneshot that remains does not stop",
    oneshot("wipe", `${early} serviceConfig.RemainAfterExit = true; script = "true"; postStop = "${rm}";`),
    [image],
    "reuse",
  ],
  [
    "a guest that runs stops first: ExecStopPost",
    own(`serviceConfig.ExecStopPost = "${rm}";`),
    [image, `${folder}/ running`],
    "recreate",
  ],
  ["a guest that runs stops first: postStop", own(`postStop = "${rm}";`), [image, `${folder}/ running`], "recreate"],
  ["a guest that does not run has stopped before", own(`postStop = "${rm}";`), [image, `${folder}/`], "reuse"],
  [
    "of which it is not known whether it runs",
    own(`postStop = "${rm}";`),
    [image, `${folder}/ running=unknown`],
    "unknown",
  ],
  [
    "its start fails where what it requires fails",
    oneshot("check", `${early} script = "exit 1";`),
    [image],
    "no-start",
  ],
])("%s", async (_, units, disk, expected) => {
  expect(await outcome(units, disk)).toBe(expected);
});

it("what is written for the state directory holds of the copy that is looked at", async () => {
  const copy = ["/copy/web/a.img raw 256MiB ext4", "/copy/web/"];
  const wipe = oneshot("wipe", `${early} serviceConfig.ExecStart = "${rm}";`);
  expect(await outcome(wipe, copy, "/copy")).toBe("recreate");
  const clean = `systemd.tmpfiles.rules = [ "r! ${folder}/a.img" ];`;
  expect(await outcome(clean, copy, "/copy")).toBe("unknown");
  const sub = oneshot(
    "grow",
    `${early} script = "\${pkgs.coreutils}/bin/truncate -s '>512M' /var/lib/microvms/*/a.img";`,
  );
  expect(await outcome(sub, copy, "/copy")).toBe("grow");
});

it("a command that finds nothing to do makes nothing", async () => {
  expect(await outcome(own(`serviceConfig.ExecStartPre = [ "-${rm}" ];`), [`${folder}/`])).toBe("create");
});
