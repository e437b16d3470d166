import type { Terminal } from "../../server/src/cli/frame/command.ts";
import { main } from "../../server/src/cli/main.ts";

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process, as in a shell in the folder `cwd`. */
export async function run(
  argv: readonly string[],
  { cwd = "/", env = {} }: { readonly cwd?: string; readonly env?: Terminal["env"] } = {},
): Promise<Result> {
  let out = "";
  let err = "";
  const code = await main(argv, {
    cwd,
    env,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colour: { out: false, err: false },
    width: null,
  });
  return { code, out, err };
}
