import { isCatchable, isError } from "../../../server/src/nix/eval/ops.ts";
import { encode } from "../../harness/encode.ts";
import { evaluateText, show } from "../../harness/evaluate.ts";
import { testParser } from "../../harness/memory-files.ts";
import type { Encoded, Judgement } from "../../harness/nix.ts";

/** What we say of one expression. */
export type Ours =
  | { readonly kind: "value"; readonly encoded: Encoded }
  | { readonly kind: "caught" | "error" | "unknown"; readonly reason: string };

/** Evaluates one closed expression to any depth. */
export async function ours(text: string, files: Readonly<Record<string, string>> = {}): Promise<Ours> {
  const parser = await testParser();
  if (parser.parse("/x.nix", text).errors.length > 0) return { kind: "error", reason: "syntax" };
  const { value } = await evaluateText(text, files);
  const encoded = encode(value);
  if (!("why" in encoded)) return { kind: "value", encoded };
  const kind = !isError(encoded) ? "unknown" : isCatchable(encoded) ? "caught" : "error";
  return { kind, reason: show(encoded) };
}

/** The verdict on one expression. `different` is a bug; `unknown` is a gap. */
export type Verdict = "same" | "unknown" | "different";

/** An error of ours must be an error there, of the same kind; a value must be the same value. */
export function compare(mine: Ours, nix: Judgement): Verdict {
  if (mine.kind === "unknown") return "unknown";
  if (mine.kind !== nix.kind) return "different";
  if (mine.kind === "value" && nix.kind === "value") {
    return JSON.stringify(mine.encoded) === JSON.stringify(nix.encoded) ? "same" : "different";
  }
  return "same";
}
