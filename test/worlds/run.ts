import { contradictions } from "../harness/contradictions.ts";
import { Chance } from "./chance.ts";
import { type Difference, differences } from "./compare.ts";
import { type FixResult, offered, tryFix } from "./fixes.ts";
import { type Forecast, withForecast } from "./forecast.ts";
import { type Happened, happened } from "./observe.ts";
import { fstabOf } from "./play/fstab.ts";
import { clear, type Laid, layWorld, play } from "./play/player.ts";
import type { Sandbox } from "./play/sandbox.ts";
import type { World } from "./world.ts";

/** A world with what was said of it and what came. */
export interface Result {
  readonly world: World;
  readonly forecast: Pick<Forecast, "guest" | "volumes">;
  readonly happened: readonly Happened[];
  readonly differences: readonly Difference[];
  /** Where findings and forecast contradict each other. */
  readonly contradictions: readonly string[];
  readonly fixes: readonly FixResult[];
}

export interface RunOptions {
  /** Leaves the world where it was played. */
  readonly keep?: boolean;
  /** So many of the offered fixes are tried. */
  readonly fixes?: number;
}

/** Lays a world out, lets the product forecast it, plays it, compares, tries fixes, and takes it away again. */
export async function runWorld(world: World, sandbox: Sandbox, options: RunOptions = {}): Promise<Result> {
  const laid = await layWorld(world, sandbox);
  try {
    return await withForecast(laid, laid.flake, async (forecast) => {
      const played = await play(laid, sandbox);
      const entries = fstabOf(
        laid.setting,
        laid.gifts.flatMap(({ mounts }) => mounts ?? []),
      );
      const came = played.map((each) => happened(laid.setting, entries, each));
      const { guest, volumes } = forecast;
      return {
        world,
        forecast: { guest, volumes },
        happened: came,
        differences: differences(forecast, came),
        contradictions: forecast.whole ? contradictions(forecast.snapshot, forecast.whole) : ["the guest is not found"],
        fixes: await triedFixes(laid, forecast, sandbox, options.fixes ?? 0),
      };
    });
  } finally {
    if (!options.keep) clear(laid);
  }
}

async function triedFixes(laid: Laid, forecast: Forecast, sandbox: Sandbox, most: number): Promise<FixResult[]> {
  const chance = new Chance(laid.world.seed, laid.world.number, "fixes");
  const results: FixResult[] = [];
  for (const each of offered(forecast, laid.world.guest, chance, most)) {
    results.push(await tryFix(laid, forecast, each, sandbox));
  }
  return results;
}
