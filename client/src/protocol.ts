/** Names of our own messages; the server's are in server/src/features/overview.ts, and a test compares them. */
export const protocol = {
  overview: "microvm-lens/overview",
  refresh: "microvm-lens/refresh",
  changed: "microvm-lens/changed",
  trusted: "microvm-lens/trusted",
} as const;
