import { expect, it } from "vitest";
import type { Snapshot } from "../../server/src/engine/engine.ts";
import { forecastStart } from "../../server/src/forecast/forecast.ts";
import { namedPaths } from "../../server/src/forecast/host/named.ts";
import { playBefore } from "../../server/src/forecast/host/play.ts";
import { text } from "../../server/src/forecast/host/texts.ts";
import { coursesFor } from "../../server/src/forecast/host/turns.ts";
import type { GuestForecast } from "../../server/src/forecast/volume-forecast.ts";
import type { Guest } from "../../server/src/microvm/model.ts";
import { Random } from "../harness/random.ts";
import { openWorkspace } from "../harness/workspace.ts";
import { shellParser } from "../shell/parser.ts";
import { manyUnits } from "./many-units.ts";

/** The forecasts of a guest, with only the units that matter to it or with all; and how many units were played. */
async function forecastsOf({ context }: Snapshot, guest: Guest, everyUnit: boolean) {
  const parser = await shellParser();
  const host = context.hostOf(guest);
  const units: string[] = [];
  let gaveUp = false;
  const forecasts = context.hostsOf(guest).map((facts) =>
    forecastStart({
      guest,
      facts,
      places: (volume) => context.onDisk(guest, volume).filter((each) => each.facts === facts),
      input: null,
      guestWrites: () => null,
      before: (places) => {
        const named = namedPaths(guest, host, facts.stateDir, parser);
        const prelude = { guest, host, facts, places, parser, named, everyUnit };
        units.push(...coursesFor(prelude).flatMap(({ turns }) => turns.map(({ unit }) => unit.name)));
        const before = playBefore(prelude);
        gaveUp ||= before.ways.some(({ states }) =>
          [...states.values()].some((state) => state.is === "unknown" && state.why.id === text.tooMany().id),
        );
        return before;
      },
    }),
  );
  return { units: new Set(units), said: forecasts.map(words), gaveUp };
}

function words({ verdict, volumes }: GuestForecast): string {
  const each = volumes.map(({ outcome, reasons }) => {
    const why = reasons.map(({ kind, facts }) => ("why" in facts ? `${kind} ${facts.why.id}` : kind));
    return `${outcome}: ${why.join(", ")}`;
  });
  return [verdict, ...each].join("; ");
}

/** Where a guest is told otherwise than with all units played: nowhere, unless these have more ways than can be followed. */
async function differences(
  flake: string,
  disk: readonly string[],
): Promise<{ wrong: string[]; left: number; all: number }> {
  const workspace = await openWorkspace([["/flake.nix", flake]], { disk, steps: 2_000_000 });
  try {
    const snapshot = await workspace.snapshot();
    const found = { wrong: [] as string[], left: 0, all: 0 };
    for (const guest of snapshot.declarations.guests) {
      const whole = await forecastsOf(snapshot, guest, true);
      const few = await forecastsOf(snapshot, guest, false);
      found.left += whole.units.size - few.units.size;
      found.all += whole.units.size;
      for (const [index, said] of whole.said.entries()) {
        if (said !== few.said[index] && !whole.gaveUp)
          found.wrong.push(`${guest.name} on\n${flake}\nall: ${said}\nfew: ${few.said[index]}`);
      }
    }
    return found;
  } finally {
    workspace.dispose();
  }
}

it("units that touch nothing of a guest are left out, and nothing is told otherwise", async () => {
  const disk = [0, 1, 2, 3].map((index) => `/var/lib/microvms/guest${index}/data.img raw 64MiB ext4`);
  const { wrong, left, all } = await differences(manyUnits(4, 14), disk);
  expect(wrong).toEqual([]);
  expect(left).toBeGreaterThan(all / 2);
});

