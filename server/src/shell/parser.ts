/** Shell texts as trees, each text once. Made by {@link loadShellParser}; parsing is synchronous and never throws. */
export interface ShellParser {
  /** For the interpreter and tests: callers outside of this folder use `play`. */
  readonly parse: (text: string) => unknown;
}
