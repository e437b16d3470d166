/** Names of the messages and commands that are ours and not the protocol's. The extension has its own list; a test compares them. */
export const ownMessages = {
  /** Request: what the view and the status item show. */
  overview: "microvm-lens/overview",
  /** Request: the storage overview as a page. */
  overviewPage: "microvm-lens/overviewPage",
  /** Request: read the disk again, now. */
  refresh: "microvm-lens/refresh",
  /** Request: evaluate the flakes of the workspace with real Nix and compare. */
  evaluate: "microvm-lens/evaluate",
  /** Notification to the client: ask for the overview again. */
  changed: "microvm-lens/changed",
  /** Notification to the server: the user trusts the workspace. */
  trusted: "microvm-lens/trusted",
} as const;
