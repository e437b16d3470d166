import type { TableScript } from "../scripts.ts";

const strict = ["-euo", "pipefail"];

/** What our own quick fixes write (server/src/rules/fixes), with the store paths as this machine has the programs. */
export const ownFixes: readonly TableScript[] = [
  // at-start.ts: guard, move aside, grow; for a declared size of 2 MiB, which no state has, and of the size that is there.
  ...["2", "3"].flatMap((size): TableScript[] => [
    {
      options: strict,
      script: `# Stops here when a.img is not of the declared size, which microvm.nix would ignore.
size_mib=${size}
if [ -e 'a.img' ] && [ "$(/usr/bin/stat -L -c %s -- 'a.img')" != $((size_mib * 1048576)) ]; then
  echo "a.img is not $size_mib MiB: grow it, move it away or change size" >&2
  exit 1
fi`,
    },
    {
      options: strict,
      script: `# Moves a.img aside when it is not of the declared size: microvm.nix then makes a new, empty one.
size_mib=${size}
if [ -e 'a.img' ] && [ "$(/usr/bin/stat -L -c %s -- 'a.img')" != $((size_mib * 1048576)) ]; then
  /usr/bin/mv -n -- 'a.img' 'a.img'".$(/usr/bin/date +%Y%m%d-%H%M%S)"
fi`,
    },
    {
      options: strict,
      script: `# Lengthens a.img to the declared size, never shortens it; the guest grows the filesystem (autoResize).
size_mib=${size}
if [ -e 'a.img' ]; then
  /usr/bin/truncate -s ">$((size_mib * 1048576))" -- 'a.img'
fi`,
    },
    // cleanup-service.ts, for a volume that is not the store overlay.
    {
      options: ["-e"],
      script: `image='@DIR@/a.img'
size_mib=${size}
if [ -e "$image" ] && [ "$(/usr/bin/stat -L -c %s -- "$image")" != $((size_mib * 1048576)) ]; then
  /usr/bin/mv -n -- "$image" "$image.$(/usr/bin/date +%Y%m%d-%H%M%S)"
fi`,
    },
  ]),
  { options: strict, script: `[ ! -e 'a.img' ] || [ "$(/usr/bin/stat -L -c %s -- 'a.img')" = 3145728 ]` },
  { options: ["-e"], script: "/usr/bin/rm -f -- '@DIR@/a.img'" },
  // clear-overlay.ts and image-directory-missing.ts.
  { options: strict, script: "/usr/bin/rm -f -- 'a.img'" },
  {
    options: strict,
    script:
      "/usr/bin/mkdir -p -- 'data/deep'\nif [ ! -e 'data/deep/a.img' ]; then truncate -s 2M 'data/deep/a.img'; fi",
  },
];
