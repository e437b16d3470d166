import { pathToFileURL } from "node:url";
import type { Artifact, Fix, Location, Log, Notification, ReportingDescriptor, Result, Suppression } from "sarif";
import type { TextEdit } from "../../base/edit.ts";
import type { LineIndex } from "../../base/lines.ts";
import { printableJson } from "../../base/printable.ts";
import type { Severity } from "../../rules/frame/rule.ts";
import type { CheckReport, ReportedFinding, ReportedFix } from "../check/check-report.ts";
import type { ReportedNotJudged } from "../check/not-judged-report.ts";
import { pathForTools } from "../frame/display-path.ts";
import type { ReportedPlace } from "../frame/reported-place.ts";
import type { JsonOptions } from "./json.ts";

/** What SARIF tells about a rule: from the rule's own documentation. */
export interface SarifRule {
  readonly id: string;
  readonly severity: Severity;
  readonly summary: string;
  /** Markdown. */
  readonly why: string;
}

export interface SarifOptions extends JsonOptions {
  readonly version: string;
  readonly rules: readonly SarifRule[];
  /** Findings that a comment allows, told of as suppressed ones; null: they are left out. */
  readonly allowed: readonly ReportedFinding[] | null;
  /** Line index of a file, for the places of edits. */
  lines(file: string): LineIndex | null;
}

const levels = { error: "error", warning: "warning", information: "note", hint: "note" } as const;

/** Findings as SARIF 2.1.0, as GitHub code scanning and other dashboards read it. */
export function sarif(report: CheckReport, options: SarifOptions): string {
  const findings = [...report.findings, ...(options.allowed ?? [])];
  const used = new Set(findings.map(({ rule }) => rule));
  const rules = options.rules.filter(({ id }) => used.has(id));
  const known = new Map(rules.map(({ id }, index) => [id, index]));
  const open = report.notJudged.reported.flatMap(({ place, ...item }) => (place === null ? [] : [{ ...item, place }]));
  const artifacts = [...new Set([...findings, ...open].map(({ place }) => place.file))].map(
    (file): Artifact => ({ location: { uri: uri(file, options) }, sourceLanguage: "nix" }),
  );
  const log: Log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "MicroVM Lens",
            semanticVersion: options.version,
            rules: [...rules.map(descriptor), ...(open.length > 0 ? [notJudgedDescriptor] : [])],
          },
        },
        columnKind: "utf16CodeUnits",
        artifacts,
        results: [
          ...findings.map((finding) => result(finding, known.get(finding.rule), options)),
          ...open.map((item) => openResult(item, rules.length, options)),
        ],
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: report.notJudged.reported
              .filter(({ place }) => place === null)
              .map(notification),
          },
        ],
      },
    ],
  };
  return `${printableJson(log, 2)}\n`;
}

function descriptor(rule: SarifRule): ReportingDescriptor {
  return {
    id: rule.id,
    shortDescription: { text: rule.summary },
    fullDescription: { text: rule.summary },
    help: { text: rule.why, markdown: rule.why },
    defaultConfiguration: { level: levels[rule.severity] },
  };
}

function result(finding: ReportedFinding, ruleIndex: number | undefined, options: SarifOptions): Result {
  const related = finding.notes.flatMap(({ message, place }) => (place === null ? [] : [{ message, place }]));
  const fixes = finding.fixes.flatMap((fix) => sarifFix(fix, options));
  const notes = finding.notes.map(({ message }) => message);
  return {
    ruleId: finding.rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: levels[finding.severity],
    message: { text: [finding.message, ...notes].join("\n") },
    locations: [location(finding.place, options)],
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map(({ message, place }, id) => ({
            id,
            ...location(place, options),
            message: { text: message },
          })),
        }),
    ...(fixes.length === 0 ? {} : { fixes }),
    // Where one result says whether it is suppressed, every one has to: without the word, nobody knows (SARIF 2.1.0 §3.27.23).
    ...(options.allowed === null ? {} : { suppressions: suppressions(finding) }),
    properties: { guests: finding.guests, severity: finding.severity },
  };
}

/** The id of what is no rule's: that something could not be judged. */
const notJudgedId = "not-judged";

const notJudgedDescriptor: ReportingDescriptor = {
  id: notJudgedId,
  shortDescription: { text: "Something could not be judged" },
  fullDescription: { text: "Something could not be judged: the message says why, and what to do" },
  defaultConfiguration: { level: "none" },
};

/**
 * What has a place in the configuration and could not be judged: "open", the standard's word for "there was not enough to
 * decide" (SARIF 2.1.0 §3.27.9), which dashboards show beside the line.
 */
function openResult(item: Located, ruleIndex: number, options: SarifOptions): Result {
  return {
    ruleId: notJudgedId,
    ruleIndex,
    kind: "open",
    level: "none",
    message: { text: `${item.name}: ${item.reason}\n${item.toDo}` },
    locations: [location(item.place, options)],
    ...(options.allowed === null ? {} : { suppressions: [] }),
    properties: { guests: item.guests, cause: item.cause, volumes: item.volumes },
  };
}

type Located = ReportedNotJudged & { readonly place: ReportedPlace };

/** What has none: a host. */
function notification({ name, reason, toDo, cause, volumes, guests }: ReportedNotJudged): Notification {
  return {
    level: "warning",
    descriptor: { id: notJudgedId },
    message: { text: `${name}: ${reason}\n${toDo}` },
    properties: { guests, cause, volumes },
  };
}

function suppressions({ allowed }: ReportedFinding): Suppression[] {
  if (allowed === undefined) return [];
  return [{ kind: "inSource", ...(allowed === "" ? {} : { justification: allowed }) }];
}

function location(place: ReportedPlace, options: SarifOptions): Location {
  return {
    physicalLocation: {
      artifactLocation: { uri: uri(place.file, options) },
      region: {
        startLine: place.start.line,
        startColumn: place.start.column,
        endLine: place.end.line,
        endColumn: place.end.column,
      },
    },
  };
}

/** Only edits: SARIF has no word for what happens on a host. */
function sarifFix({ fix, title }: ReportedFix, options: SarifOptions): Fix[] {
  if (fix.kind !== "edit") return [];
  const files = [...new Set(fix.edits.map(({ span }) => span.file))];
  const changes = files.map((file) => ({
    artifactLocation: { uri: uri(file, options) },
    replacements: fix.edits.filter(({ span }) => span.file === file).map((edit) => replacement(edit, options)),
  }));
  return [{ description: { text: title }, artifactChanges: changes }];
}

function replacement({ span, newText }: TextEdit, options: SarifOptions) {
  const lines = options.lines(span.file);
  const start = lines?.position(span.start) ?? { line: 0, character: 0 };
  const end = lines?.position(span.end) ?? start;
  return {
    deletedRegion: {
      startLine: start.line + 1,
      startColumn: start.character + 1,
      endLine: end.line + 1,
      endColumn: end.character + 1,
    },
    insertedContent: { text: newText },
  };
}

/** A relative URI below the working directory (code scanning takes it as below the repository), else a file URI. */
function uri(file: string, options: JsonOptions): string {
  const path = pathForTools(file, options.cwd, options.roots);
  if (path === file) return pathToFileURL(file).href;
  return path.split("/").map(encodeURIComponent).join("/");
}
