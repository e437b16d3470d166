import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { guestBase } from "./base.ts";
import { cpio, type Entry } from "./cpio.ts";

/** A drive of the hypervisor; the guest sees them as /dev/vda, /dev/vdb … in this order. */
export interface Drive {
  readonly path: string;
  readonly readOnly?: boolean;
}

export interface BootOptions {
  readonly drives: readonly Drive[];
  /** What lies in the guest's root beside busybox, e.g. a scenario's scripts. */
  readonly files?: readonly Entry[];
  readonly memoryMiB?: number;
  /** Runs the hypervisor as this user, as microvm@.service does. */
  readonly as?: { readonly uid: number; readonly gid: number };
  /** Further words of the kernel's command line. */
  readonly kernel?: string;
}

/** The hypervisor ended before the guest could say anything. */
export class NoStart extends Error {
  /** What it wrote. */
  readonly words: string;

  constructor(words: string) {
    super(`the hypervisor ended: ${words}`);
    this.words = words;
  }
}

export interface Answer {
  readonly lines: readonly string[];
  readonly status: number;
}

/** A machine that is up to nothing for so long is broken. */
const silenceMs = 600_000;

/**
 * A guest that is up, under QEMU's software emulation: KVM is not everywhere. Commands go over the serial console, so that
 * samples can be taken while it runs, and their answers come back over it. End it with {@link kill} or {@link powerOff}.
 */
export class RunningGuest {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #folder: string;
  readonly #ended: Promise<void>;
  #text = "";
  #errors = "";
  #over = false;
  #heard: () => void = () => {};

  private constructor(options: BootOptions) {
    const { kernel, initrd } = guestBase();
    this.#folder = mkdtempSync(join(tmpdir(), "lens-guest-"));
    const own = join(this.#folder, "initrd");
    writeFileSync(own, Buffer.concat([readFileSync(initrd), cpio(options.files ?? [])]));
    const append = `console=ttyS0 panic=-1 loglevel=1 acpi=off mitigations=off nokaslr ${options.kernel ?? ""}`;
    const argv = [
      ...["-accel", "tcg", "-cpu", "qemu64", "-m", String(options.memoryMiB ?? 512), "-no-reboot"],
      ...["-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio"],
      ...["-kernel", kernel, "-initrd", own, "-append", append],
      ...options.drives.flatMap(driveArguments),
    ];
    const { as } = options;
    const before = as ? ["setpriv", `--reuid=${as.uid}`, `--regid=${as.gid}`, "--clear-groups"] : [];
    const [program, ...words] = [...before, "qemu-system-x86_64", ...argv] as [string, ...string[]];
    this.#process = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#text += text.replaceAll("\r", "");
      this.#heard();
    });
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    // A guest that is gone takes no more words.
    this.#process.stdin.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      const end = (problem?: Error) => {
        if (problem !== undefined) this.#errors += problem.message;
        this.#over = true;
        rmSync(this.#folder, { recursive: true, force: true });
        this.#heard();
        resolve();
      };
      this.#process.once("error", end);
      this.#process.once("close", () => end());
    });
  }

  /** Boots and waits until the guest takes commands. Rejects with {@link NoStart} where the hypervisor refuses. */
  static async boot(options: BootOptions): Promise<RunningGuest> {
    const guest = new RunningGuest(options);
    if ((await guest.#until(/^@up$/m)) === null) throw new NoStart(guest.#errors || guest.#text);
    return guest;
  }

  /** Runs one line of shell in the guest. Rejects when the guest ends meanwhile. */
  async run(line: string): Promise<Answer> {
    this.#process.stdin.write(`${line}\n`);
    const said = await this.#until(/^@done (\d+)$/m);
    if (said === null) throw new Error(`the guest ended during: ${line}\n${this.#text}${this.#errors}`);
    const lines = said.before.split("\n").filter((each) => each !== "");
    return { lines, status: Number(said.match[1]) };
  }

  /** Stands still, with everything that it has not written yet, until {@link resume}. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.kill("SIGCONT");
  }

  /** As a loss of power: nothing is flushed, nothing unmounted. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }

  /** The guest turns itself off, after a sync; it unmounts nothing by itself. Without ACPI, QEMU ends where it would boot again. */
  async powerOff(): Promise<void> {
    this.#process.stdin.write("sync; reboot -f\n");
    await this.#ended;
  }

  /** What the guest says up to and including the next place that matches; null when it ends first. */
  async #until(pattern: RegExp): Promise<{ before: string; match: RegExpExecArray } | null> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), silenceMs);
    try {
      while (true) {
        const match = pattern.exec(this.#text);
        if (match !== null) {
          const before = this.#text.slice(0, match.index);
          this.#text = this.#text.slice(match.index + match[0].length + 1);
          return { before, match };
        }
        if (this.#over) return null;
        await new Promise<void>((resolve) => {
          this.#heard = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Eight drives share a slot of the bus, so that many fit. */
function driveArguments({ path, readOnly }: Drive, index: number): string[] {
  const address = `addr=${(4 + Math.floor(index / 8)).toString(16)}.${index % 8},multifunction=on`;
  // A comma in a value of QEMU's is written twice.
  const file = path.replaceAll(",", ",,");
  const drive = `id=d${index},file=${file},format=raw,if=none,discard=unmap${readOnly ? ",readonly=on" : ""}`;
  return ["-drive", drive, "-device", `virtio-blk-pci,drive=d${index},${address}`];
}
