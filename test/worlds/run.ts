import { type Difference, differences } from "./compare.ts";
import { type Forecast, withForecast } from "./forecast.ts";
import { type Happened, happened } from "./observe.ts";
import { fstabOf } from "./play/fstab.ts";
import { clear, layWorld, play } from "./play/player.ts";
import type { Sandbox } from "./play/sandbox.ts";
import type { World } from "./world.ts";

/** A world with what was said of it and what came. */
export interface Result {
  readonly world: World;
  readonly forecast: Pick<Forecast, "guest" | "volumes">;
  readonly happened: readonly Happened[];
  readonly differences: readonly Difference[];
}

/** Lays a world out, lets the product forecast it, plays it, compares, and takes it away again. */
export async function runWorld(world: World, sandbox: Sandbox, keep = false): Promise<Result> {
  const laid = await layWorld(world, sandbox);
  try {
    const forecast = await withForecast(laid, async (said) => said);
    const played = await play(laid, sandbox);
    const entries = fstabOf(
      laid.setting,
      laid.gifts.flatMap(({ mounts }) => mounts ?? []),
    );
    const came = played.map((each) => happened(laid.setting, entries, each));
    const { guest, volumes } = forecast;
    return { world, forecast: { guest, volumes }, happened: came, differences: differences(forecast, came) };
  } finally {
    if (!keep) clear(laid);
  }
}
