import { type Text, verbatim } from "../base/text.ts";
import { problems } from "./problems.ts";

/** A failed system call in words. */
export function systemWords(error: unknown, act: "read" | "write" = "read"): Text {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const forbidden = act === "read" ? problems.forbidden : problems.forbiddenToWrite;
  const known: Record<string, () => Text> = {
    ENOENT: problems.missing,
    ENOTDIR: problems.missing,
    EISDIR: problems.isFolder,
    EACCES: forbidden,
    EPERM: forbidden,
    ELOOP: problems.loop,
    ENAMETOOLONG: problems.longName,
    ENOSPC: problems.noSpace,
    EROFS: problems.readOnly,
  };
  return known[code]?.() ?? verbatim(error instanceof Error ? error.message : String(error));
}
