import { execFile } from "node:child_process";

/** What a program printed and how it ended; never rejects. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the C locale and UTC, so that its words can be read. */
export async function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const path = `${process.env["PATH"]}:/usr/sbin:/sbin`;
  return new Promise((finish) => {
    const options = { env: { PATH: path, LC_ALL: "C.UTF-8", TZ: "UTC", ...env }, maxBuffer: 16 << 20 };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      finish({ status: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr });
    });
  });
}

/** Does the work with so many at a time: the machine has few cores. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
