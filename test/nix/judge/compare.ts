import { gather } from "../../../server/src/nix/eval/dependencies.ts";
import { hasDismissed } from "../../../server/src/nix/eval/dismissals.ts";
import { isCatchable, isError } from "../../../server/src/nix/eval/ops.ts";
import { encode } from "../../harness/encode.ts";
import { evaluateText, show, testFile } from "../../harness/evaluate.ts";
import { testParser } from "../../harness/memory-files.ts";
import type { Encoded, Judgement } from "../../harness/nix.ts";

/** What we say of one expression. */
export type Ours =
  | { readonly kind: "value"; readonly encoded: Encoded; readonly certain: boolean }
  | { readonly kind: "caught" | "error" | "unknown"; readonly reason: string; readonly certain: boolean };

/** Evaluates one closed expression to any depth. */
export async function ours(text: string, files: Readonly<Record<string, string>> = {}): Promise<Ours> {
  const parser = await testParser();
  if (parser.parse("/x.nix", text).errors.length > 0) return { kind: "error", reason: "syntax", certain: true };
  const { evaluator } = await evaluateText(text, files);
  const { value: encoded, dependencies } = gather(() => encode(evaluator.evaluateFile(testFile)));
  const certain = !hasDismissed(dependencies);
  if (!("why" in encoded)) return { kind: "value", encoded, certain };
  const kind = !isError(encoded) ? "unknown" : isCatchable(encoded) ? "caught" : "error";
  return { kind, reason: show(encoded), certain };
}

/** The verdict on one expression. `different` is a bug; `unknown` is a gap. */
export type Verdict = "same" | "unknown" | "different";

/** An error of ours must be an error there, of the same kind; a value must be the same value. */
export function compare(mine: Ours, nix: Judgement): Verdict {
  if (mine.kind === "unknown") return "unknown";
  // What we know beside an unknown holds if there is a value at all: the unknown may fail in truth.
  if (mine.kind !== nix.kind) return mine.certain || nix.kind === "value" ? "different" : "unknown";
  if (mine.kind === "value" && nix.kind === "value") {
    return JSON.stringify(mine.encoded) === JSON.stringify(nix.encoded) ? "same" : "different";
  }
  return "same";
}
