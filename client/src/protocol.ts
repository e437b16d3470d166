/** Names of our own messages; the server's are in server/src/features/session/protocol.ts, and a test compares them. */
export const protocol = {
  overview: "microvm-lens/overview",
  overviewPage: "microvm-lens/overviewPage",
  refresh: "microvm-lens/refresh",
  evaluate: "microvm-lens/evaluate",
  removeVolume: "microvm-lens/removeVolume",
  renameImage: "microvm-lens/renameImage",
  changed: "microvm-lens/changed",
  trusted: "microvm-lens/trusted",
} as const;
