import type { Observed, Unreadable } from "../facts.ts";

/** What an error of node:fs means for the one who wanted to know something. */
export function observedError(error: unknown): Extract<Observed<never>, { state: "absent" | "unreadable" }> {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? "";
  if (code === "ENOENT" || code === "ENOTDIR") return { state: "absent" };
  return {
    state: "unreadable",
    reason: reasons[code] ?? "unsupported",
    detail: words[code] ?? (code || String(error)),
  };
}

/** As {@link observedError} where the thing is known to exist: its absence means that it has just gone. */
export function unreadableError(error: unknown): Extract<Observed<never>, { state: "unreadable" }> {
  const observed = observedError(error);
  if (observed.state === "unreadable") return observed;
  return { state: "unreadable", reason: "busy", detail: "it disappeared while it was read" };
}

/** What ELOOP means. */
export const circleWords = "symbolic links that lead in a circle";

const reasons: Readonly<Record<string, Unreadable>> = {
  EACCES: "permission",
  EPERM: "permission",
  ETIMEDOUT: "timeout",
  EHOSTDOWN: "timeout",
  EHOSTUNREACH: "timeout",
  ESTALE: "timeout",
  ENOTCONN: "timeout",
  EBUSY: "busy",
  EAGAIN: "busy",
  EMFILE: "busy",
  ENFILE: "busy",
  ETXTBSY: "busy",
  ELOOP: "malformed",
  EIO: "malformed",
  ENAMETOOLONG: "malformed",
  EISDIR: "malformed",
  ERR_INVALID_ARG_VALUE: "malformed",
};

const words: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ELOOP: circleWords,
  EIO: "input/output error",
  ESTALE: "stale network file handle",
  ETIMEDOUT: "the file system did not answer in time",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  EISDIR: "it is a directory",
  ERR_INVALID_ARG_VALUE: "the path contains a NUL byte",
};
