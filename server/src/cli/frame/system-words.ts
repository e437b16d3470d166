import { type Text, verbatim } from "../../base/text.ts";
import { NotWritten } from "../../files/write-file.ts";
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
    EDQUOT: problems.noSpace,
    EBUSY: problems.isMounted,
  };
  return known[code]?.() ?? verbatim(error instanceof Error ? error.message : String(error));
}

/** Why a file was not written, in words. */
export function writeWords(error: unknown): Text {
  if (!(error instanceof NotWritten)) return systemWords(error, "write");
  switch (error.why) {
    case "changed":
      return problems.changedNow();
    case "several-names":
      return problems.severalNames();
    case "owner":
      return problems.otherOwner();
  }
}