const guestDir = "/var/lib/microvms/web";
const paths = [
  ...["data.img", "flag", "sub/other.img", "sub"].map((name) => `${guestDir}/${name}`),
  ...["/var/lib/site/keep", "/var/lib/site", "/srv/data/a", "/srv/data", "/var/lib/alias/data.img", "/var/lib/alias"],
  ...["/etc/lens.conf", "/run/lens/flag", "/var/cache/lens/x.img", guestDir, "/var/lib/microvms/db/data.img"],
];

/** One command of a unit, with one or two paths. */
const lines: readonly ((one: string, other: string) => string)[] = [
  (one) => `rm -rf ${one}`,
  (one) => `rm -f ${one}*`,
  (one, other) => `[ -e ${one} ] && rm -f ${other}`,
  (one, other) => `test -e ${one} || touch ${other}`,
  (one) => `mkdir -p ${one}`,
  (one) => `date > ${one}`,
  (one, other) => `mv ${one} ${other}`,
  (one, other) => `cp -n ${one} ${other}`,
  (one, other) => `ln -sfn ${one} ${other}`,
  (one) => `chown root ${one}`,
  (one) => `for each in ${one}/*; do rm -f "$each"; done`,
  (one) => `find ${one} -name '*.img' -delete`,
  (one) => `truncate -s '>128M' ${one}`,
  (one) => `some-program ${one}`,
  (one, other) => `if [ -f ${one} ]; then cat ${one} > ${other}; fi`,
  () => "systemctl restart something",
  () => "sleep 1",
];

function randomHost(seed: number): { readonly flake: string; readonly disk: readonly string[] } {
  const random = new Random(seed);
  const percent = (most: number) => random.below(100) < most;
  const below = (most: number) => random.below(most);
  const pick = <T>(list: readonly T[]): T => random.one(list);
  const unit = (index: number) => {
    const script = Array.from({ length: 1 + below(2) }, () => pick(lines)(pick(paths), pick(paths))).join("\n");
    const before = percent(50) ? 'before = [ "microvm@web.service" ];' : "";
    const by = percent(30) ? "microvm@web.service" : "multi-user.target";
    const how = pick(["wantedBy", "wantedBy", "requiredBy"]);
    return `systemd.services.unit${index} = { ${before} ${how} = [ "${by}" ]; serviceConfig.Type = "oneshot"; script = ''\n${script}\n''; };`;
  };
  const preStart = percent(40) ? `microvm.preStart = ''\n${pick(lines)(pick(paths), pick(paths))}\n'';` : "";
  const rule = percent(20) ? `systemd.tmpfiles.rules = [ "L ${pick(paths)} - - - - ${pick(paths)}" ];` : "";
  const flake = `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.host {
        ${["web", "db"].map((name) => `microvm.vms.${name}.config = { ${name === "web" ? preStart : ""} microvm.volumes = [ { image = "data.img"; mountPoint = "/data"; size = 64; } ]; };`).join("\n")}
        ${Array.from({ length: 2 + below(3) }, (_, index) => unit(index)).join("\n")}
        ${rule}
      } ];
    };
  };
}`;
  const disk = [
    ...(percent(70) ? [`${guestDir}/data.img raw 64MiB ext4`] : []),
    ...(percent(50) ? ["/var/lib/microvms/db/data.img raw 64MiB ext4"] : []),
    ...(percent(30) ? ["/var/lib/site/keep raw 1MiB ext4"] : []),
    ...(percent(20) ? ["/srv/data/a raw 64MiB ext4"] : []),
  ];
  return { flake, disk };
}

it("nor with units that touch all kinds of things", async () => {
  const runs = Number(process.env["RUNS"] ?? 40);
  const seed = Number(process.env["SEED"] ?? 1);
  const wrong: string[] = [];
  let left = 0;
  for (let index = 0; index < runs; index++) {
    const { flake, disk } = randomHost(seed * 100_000 + index);
    const found = await differences(flake, disk);
    wrong.push(...found.wrong);
    left += found.left;
  }
  expect(wrong.join("\n\n")).toBe("");
  expect(left).toBeGreaterThan(0);
});
