/** A failed system call in words. */
export function systemWords(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Record<string, string> = {
    ENOENT: "there is no such file or folder",
    ENOTDIR: "there is no such file or folder",
    EACCES: "no permission to read it",
    EPERM: "no permission to read it",
    ELOOP: "too many symbolic links",
    ENAMETOOLONG: "the name is too long",
    ENOSPC: "no space left on the device",
    EROFS: "the file system is read-only",
  };
  return known[code] ?? (error instanceof Error ? error.message : String(error));
}
