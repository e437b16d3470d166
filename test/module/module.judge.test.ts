import { describe, expect, test } from "vitest";
import { readDeclared, readOwnGuest } from "../../server/src/declared/file.ts";
import { schemaErrors } from "../cli/schemas.ts";
import { needTools } from "../host/tools.ts";
import { declaredIn, evaluate } from "./evaluate.ts";

const ready = needTools("nix-instantiate");

const data = { image: "data.img", mountPoint: "/data", size: 2048 };
const overlay = { image: "nix-store-overlay.img", mountPoint: "/nix/.rw-store", size: 1024 };
const web = { microvm: { volumes: [data] } };

describe.skipIf(!ready)("services.microvm-lens", () => {
  test("does nothing until asked, and only writes down when nothing else is asked", () => {
    expect(evaluate({ lens: {}, guests: { web } })).toEqual({
      etc: {},
      services: {},
      scripts: {},
      checks: {},
      warnings: [],
      failed: [],
      runners: {},
    });
    const { etc, services, checks } = evaluate({ lens: { enable: true }, guests: { web } });
    expect([Object.keys(etc), services, checks]).toEqual([["microvm-lens/declared.json"], {}, {}]);
  });

  test("writes down what real Nix evaluated, by the schema that the commands read", () => {
    const asked = {
      lens: { enable: true, grow: { enable: true }, ephemeral: { storeOverlay: "start" as const } },
      guests: {
        web: {
          microvm: {
            hypervisor: "cloud-hypervisor",
            writableStoreOverlay: "/nix/.rw-store",
            preStart: "true",
            shares: [{ source: "/srv", mountPoint: "/srv", tag: "srv", proto: "virtiofs" }],
            volumes: [
              overlay,
              { ...data, fsType: "xfs", label: "data" },
              { image: "brought.img", autoCreate: false, mountPoint: null },
            ],
          },
          fileSystems: { "/data": { options: ["nofail"] } },
        },
      },
      services: { "microvm@": { serviceConfig: { ExecStartPre: ["/bin/true"] } } },
      stateDir: "/srv/vms",
    };
    const declared = declaredIn(evaluate(asked));
    expect(schemaErrors("declared", declared)).toEqual([]);
    expect(readDeclared(JSON.stringify(declared))).toMatchObject({
      host: "atlas",
      stateDir: "/srv/vms",
      guests: [
        {
          name: "web",
          directory: "/srv/vms/web",
          hypervisor: "cloud-hypervisor",
          hostCommands: ["/bin/true"],
          writableStoreOverlay: "/nix/.rw-store",
          shares: [{ source: "/srv", mountPoint: "/srv", proto: "virtiofs" }],
          volumes: [
            { image: "nix-store-overlay.img", sizeMiB: 1024, renew: "start" },
            { image: "data.img", sizeMiB: 2048, fsType: "xfs", label: "data", renew: "never", grow: { how: "copy" } },
            { image: "brought.img", sizeMiB: null, autoCreate: false },
          ],
        },
      ],
    });
    expect(JSON.stringify(declared)).toContain('"nofail"');
  });

  test("settings of a volume go before those of its guest, and these before the host's", () => {
    const of = (lens: object) => {
      const declared = declaredIn(
        evaluate({
          lens: { enable: true, ...lens },
          guests: { web: { microvm: { volumes: [data, overlay] } }, db: web },
        }),
      ) as {
        guests: { name: string; volumes: { image: string; grow: { how: string; onFailure: string } | null }[] }[];
      };
      return Object.fromEntries(
        declared.guests.flatMap(({ name, volumes }) =>
          volumes.map(({ image, grow }) => [`${name} ${image}`, grow && `${grow.how} ${grow.onFailure}`]),
        ),
      );
    };
    expect(
      of({
        grow: { enable: true },
        guests: {
          web: {
            grow: { onFailure: "refuse" },
            volumes: {
              "data.img": { grow: { enable: false } },
              "nix-store-overlay.img": { grow: { how: "in-place" } },
            },
          },
        },
      }),
    ).toEqual({ "web data.img": null, "web nix-store-overlay.img": "in-place refuse", "db data.img": "copy start" });
    expect(of({ guests: { db: { grow: { enable: true } } } })).toEqual({
      "web data.img": null,
      "web nix-store-overlay.img": null,
      "db data.img": "copy start",
    });
  });

  test("warns where a volume that holds data is to be made anew, and not of the store overlay", () => {
    const renew = (mountPoint: string) =>
      evaluate({
        lens: { enable: true, guests: { web: { volumes: { "data.img": { renew: "start" } } } } },
        guests: { web: { microvm: { volumes: [{ ...data, mountPoint }] } } },
      }).warnings;
    expect(renew("/var/lib/postgresql")).toEqual([
      expect.stringMatching(/recreates data\.img of web .+\/var\/lib\/postgresql is lost/),
    ]);
    for (const path of ["/", "/home", "/persist/x", "/var"]) expect(renew(path)).toHaveLength(1);
    expect(renew("/nix/.rw-store")).toEqual([]);
    expect(renew("/var/cache")).toEqual([]);
  });

  test("a unit's text stays the same when a guest changes: switches restart nobody for it", () => {
    const at = (size: number, guests: readonly string[]) =>
      evaluate({
        lens: { enable: true, grow: { enable: true }, guard: { enable: true } },
        guests: Object.fromEntries(guests.map((name) => [name, { microvm: { volumes: [{ ...data, size }] } }])),
      });
    const [one, other] = [at(512, ["web"]), at(2048, ["web", "db"])];
    expect(one.services).toEqual(other.services);
    expect(one.etc["microvm-lens/declared.json"]).not.toBe(other.etc["microvm-lens/declared.json"]);
    expect(one.services["microvm@"]?.serviceConfig).toEqual({
      ExecCondition: ["+/etc/microvm-lens/start %i"],
      TimeoutStartSec: "infinity",
    });
  });

  test("the start calls what was asked for, in this order, and nothing for guests that are not declared", () => {
    const script = (lens: object) =>
      evaluate({ lens: { enable: true, ...lens }, guests: { web } }).etc["microvm-lens/start"];
    expect(script({})).toBeUndefined();
    const all = script({
      grow: { enable: true },
      guard: { enable: true },
      guests: { web: { volumes: { "data.img": { renew: "change" } } } },
    });
    expect(all?.match(/run [a-z -]+/g)).toEqual([
      "run image renew --starting --yes ",
      "run image grow --starting --yes ",
      "run start-check ",
    ]);
    expect(script({ guard: { enable: true } })?.match(/run [a-z -]+/g)).toEqual(["run start-check "]);
  });

  test("writes down what counts for guests that are deployed on their own, and where the host mounts something", () => {
    const declared = declaredIn(
      evaluate({
        lens: {
          enable: true,
          grow: { enable: true },
          ephemeral: { storeOverlay: "change", keepDays: 3 },
          guests: { lab: { grow: { onFailure: "refuse" }, volumes: { "a.img": { grow: { enable: false } } } } },
        },
        guests: { web: { microvm: { volumes: [data, { ...data, image: "/mnt/far/x.img", mountPoint: null }] } } },
        services: { "microvm@lab": { serviceConfig: { ExecStartPre: "/bin/true" } } },
        mounts: ["/", "/var", "/mnt/far"],
      }),
    );
    expect(schemaErrors("declared", declared)).toEqual([]);
    const grow = { how: "copy", mount: false, onFailure: "start" };
    const rest = { renew: "never", renewKeepDays: 3 };
    expect(declared).toMatchObject({
      mounts: ["/mnt/far", "/var"],
      others: {
        hostCommands: [],
        volume: { grow, ...rest },
        overlay: { grow, renew: "change", renewKeepDays: 3 },
        guests: {
          lab: {
            hostCommands: ["/bin/true"],
            volume: { grow: { ...grow, onFailure: "refuse" } },
            volumes: { "a.img": { volume: { grow: null }, overlay: { grow: null, renew: "change" } } },
          },
        },
      },
    });
  });

  test("writes down the services of the host that are ordered around guests, and no other ones", () => {
    const oneshot = { Type: "oneshot", RemainAfterExit: true };
    const declared = declaredIn(
      evaluate({
        lens: { enable: true },
        guests: { web },
        services: {
          wipe: {
            before: ["microvm@web.service"],
            unitConfig: { ConditionPathExists: "/etc/reset" },
            serviceConfig: { ...oneshot, ExecStart: "/bin/rm -f /x" },
          },
          asked: { serviceConfig: { ...oneshot, ExecStart: ["/bin/a", "/bin/b"] } },
          "microvm@web": { requires: ["asked.service"] },
          "install-microvm-web": { before: ["microvm@web.service"] },
          sshd: { wantedBy: ["multi-user.target"], serviceConfig: { ExecStart: "/bin/sshd" } },
        },
      }),
    );
    expect(schemaErrors("declared", declared)).toEqual([]);
    expect((declared as { units: unknown[] }).units).toMatchObject([
      { name: "asked.service", settings: { ExecStart: ["/bin/a", "/bin/b"], RemainAfterExit: ["true"] } },
      { name: "microvm@web.service", relations: { requires: ["asked.service"] }, settings: {} },
      {
        name: "wipe.service",
        relations: { before: ["microvm@web.service"] },
        unit: { ConditionPathExists: ["/etc/reset"] },
        settings: { Type: ["oneshot"], ExecStart: ["/bin/rm -f /x"] },
      },
    ]);
  });

  test("a guest that is deployed on its own says in its runner what it declares, or in its system", () => {
    const asked = { microvm: { volumes: [data, overlay], writableStoreOverlay: "/nix/.rw-store" } };
    // Real modules of microvm.nix have binScripts.
    const isReal = process.env["MICROVM_NIX"] !== undefined;
    const { runners } = evaluate({ lens: {}, guests: {}, own: { lab: asked, past: { ...asked, old: true } } });
    const line = /^\{.*$/m.exec(runners["lab"]?.scripts["microvm-lens-guest"] ?? "")?.[0] ?? "";
    expect(JSON.parse(line)).toMatchObject({
      schema: 1,
      guest: { volumes: [{ image: "data.img", sizeMiB: 2048 }, { image: "nix-store-overlay.img" }] },
    });
    expect(runners["lab"]?.etc).toEqual({});
    if (!isReal) expect(runners["past"]).toEqual({ scripts: {}, etc: { "microvm-lens/guest.json": line } });
    expect(readOwnGuest(line, "/x/lab", null)).toMatchObject({ name: "lab", own: true });
  });

  test("the guest's module lets filesystems grow at mount", () => {
    const declared = declaredIn(
      evaluate({
        lens: { enable: true },
        guests: { web: { microvm: { volumes: [data, { ...overlay, fsType: "vfat" }] }, grows: true } },
      }),
    );
    expect(declared).toMatchObject({
      guests: [
        {
          fileSystems: [
            { mountPoint: "/data", autoResize: true },
            { mountPoint: "/nix/.rw-store", autoResize: false },
          ],
        },
      ],
    });
  });

  test("the gate, the timers and the alerts ask the commands for what the options say", () => {
    const { checks, services, scripts } = evaluate({
      lens: {
        enable: true,
        gate: { enable: true },
        watch: {
          enable: true,
          onAlert: "notify@x.service",
          textfile: "/var/lib/node/microvm.prom",
          alerts: ["full=80"],
        },
        prune: { enable: true, unusedDays: 60, interval: "weekly" },
        keep: { days: 3 },
      },
      guests: { web },
    });
    expect(checks["microvm-lens"]).toMatch(/plan --declared \S+ --fail-on-broken/);
    expect(services["microvm-lens-watch"]?.startAt).toBe("*:0/15");
    expect(scripts["microvm-lens-watch"]).toMatch(
      /--output '?\/var\/lib\/node\/microvm\.prom'? \\\n\s+'?--alert'? '?full=80'?\n[\s\S]+start --no-block '?notify@x\.service'?/,
    );
    expect(services["microvm-lens-prune"]).toMatchObject({ startAt: "weekly" });
    expect(String(services["microvm-lens-prune"]?.serviceConfig["ExecStart"]).replaceAll("'", "")).toMatch(
      /prune --declared \/etc\/microvm-lens\/declared\.json --keep-days 3 --quarantine-days 30 --unused-days 60 --yes$/,
    );
  });
});
