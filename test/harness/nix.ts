import { execa } from "execa";

/** What real Nix says of one expression. */
export type Judgement =
  | { readonly kind: "value"; readonly encoded: Encoded }
  /** It throws, or an assertion fails: `tryEval` catches it. */
  | { readonly kind: "caught" }
  | { readonly kind: "error"; readonly message: string };

/** A value without loss: `["int","1"]`, `["set",[["a",["int","1"]]]]` … */
export type Encoded = readonly unknown[];

/** The version of the installed Nix, or null when there is none: then there is no judge. */
export async function nixVersion(): Promise<string | null> {
  const result = await execa("nix-instantiate", ["--version"], { reject: false, timeout: 20_000 });
  return result.exitCode === 0 ? (/[\d.]+$/.exec(result.stdout)?.[0] ?? null) : null;
}

export interface JudgeOptions {
  /** The folder that relative paths start from. */
  readonly directory?: string;
  readonly perProcess?: number;
  /** Expressions that are expected to fail, or not to parse: each gets a process of its own. */
  readonly alone?: (index: number) => boolean;
}

/**
 * Asks real Nix for the values of closed expressions, many per process. A batch that fails as a whole is cut in halves
 * until the expression that fails stands alone.
 */
export async function judge(expressions: readonly string[], options: JudgeOptions = {}): Promise<Judgement[]> {
  const { directory = "/", perProcess = 400, alone = () => false } = options;
  const results: Judgement[] = new Array(expressions.length);
  const indices = [...expressions.keys()];
  const together = indices.filter((i) => !alone(i));
  const jobs = indices.filter(alone).map((i) => [i]);
  for (let i = 0; i < together.length; i += perProcess) jobs.push(together.slice(i, i + perProcess));
  const worker = async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const batch = await judgeBatch(
        job.map((i) => expressions[i] as string),
        directory,
      );
      if (batch.length !== job.length) throw new Error(`${batch.length} answers to ${job.length} questions`);
      for (const [k, i] of job.entries()) results[i] = batch[k] as Judgement;
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

async function judgeBatch(expressions: readonly string[], directory: string): Promise<Judgement[]> {
  const input = `${encoder}[\n${expressions.map((text) => `(judge (\n${text}\n))`).join("\n")}\n]`;
  const result = await execa("nix-instantiate", ["--eval", "--strict", "--json", "-"], {
    input,
    cwd: directory,
    reject: false,
    timeout: 60_000,
    forceKillAfterDelay: 500,
    maxBuffer: 200_000_000,
    env: { NIX_PATH: "", GC_INITIAL_HEAP_SIZE: "16M" },
  });
  if (result.exitCode === 0) {
    return (JSON.parse(result.stdout) as (Encoded | null)[]).map((encoded) =>
      encoded === null ? { kind: "caught" } : { kind: "value", encoded },
    );
  }
  if (expressions.length === 1) return [{ kind: "error", message: result.timedOut ? "timeout" : result.stderr }];
  const middle = expressions.length >> 1;
  return [
    ...(await judgeBatch(expressions.slice(0, middle), directory)),
    ...(await judgeBatch(expressions.slice(middle), directory)),
  ];
}

/** Sets are written as lists of pairs, because JSON would take `outPath` and `__toString` for what they are. */
const encoder = `
let
  encode = v: let t = builtins.typeOf v; in
    if t == "set" then [ t (map (n: [ n (encode v.\${n}) ]) (builtins.attrNames v)) ]
    else if t == "list" then [ t (map encode v) ]
    else if t == "string" || t == "bool" then [ t v ]
    else if t == "int" || t == "path" then [ t (toString v) ]
    else if t == "float" then [ t (toString v) (toString (v * 1000000)) (toString (v * 1.0e12)) (toString (v / 1.0e10)) ]
    else [ t ];
  judge = e: let tried = builtins.tryEval (builtins.deepSeq e e); in if tried.success then encode tried.value else null;
in
`;
