import { check } from "./check/check.ts";
import { explain } from "./check/explain.ts";
import { fix } from "./check/fix.ts";
import { completionsOf } from "./completions/completions.ts";
import { metrics } from "./declared/metrics.ts";
import { prune } from "./declared/prune.ts";
import { startCheck } from "./declared/start-check.ts";
import type { Command } from "./frame/command.ts";
import { image } from "./image/image.ts";
import { lsp } from "./lsp.ts";
import { explainBootCommand } from "./plan/explain-boot.ts";
import { plan } from "./plan/plan.ts";
import { inspect } from "./scan/inspect.ts";
import { report } from "./scan/report.ts";
import { scanCommand } from "./scan/scan-command.ts";
import { trend } from "./scan/trend.ts";

const completions = completionsOf(() => commands);

/** Every command there is, in the order of the help text. */
export const commands: readonly Command[] = [
  check,
  plan,
  inspect,
  scanCommand,
  fix,
  image,
  startCheck,
  metrics,
  prune,
  trend,
  report,
  explainBootCommand,
  explain,
  lsp,
  completions,
];
