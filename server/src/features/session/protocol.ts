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
  /** Request: the edit that takes a volume out of its list. */
  removeVolume: "microvm-lens/removeVolume",
  /** Request: the edit of a rename, and the files that have to be moved with it. */
  renameImage: "microvm-lens/renameImage",
  /** Notification to the client: ask for the overview again. */
  changed: "microvm-lens/changed",
  /** Notification to the server: the user trusts the workspace. */
  trusted: "microvm-lens/trusted",
} as const;

/** Commands of the extension and, for other clients, of the server. */
export const ownCommands = {
  refresh: "microvm-lens.refresh",
  showOperation: "microvm-lens.showOperation",
  showAdvice: "microvm-lens.showAdvice",
} as const;

/** Commands that the extension has and no other client: named only where it is at the other end. */
export const extensionCommands = {
  /** Offers the ways to look at the images of a host. */
  lookAt: "microvm-lens.lookAt",
  /** Shows the page of a rule, of which it is given the URL. */
  explainRule: "microvm-lens.explainRule",
  /** Turns a rule off in the settings. */
  turnOffRule: "microvm-lens.turnOffRule",
  /** Tells which other files an edit has changed, by their URIs. */
  tellEdited: "microvm-lens.tellEdited",
} as const;

/** Name under which our diagnostics stand beside those of other servers. */
export const source = "microvm-lens";

/** Our own kind of "fix all", below `source.fixAll`: editors apply it at save to those who ask for it. */
export const fixAllKind = `source.fixAll.${source}`;
