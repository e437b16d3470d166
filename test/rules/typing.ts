import { readFileSync } from "node:fs";
import { render } from "../../server/src/base/text.ts";
import { spanOf } from "../../server/src/nix/syntax/ast.ts";
import type { SyntaxTree } from "../../server/src/nix/syntax/tree.ts";
import { descendantsOf } from "../../server/src/nix/syntax/views.ts";
import type { Finding } from "../../server/src/rules/frame/rule.ts";
import { parseFixture } from "../harness/fixture.ts";
import type { Random } from "../harness/random.ts";
import { openWorkspace, type TestWorkspace } from "../harness/workspace.ts";

/** How an editor closes brackets and quotes that are typed. */
export type Closing = "by itself" | "by hand";

/** What was told while one piece of a file was typed anew. */
export interface Typed {
  /** Texts that did not parse. */
  readonly broken: number;
  /** Findings that are true of the text before and after a stretch of texts that do not parse, one for each stretch. */
  readonly lasting: number;
  /** Of these, the ones that were missing somewhere in between. */
  readonly flickered: readonly string[];
  /** Findings beside a syntax error that neither the last whole text has nor the next one. */
  readonly untrue: readonly string[];
}

const pairs: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")", '"': '"' };

/** The texts between the brackets, quotes and the cursor after each key, with what the editor adds. */
export function* keystrokes(piece: string, closing: Closing): Generator<string> {
  if (closing === "by hand") {
    for (let end = 1; end <= piece.length; end++) yield piece.slice(0, end);
    return;
  }
  let open = "";
  for (let at = 0; at < piece.length; at++) {
    const key = piece[at] as string;
    // The editor's own closing mark is typed over.
    if (open.startsWith(key)) open = open.slice(1);
    else if (pairs[key]) open = pairs[key] + open;
    yield piece.slice(0, at + 1) + open;
  }
}

/** Takes some pieces of a fixture out, one after the other, and types each again. */
export async function retype(path: string, random: Random, pieces: number, closing: Closing): Promise<Typed> {
  const { files, disk, settings } = parseFixture(readFileSync(path, "utf8"));
  const workspace = await openWorkspace(files, { disk, settings });
  const sum = { broken: 0, lasting: 0, flickered: [] as string[], untrue: [] as string[] };
  try {
    for (const [name, whole] of files) {
      if (!name.endsWith(".nix")) continue;
      const { tree } = await workspace.snapshot();
      const parsed = tree(workspace.path(name));
      if (!parsed || parsed.errors.length > 0) continue;
      const places = piecesOf(parsed);
      for (let n = 0; n < pieces && places.length > 0; n++) {
        const { start, end } = random.one(places);
        const seen = await type(workspace, name, whole, start, end, closing);
        sum.broken += seen.broken;
        sum.lasting += seen.lasting;
        sum.flickered.push(...seen.flickered);
        sum.untrue.push(...seen.untrue);
      }
    }
    return sum;
  } finally {
    workspace.dispose();
  }
}

/** Bindings and elements of lists that are typed in one go. */
function piecesOf({ root }: SyntaxTree): { readonly start: number; readonly end: number }[] {
  return [...descendantsOf(root)]
    .filter((node) => node.kind === "binding" || node.parent?.kind === "list")
    .map(spanOf)
    .filter(({ start, end }) => end - start < 160);
}

async function type(
  workspace: TestWorkspace,
  name: string,
  whole: string,
  start: number,
  end: number,
  closing: Closing,
): Promise<Typed> {
  const file = workspace.path(name);
  const look = async (text: string) => {
    workspace.engine.setDocument(file, text);
    const snapshot = await workspace.snapshot();
    return {
      text,
      isWhole: (snapshot.tree(file)?.errors.length ?? 0) === 0,
      findings: new Set(snapshot.findings.map((finding) => shown(finding))),
    };
  };
  let last = await look(whole.slice(0, start) + whole.slice(end));
  let stretch: (typeof last)[] = [];
  const result = { broken: 0, lasting: 0, flickered: [] as string[], untrue: [] as string[] };
  for (const typed of keystrokes(whole.slice(start, end), closing)) {
    const now = await look(whole.slice(0, start) + typed + whole.slice(end));
    if (!now.isWhole) {
      result.broken++;
      stretch.push(now);
      continue;
    }
    for (const finding of last.findings) {
      if (stretch.length === 0 || !last.isWhole || !now.findings.has(finding)) continue;
      result.lasting++;
      if (stretch.some(({ findings }) => !findings.has(finding))) result.flickered.push(finding);
    }
    for (const { findings, text } of stretch) {
      for (const finding of findings) {
        if (last.findings.has(finding) || now.findings.has(finding)) continue;
        result.untrue.push(`${finding}\nin\n${text}`);
      }
    }
    last = now;
    stretch = [];
  }
  return result;
}

function shown({ rule, guests, message }: Finding): string {
  return `${rule} (${guests.join(", ")}): ${render(message)}`;
}
