import { type ChildProcess, spawn } from "node:child_process";
import { expect } from "vitest";
import { type Ran, run } from "./matrix/run.ts";

/**
 * A mount namespace of its own. Mounts made in the common one are also taken along by every sandbox that some other
 * program starts meanwhile, and then stay mounted there after our umount.
 */
export class MountSpace {
  readonly #keeper: ChildProcess;

  private constructor(keeper: ChildProcess) {
    this.#keeper = keeper;
  }

  static async open(): Promise<MountSpace> {
    const keeper = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", "echo ready; exec cat"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await new Promise((ready) => keeper.stdout?.once("data", ready));
    return new MountSpace(keeper);
  }

  /** Runs a program there. */
  async run(program: string, ...args: readonly string[]): Promise<Ran> {
    return run("nsenter", ["--target", String(this.#keeper.pid), "--mount", "--", program, ...args]);
  }

  /** Runs a program there; it must succeed. */
  async must(program: string, ...args: readonly string[]): Promise<void> {
    expect(await this.run(program, ...args)).toMatchObject({ status: 0 });
  }

  /** Ends it, and with it every mount that is left there. */
  async close(): Promise<void> {
    const ended = new Promise((finish) => this.#keeper.once("exit", finish));
    this.#keeper.stdin?.end();
    await ended;
  }
}
