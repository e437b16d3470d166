import { render } from "../../server/src/base/text.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { Engine } from "../../server/src/engine/engine.ts";
import { chainOf, type LinkName } from "../../server/src/forecast/chain.ts";
import type { Outcome, Verdict } from "../../server/src/forecast/outcome.ts";
import { type Guest, known } from "../../server/src/microvm/model.ts";
import { testParser } from "../harness/memory-files.ts";
import { shellParser } from "../shell/parser.ts";
import { microvmUser, type ScratchHost } from "./host.ts";

/** What is said of the next start of one guest before it happens. */
export interface Foretold {
  readonly verdict: Verdict;
  /** By image: what comes of it, why, and the link at which its way ends or may end. */
  readonly volumes: ReadonlyMap<string, VolumeForetold>;
  /** The findings of `check` about it: rule and message. */
  readonly findings: readonly string[];
  readonly guest: Guest;
}

export interface VolumeForetold {
  readonly outcome: Outcome;
  readonly reasons: readonly string[];
  readonly broken: LinkName | null;
}

/** The forecast of every guest that the host's flake declares, through the engine on the real state directory. */
export async function foretell(host: ScratchHost): Promise<ReadonlyMap<string, Foretold>> {
  const engine = new Engine({
    parser: await testParser(),
    loadShell: shellParser,
    roots: [host.flake],
    stateDir: host.stateDir,
    settings: { hosts: [], rules: {} },
    createProbe: ({ name }) => {
      const probe = createLocalProbe({ host: name });
      return {
        host: name,
        // This machine has no user microvm: the accounts are the only thing that is made up.
        observe: async (request, signal) => ({
          ...(await probe.observe(request, signal)),
          microvmUser: { state: "seen", value: microvmUser, by: "test" },
        }),
      };
    },
  });
  try {
    const { context, declarations, findings } = await engine.snapshot();
    const told = new Map<string, Foretold>();
    for (const guest of declarations.guests) {
      const [forecast, ...others] = context.forecasts(guest);
      if (forecast === undefined || others.length > 0) throw new Error(`${guest.name} is not forecast once`);
      const volumes = forecast.volumes.map((each): [string, VolumeForetold] => {
        const broken = chainOf(each).find(({ state }) => state === "broken" || state === "open")?.name ?? null;
        const reasons = each.reasons.map(({ kind }) => kind);
        return [known(each.volume.image) ?? "", { outcome: each.outcome, reasons, broken }];
      });
      const own = findings.filter(({ guests }) => guests.includes(guest.name));
      const said = own.map(({ rule, message }) => `${rule}: ${render(message)}`);
      told.set(guest.name, { verdict: forecast.verdict, volumes: new Map(volumes), findings: said, guest });
    }
    return told;
  } finally {
    engine.dispose();
  }
}
