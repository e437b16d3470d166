/** What `microvm-lens image` can do. */
export const operations = [
  "grow",
  "renew",
  "backup",
  "restore",
  "move-aside",
  "adopt",
  "relabel",
  "chown",
  "convert",
  "trim",
  "delete-old",
  "complete",
] as const;
export type Operation = (typeof operations)[number];
