import { render } from "../../server/src/base/text.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { Engine, type Snapshot } from "../../server/src/engine/engine.ts";
import { planGuests, ruleNamed, whyOf } from "../../server/src/forecast/plan.ts";
import type { GuestForecast } from "../../server/src/forecast/volume-forecast.ts";
import { testParser } from "../harness/memory-files.ts";
import { shellParser } from "../shell/parser.ts";
import type { Laid } from "./play/player.ts";
import { accounts } from "./play/sandbox.ts";

/** What the product says about one volume, in the words of the forecast. */
export interface Said {
  readonly word: string;
  readonly reason: string;
  readonly rule: string | null;
  /** Something that decides cannot be seen from outside, and the reasons say so: the word may turn out otherwise. */
  readonly may: boolean;
}

export interface Forecast {
  /** Null: the product has no word for it. */
  readonly guest: string | null;
  readonly volumes: readonly Said[];
  /** The whole of it; null where the guest was not found. */
  readonly whole: GuestForecast | null;
  readonly snapshot: Snapshot;
}

/** Opens the declaration in a folder with the real engine and a real look at the world's disk; hands over what it says. */
export async function withForecast<T>(
  { setting, world }: Laid,
  flake: string,
  use: (forecast: Forecast) => Promise<T>,
): Promise<T> {
  const engine = new Engine({
    parser: await testParser(),
    loadShell: shellParser,
    roots: [flake],
    stateDir: setting.stateDir,
    settings: { hosts: [], rules: {} },
    createProbe: ({ name }) => {
      const probe = createLocalProbe({ host: name });
      return {
        host: name,
        // The accounts of the world's host are the only thing that is made up.
        observe: async (request, signal) => ({
          ...(await probe.observe(request, signal)),
          microvmUser: { state: "seen", value: accounts, by: "test" },
        }),
      };
    },
    onBug: (bug) => {
      throw new Error(JSON.stringify(bug));
    },
  });
  try {
    const snapshot = await engine.snapshot();
    return await use(forecastOf(snapshot, world.guest));
  } finally {
    engine.dispose();
  }
}

function forecastOf(snapshot: Snapshot, guest: string): Forecast {
  const plans = planGuests(snapshot.context).filter((plan) => plan.guest.name === guest && plan.facts !== null);
  const plan = plans.find((each) => each.guest.host !== null) ?? plans[0];
  const volumes = (plan?.volumes ?? []).map((volume) => ({
    word: volume.outcome,
    reason: render(whyOf(volume)),
    rule: ruleNamed(volume),
    may: volume.reasons.some(({ kind }) => kind === "overlay-full"),
  }));
  return { guest: plan?.verdict ?? null, whole: plan ?? null, volumes, snapshot };
}
