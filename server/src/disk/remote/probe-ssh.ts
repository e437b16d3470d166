import { randomBytes } from "node:crypto";
import type { DiskWatch, HostFacts, Observed, Probe, ProbeRequest } from "../facts.ts";
import { noFacts } from "../no-facts.ts";
import { observeMachine } from "../observe.ts";
import { Gathering } from "./remote-gathering.ts";
import { RemoteMachine } from "./remote-machine.ts";
import { remoteScript } from "./remote-script.ts";
import { runOverSsh } from "./ssh-session.ts";
import { TranscriptReader } from "./transcript.ts";

export interface SshOptions {
  readonly host: string;
  /** As ssh takes it: a name of the user's configuration, `user@host` or `ssh://…`. */
  readonly destination: string;
  /** Arguments before the destination, for tests: another configuration file. */
  readonly sshArguments?: readonly string[];
  /** For everything together; a host with many images needs some seconds. */
  readonly timeLimitMs?: number;
  readonly maxBytes?: number;
}

const defaultLimitMs = 30_000;
const defaultMaxBytes = 128 << 20;
/** There is no news from another machine; it is asked again this often while it is watched. */
const pollMs = 5 * 60_000;

/** Never asks for passwords or keys, opens no terminal, forwards nothing; everything else is the user's configuration. */
const fixedOptions = [
  ...["-T", "-a", "-x"],
  ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ClearAllForwardings=yes", "-o", "PermitLocalCommand=no"],
  ...["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2", "-o", "LogLevel=ERROR"],
];

/** Observes a host with the user's own OpenSSH, in one session and without writing anything there. */
export function createSshProbe(options: SshOptions): Probe {
  const { host, destination } = options;
  return {
    host,
    async observe(request: ProbeRequest, signal?: AbortSignal): Promise<HostFacts> {
      const token = randomBytes(16).toString("hex");
      const transcript = new TranscriptReader();
      const gathering = new Gathering(transcript);
      const session = await runOverSsh({
        program: "ssh",
        options: [...(options.sshArguments ?? []), ...fixedOptions],
        destination,
        script: remoteScript(request, token),
        token,
        next: (lines) => gathering.next(lines),
        limitMs: options.timeLimitMs ?? defaultLimitMs,
        maxBytes: options.maxBytes ?? defaultMaxBytes,
        signal,
      });
      const nowMs = Date.now();
      if (session.state !== "seen") return noFacts(host, request, named(destination, session), nowMs);
      if (transcript.missingTool !== null) {
        const detail = `${destination}: ${transcript.missingTool} is missing there or is neither GNU's nor busybox's`;
        return noFacts(host, request, { state: "unreadable", reason: "tool-missing", detail }, nowMs);
      }
      return observeMachine(new RemoteMachine(transcript), request, { host, signal, nowMs });
    },
    watch(_request: ProbeRequest, changed: () => void): DiskWatch {
      const timer = setInterval(changed, pollMs).unref();
      return { follow: () => undefined, stop: () => clearInterval(timer) };
    },
  };
}

function named(
  destination: string,
  why: Exclude<Observed<unknown>, { state: "seen" }>,
): Extract<Observed<never>, { state: "unreadable" }> {
  if (why.state === "absent") return { state: "unreadable", reason: "unsupported", detail: destination };
  return { ...why, detail: `${destination}: ${why.detail}` };
}
