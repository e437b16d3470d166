import type { CodeAction } from "vscode-languageserver";
import { messages, render } from "../base/text.ts";
import type { SyntaxTree } from "../nix/syntax/tree.ts";
import type { Finding, Fix } from "../rules/frame/rule.ts";
import { codeActionKind } from "./session/constants.ts";
import { nodesAround } from "./session/locate.ts";
import type { Question } from "./session/session.ts";
import { workspaceEdit } from "./session/to-lsp.ts";

const text = messages("allow", {
  title: {
    en: "Allow this here (# microvm-lens: allow {rule})",
    "zh-cn": "在此处允许（# microvm-lens: allow {rule}）",
  },
});

/** Rules about these comments themselves: allowing them would be a riddle. */
const never: ReadonlySet<string> = new Set(["unknown-suppression", "unused-suppression"]);

/** The last way out: a comment above the line that allows the finding there. Null where a comment cannot stand. */
export function allowAction({ session, snapshot, path }: Question, finding: Finding): CodeAction | null {
  const tree = snapshot.tree(path);
  if (!tree || never.has(finding.rule)) return null;
  const { line } = tree.lines.position(finding.span.start);
  const start = tree.lines.lineStart(line);
  if (!isBetweenTokens(tree, start)) return null;
  const indentation = /^[\t ]*/.exec(tree.text.slice(start))?.[0] ?? "";
  const newText = `${indentation}# microvm-lens: allow ${finding.rule}\n`;
  const title = text.title({ rule: finding.rule });
  const fix: Extract<Fix, { kind: "edit" }> = {
    kind: "edit",
    id: "allow",
    title,
    safety: "review",
    edits: [{ span: { file: path, start, end: start }, newText }],
    guests: [],
  };
  const edit = workspaceEdit(snapshot, fix, {
    documents: session.documents,
    documentChanges: session.client.documentChanges,
    confirm: null,
  });
  return edit && { title: render(title, session.locale), kind: codeActionKind.quickFix, edit };
}

/** True where a comment may be inserted: not inside of a string, a path or another comment. */
function isBetweenTokens(tree: SyntaxTree, offset: number): boolean {
  if (tree.comments().some(({ start, end }) => start < offset && offset < end)) return false;
  return nodesAround(tree.root, offset).every(
    ({ node, start }) =>
      (node.kind !== "string" && node.kind !== "path" && node.kind !== "text") ||
      offset <= start ||
      offset >= start + node.length,
  );
}
