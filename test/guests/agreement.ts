import { explainBoot } from "../../server/src/boot-log/blame.ts";
import { logEvents } from "../../server/src/boot-log/events.ts";
import { logLines } from "../../server/src/boot-log/lines.ts";
import type { Outcome } from "../../server/src/forecast/outcome.ts";
import { known } from "../../server/src/microvm/model.ts";
import { type DeclaredVolume, mountsOf } from "./declaration.ts";
import type { Foretold } from "./foretell.ts";
import type { Seen } from "./play.ts";
import { type Scenario, secondOf } from "./scenario.ts";

/** Where what was foretold is not what came; empty: it came true. */
export function disagreements(
  scenario: Scenario,
  foretold: Foretold | undefined,
  seen: Seen | undefined,
): readonly string[] {
  if (foretold === undefined) return ["nothing was foretold"];
  if (seen === undefined) return ["nothing was seen"];
  const wrong: string[] = [];
  let isOpen = false;
  for (const volume of secondOf(scenario).volumes) {
    const said = foretold.volumes.get(volume.image);
    // Whether the overlay's directories are on a full volume already is not seen from outside.
    if (said?.outcome === "unknown" && said.reasons.includes("overlay-full")) {
      isOpen = true;
      continue;
    }
    const came = outcomesOf(scenario, volume, seen);
    if (said === undefined || !came.includes(said.outcome)) {
      wrong.push(`${volume.image}: foretold ${said?.outcome} (${said?.reasons.join(", ")}), came ${came.join(" or ")}`);
    }
  }
  const verdicts =
    seen.end !== "up" ? ["does-not-start"] : isWhole(scenario, seen) ? ["starts", "starts-but"] : ["starts-but"];
  if (!isOpen && !verdicts.includes(foretold.verdict))
    wrong.push(`foretold ${foretold.verdict}, came ${verdicts.join(" or ")}`);
  if (scenario.used)
    wrong.push(...foretold.findings.map((each) => `a finding about an image that is merely used: ${each}`));
  return wrong.length === 0 ? [] : [...wrong, ...seen.log];
}

/** What explain-boot makes of the log of a start: whether it names a link, and where that is not the one that the disk tells. */
export function blame(foretold: Foretold, seen: Seen): { readonly named: boolean; readonly wrong: readonly string[] } {
  const { breaks } = explainBoot(
    foretold.guest,
    logEvents(logLines(seen.log.join("\n")), () => true),
  );
  const wrong = breaks.flatMap(({ volume, link, by }) => {
    const image = (volume && known(volume.image)) ?? null;
    const broken = image === null ? undefined : foretold.volumes.get(image)?.broken;
    return broken === link ? [] : [`${image}: blamed the ${link} by "${by.line.text}", it is the ${broken}`];
  });
  return { named: breaks.length > 0, wrong };
}

/** The words for what came of one volume. */
function outcomesOf(scenario: Scenario, volume: DeclaredVolume, seen: Seen): readonly Outcome[] {
  if (seen.end === "no start") return ["no-start"];
  const made = seen.made.get(volume.image) ?? "none";
  const used: Outcome = made !== "none" ? made : seen.lengthened.has(volume.image) ? "grow" : "reuse";
  if (volume.mountPoint === null) return scenario.blank ? ["blank"] : [used];
  const { overlay } = secondOf(scenario);
  const store = overlay?.startsWith(volume.mountPoint) ? seen.mounts.get("/nix/store") : undefined;
  if (store?.is === "mounted" && store.type === "tmpfs") return ["in-ram"];
  const mount = seen.mounts.get(volume.mountPoint);
  // The guest stopped before it came to this one.
  if (mount === undefined) return [used, "not-mount"];
  if (mount.is === "failed") return scenario.blank ? ["blank"] : ["not-mount"];
  // What the volume is for does not come about, and the guest does not boot.
  if (store?.is === "failed") return ["no-start"];
  if (mount.is === "mounted" && mount.grown) return ["grow"];
  // The file is the same, and the guest made the filesystem in it.
  if (scenario.formats && used === "reuse") return ["create"];
  return [used];
}

/** Everything that is declared to be mounted is, and can be written to where it should. */
function isWhole(scenario: Scenario, seen: Seen): boolean {
  const declaration = secondOf(scenario);
  const mounted = mountsOf(declaration).every(({ mountPoint, options }) => {
    return options.includes("noauto") || seen.mounts.get(mountPoint)?.is === "mounted";
  });
  const store = seen.mounts.get("/nix/store");
  return mounted && (store === undefined || (store.is === "mounted" && store.writable && store.type !== "tmpfs"));
}
