/** Arguments and environment that make mkfs.ext4 write the same bytes each time. */
export function mkfsCommand(
  sizeMiB: number,
  label: string | null,
  path: string,
): { args: string[]; env: Record<string, string | undefined> };
