import { printable } from "../../base/printable.ts";
import { type Locale, render } from "../../base/text.ts";
import type { Snapshot } from "../../engine/engine.ts";
import { rules } from "../../rules/frame/registry.ts";
import { type Severity, severities } from "../../rules/frame/rule.ts";
import { github } from "../formats/github.ts";
import { json } from "../formats/json.ts";
import { pretty } from "../formats/pretty.ts";
import { sarif } from "../formats/sarif.ts";
import {
  type Arguments,
  type Command,
  type ExitCode,
  flag,
  oneOf,
  type Terminal,
  UsageError,
} from "../frame/command.ts";
import { hostHelp, hostOptions } from "../frame/hosts.ts";
import { done, type Opened, open, pathHelp, ruleHelp, ruleOptions } from "../frame/open.ts";
import { problems } from "../frame/problems.ts";
import { version } from "../frame/version.ts";
import { tellStatus } from "../scan/status.ts";
import { allowedFindings, type CheckReport, checkReport } from "./check-report.ts";

const formats = ["pretty", "json", "sarif", "github"] as const;
const levels = [...severities, "never"] as const;

export const check: Command = {
  name: "check",
  summary: "what is wrong with the volumes, with source lines and fixes",
  usage: "check [OPTION…] [PATH…]",
  help: `
Compares what the configuration declares with what is on disk.
${pathHelp}${hostHelp}
  --format FORMAT     pretty (default), json, sarif (2.1.0) or github (annotations in GitHub Actions)
  --json              the same as --format json
  --with-allowed      with --format sarif: findings that a comment allows too, marked as suppressed
  --fail-on LEVEL     exit with 1 from this severity on: error (default), warning, information, hint or never
  --strict            exit with 1 also when something could not be judged${ruleHelp}
`,
  options: {
    ...hostOptions,
    ...ruleOptions,
    format: { type: "string" },
    json: { type: "boolean" },
    "fail-on": { type: "string" },
    "with-allowed": { type: "boolean" },
    strict: { type: "boolean" },
  },
  async run(args, terminal) {
    const format = flag(args, "json") ? "json" : oneOf(args, "format", formats, "pretty");
    if (flag(args, "with-allowed") && format !== "sarif") throw new UsageError(problems.onlySarif());
    const failOn = oneOf(args, "fail-on", levels, "error");
    const opened = await open(args, terminal, { disk: true });
    try {
      const snapshot = await opened.engine.snapshot();
      const report = checkReport(snapshot, args.locale, opened.only);
      tellStatus(report.notJudged, snapshot, args.locale, terminal);
      terminal.out(written(report, snapshot, format, args, terminal, opened));
      return done(opened, snapshot, fails(report, failOn, flag(args, "strict")));
    } finally {
      opened.engine.dispose();
    }
  },
};

function written(
  report: CheckReport,
  snapshot: Snapshot,
  format: (typeof formats)[number],
  args: Arguments,
  { cwd, colour }: Terminal,
  { roots, only, levels }: Opened,
): string {
  const { locale } = args;
  switch (format) {
    case "pretty":
      return pretty(report, { cwd, colour: colour.out, locale });
    case "json":
      return json(report, { cwd, roots });
    case "github":
      return github(report, { cwd, roots, locale });
    case "sarif":
      return sarif(report, {
        cwd,
        roots,
        version,
        allowed: flag(args, "with-allowed") ? allowedFindings(snapshot, levels, locale, only) : null,
        rules: describedRules(locale),
        lines: (file) => snapshot.tree(file)?.lines ?? null,
      });
  }
}

function describedRules(locale: Locale) {
  return rules.map(({ id, severity, docs }) => ({
    id,
    severity,
    summary: printable(render(docs.summary, locale)),
    why: render(docs.why, locale),
  }));
}

function fails(report: CheckReport, failOn: Severity | "never", strict: boolean): ExitCode {
  if (strict && report.notJudged.items.length > 0) return 1;
  if (failOn === "never") return 0;
  const from = severities.indexOf(failOn);
  return report.findings.some(({ severity }) => severities.indexOf(severity) >= from) ? 1 : 0;
}
