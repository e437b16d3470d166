import { execa } from "execa";
import { messages, type Text } from "../base/text.ts";
import { quoteForDisplay } from "../shell/quote.ts";
import type { Step } from "./operation.ts";

const text = messages("operation.run", {
  failed: { en: "`{step}` failed ({how})", "zh-cn": "`{step}` 失败（{how}）" },
  missing: { en: "`{program}` is not installed", "zh-cn": "未安装 `{program}`" },
  interrupted: { en: "interrupted", "zh-cn": "已中断" },
});

/** What programs are found by; those of administrators too, which a user's PATH or a unit's may leave out. */
export function programEnvironment(): { readonly PATH: string; readonly LC_ALL: string } {
  return { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C" };
}

/**
 * Runs one program, without a shell. Its output goes to stderr, with `quiet` only when it fails. Returns null, or why it
 * failed; never rejects.
 */
export async function runProgram(
  { argv, success = [0] }: Pick<Step, "argv" | "success">,
  signal?: AbortSignal,
  quiet = false,
): Promise<Text | null> {
  const [program, ...words] = argv;
  const result = await execa(program, words, {
    reject: false,
    stdin: "ignore",
    ...(quiet ? ({ all: true } as const) : ({ stdout: process.stderr, stderr: "inherit" } as const)),
    env: programEnvironment(),
    ...(signal ? { cancelSignal: signal } : {}),
  });
  if (result.code === "ENOENT") return text.missing({ program });
  if (result.isCanceled) return text.interrupted();
  if (result.exitCode !== undefined && success.includes(result.exitCode)) return null;
  if (quiet && typeof result.all === "string" && result.all !== "") process.stderr.write(`${result.all}\n`);
  const how = result.signal === undefined ? `exit code ${result.exitCode ?? "?"}` : result.signal;
  return text.failed({ step: quoteForDisplay(argv), how });
}

/** Why an act of our own failed. */
export function failedAct(argv: Step["argv"], error: unknown): Text {
  const { code, message } = error as NodeJS.ErrnoException;
  return text.failed({ step: quoteForDisplay(argv), how: code ?? message });
}

/** That the user broke off. */
export function interrupted(): Text {
  return text.interrupted();
}
