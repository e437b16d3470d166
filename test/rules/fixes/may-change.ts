/** What each fix, or each fix of a rule, may change in the evaluated configuration, and nothing else. */
export const mayChange: Readonly<Record<string, RegExp>> = {
  "set-size": /\.volumes\.\d+\.size$/,
  "add-size": /\.volumes\.\d+\.size$/,
  "new-image": /\.volumes\.\d+\.image$/,
  "set-image": /\.volumes\.\d+\.image$/,
  "add-image": /\.volumes\.\d+\.image$/,
  rename: /\.volumes\.\d+\.(image|label)$/,
  "set-fstype": /\.volumes\.\d+\.fsType$/,
  "set-label": /\.volumes\.\d+\.label$/,
  "set-mount-point": /\.volumes\.\d+\.mountPoint$/,
  "set-image-type": /\.volumes\.\d+\.imageType$/,
  "set-writable": /\.volumes\.\d+\.readOnly$/,
  "no-auto-create": /\.volumes\.\d+\.autoCreate$/,
  create: /\.volumes\.\d+\.autoCreate$/,
  remove: /\.volumes\.\d+\.(serial|direct|readOnly|imageType)$/,
  "turn-off": /\.nix\./,
  "clear-overlay": /\.microvm\.preStart$/,
  "make-directory": /\.microvm\.preStart$/,
  guard: /\.microvm\.preStart$/,
  "move-aside-at-start": /\.microvm\.preStart$/,
  "grow-at-start": /\.microvm\.preStart$|\.fileSystems\./,
  "grow-filesystem": /\.fileSystems\./,
  "cleanup-service": /\.systemd\.services\.microvm-clean-[^.]+/,
  // Rules about every option: the fix is named by what it writes.
  "option-type": /\.microvm\./,
  "option-unknown": /\.microvm\./,
  "order-service": /\.systemd\.services\.[^.]+\.(before|requiredBy)/,
};

/** Paths of the values that differ, the innermost ones. */
export function changes(a: unknown, b: unknown, path = ""): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return [path];
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) => {
    if (!(key in left)) return newPaths(right[key], `${path}.${key}`);
    return key in right ? changes(left[key], right[key], `${path}.${key}`) : [`${path}.${key}`];
  });
}

/** The paths of everything in a value that is new. */
function newPaths(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, each]) => newPaths(each, `${path}.${key}`));
}
