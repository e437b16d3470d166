import type { CodeAction, Diagnostic, Range } from "vscode-languageserver";
import { printable } from "../base/printable.ts";
import { messages, render, type Text } from "../base/text.ts";
import type { Snapshot } from "../engine/engine.ts";
import type { Finding, Fix } from "../rules/frame/rule.ts";
import { aboutRules } from "./about-rule.ts";
import { allowAction } from "./allow.ts";
import { operationOn } from "./operation.ts";
import { codeActionKind } from "./session/constants.ts";
import { extensionCommands, fixAllKind, ownCommands, source } from "./session/protocol.ts";
import type { Question, Session } from "./session/session.ts";
import { rangeOf, uriOf, workspaceEdit } from "./session/to-lsp.ts";

const text = messages("code-action", {
  several: {
    en: "This changes {count} guests: {names}",
    "zh-cn": "此更改会影响 {count} 个虚拟机：{names}",
  },
  fixAll: { en: "Apply all safe fixes of MicroVM Lens", "zh-cn": "应用 MicroVM Lens 的所有安全修复" },
});

/** What an unresolved action carries: enough to find its fix again, never its title. */
interface ActionData {
  readonly path: string;
  readonly finding: string;
  readonly fix: string;
}

/** What the client asks for: `only` limits the kinds, `diagnostics` are those that it shows there. */
export interface ActionContext {
  readonly only?: readonly string[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a list of actions is sorted by: edits here, work on the host, then what to do by hand. */
const order: readonly Fix["kind"][] = ["edit", "operation", "manual"];

/** The fixes of all findings that touch the range, by kind; then how to live with them, and what they are about. */
export function codeActions(question: Question, range: Range, context: ActionContext): CodeAction[] {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.client.codeActionLiterals || !session.settings["quickFixes.enable"]) return [];
  const actions: CodeAction[] = [];
  if (wants(context, codeActionKind.quickFix)) {
    const from = tree.lines.offset(range.start);
    const to = tree.lines.offset(range.end);
    const found = snapshot.findings.filter(({ span }) => span.file === path && span.end >= from && span.start <= to);
    const fixes = found.flatMap((finding) => fixActions(question, finding, shownOf(question, context, finding)));
    // Repairs first, then how to live with it.
    actions.push(...order.flatMap((kind) => fixes.filter((fix) => fix.kind === kind)).map(({ action }) => action));
    for (const finding of found) {
      const allow = allowAction(question, finding);
      if (allow) actions.push(withDiagnostics(allow, shownOf(question, context, finding)));
    }
    actions.push(
      ...aboutRules(
        session,
        found.map(({ rule }) => rule),
      ),
    );
  }
  if (context.only?.some((kind) => covers(kind, fixAllKind))) actions.push(...fixAll(question));
  return actions;
}

interface FixAction {
  readonly kind: Fix["kind"];
  readonly action: CodeAction;
}

/** The fixes of one finding; at most one of them is what was most likely meant. */
function fixActions(question: Question, finding: Finding, shown: readonly Diagnostic[]): FixAction[] {
  const fixes = question.snapshot.fixes(finding);
  const preferred =
    fixes.find((fix) => fix.kind === "operation" && fix.preferred) ??
    fixes.find((fix) => fix.kind === "edit" && fix.safety === "safe");
  return fixes.flatMap((fix) => {
    const action = quickFix(question, finding, fix);
    if (!action) return [];
    const whole = fix === preferred ? { ...action, isPreferred: true } : action;
    return [{ kind: fix.kind, action: withDiagnostics(whole, shown) }];
  });
}

function withDiagnostics(action: CodeAction, shown: readonly Diagnostic[]): CodeAction {
  return shown.length > 0 ? { ...action, diagnostics: [...shown] } : action;
}

/** Those of the diagnostics that the client shows there that are this finding. */
function shownOf({ snapshot, path }: Question, { diagnostics }: ActionContext, finding: Finding): Diagnostic[] {
  const lines = snapshot.tree(path)?.lines;
  return lines ? diagnostics.filter((each) => shows(each, finding, rangeOf(lines, finding.span))) : [];
}

/** Adds the edit to an action that was sent without; null when its finding or fix is gone. */
export function resolveCodeAction(session: Session, snapshot: Snapshot, action: CodeAction): CodeAction | null {
  const data = action.data as Partial<ActionData> | undefined;
  if (action.edit || action.command || !data) return action;
  for (const finding of snapshot.findings) {
    if (finding.span.file !== data.path || findingKey(finding) !== data.finding) continue;
    const fix = snapshot.fixes(finding).find((each) => each.id === data.fix);
    if (fix?.kind !== "edit") continue;
    const edit = editOf(session, snapshot, fix);
    return edit ? { ...action, edit, ...telling(session, fix, data.path) } : null;
  }
  return null;
}

function quickFix({ session, snapshot, path }: Question, finding: Finding, fix: Fix): CodeAction | null {
  const title = printable(render(fix.title, session.locale));
  const action: CodeAction = { title, kind: codeActionKind.quickFix };
  if (fix.kind === "operation") return { ...action, command: operationOn(session, title, fix) };
  if (fix.kind === "manual") {
    const argument = { title, advice: render(fix.advice, session.locale) };
    return { ...action, command: { title, command: ownCommands.showAdvice, arguments: [argument] } };
  }
  // A client that cannot show an edit before it is applied still gets it: the title says how many guests change.
  if (session.client.resolvesEdits) {
    const data: ActionData = { path, finding: findingKey(finding), fix: fix.id };
    return { ...action, data };
  }
  const edit = editOf(session, snapshot, fix);
  return edit ? { ...action, edit, ...telling(session, fix, path) } : null;
}

/** After an edit of files that nobody looks at: which ones, so that they are not forgotten unsaved. */
function telling(session: Session, fix: Extract<Fix, { kind: "edit" }>, path: string): Pick<CodeAction, "command"> {
  const others = [...new Set(fix.edits.map(({ span }) => span.file))].filter((file) => file !== path);
  if (others.length === 0 || !session.client.extension) return {};
  const uris = others.map((file) => uriOf(file, session.documents));
  return {
    command: { title: render(fix.title, session.locale), command: extensionCommands.tellEdited, arguments: [uris] },
  };
}

function editOf(session: Session, snapshot: Snapshot, fix: Extract<Fix, { kind: "edit" }>) {
  const asks = session.client.changeAnnotations && session.client.documentChanges && fix.guests.length > 1;
  const question = asks ? render(severalGuests(fix.guests), session.locale) : null;
  return workspaceEdit(snapshot, fix, {
    documents: session.documents,
    documentChanges: session.client.documentChanges,
    confirm: question,
  });
}

/** The question that is put to the user before an edit that several guests share. */
export function severalGuests(guests: readonly string[]): Text {
  return text.several({
    count: guests.length,
    names: guests.slice(0, 12).join(", ") + (guests.length > 12 ? " …" : ""),
  });
}

/** One action with every safe edit of the file that does not overlap one before it. */
function fixAll({ session, snapshot, path }: Question): CodeAction[] {
  const edits: Extract<Fix, { kind: "edit" }>["edits"][number][] = [];
  for (const finding of snapshot.findings) {
    if (finding.span.file !== path) continue;
    const fix = snapshot.fixes(finding).find((each) => each.kind === "edit" && each.safety === "safe");
    if (fix?.kind !== "edit") continue;
    const overlaps = fix.edits.some((edit) =>
      edits.some(
        (taken) =>
          taken.span.file === edit.span.file && taken.span.start <= edit.span.end && edit.span.start <= taken.span.end,
      ),
    );
    if (!overlaps) edits.push(...fix.edits);
  }
  if (edits.length === 0) return [];
  const title = text.fixAll();
  const all: Extract<Fix, { kind: "edit" }> = { kind: "edit", id: "all", title, safety: "safe", edits, guests: [] };
  const edit = editOf(session, snapshot, all);
  return edit ? [{ title: render(title, session.locale), kind: fixAllKind, edit }] : [];
}

/** Stable for as long as the finding stands where it is. */
function findingKey(finding: Finding): string {
  return `${finding.rule} ${finding.span.start} ${finding.span.end} ${finding.message.id} ${finding.guests.join(" ")}`;
}

function shows(diagnostic: Diagnostic, finding: Finding, range: Range): boolean {
  const at = diagnostic.range;
  return (
    diagnostic.source === source &&
    diagnostic.code === finding.rule &&
    at.start.line === range.start.line &&
    at.start.character === range.start.character &&
    at.end.line === range.end.line &&
    at.end.character === range.end.character
  );
}

function wants(context: ActionContext, kind: string): boolean {
  return !context.only || context.only.some((wanted) => covers(wanted, kind));
}

/** Kinds are a hierarchy: `source.fixAll` asks for `source.fixAll.microvm-lens` too. */
function covers(wanted: string, kind: string): boolean {
  return wanted === "" || kind === wanted || kind.startsWith(`${wanted}.`);
}
