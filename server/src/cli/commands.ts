import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { completionsOf } from "./completions.ts";
import { explain } from "./explain.ts";
import { explainBootCommand } from "./explain-boot.ts";
import { fix } from "./fix.ts";
import { image } from "./image.ts";
import { inspect } from "./inspect.ts";
import { lsp } from "./lsp.ts";
import { metrics } from "./metrics.ts";
import { plan } from "./plan.ts";
import { prune } from "./prune.ts";
import { report } from "./report.ts";
import { scanCommand } from "./scan-command.ts";
import { startCheck } from "./start-check.ts";
import { trend } from "./trend.ts";

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
