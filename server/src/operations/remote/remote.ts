import { basename, dirname } from "node:path";
import { execa } from "execa";
import { messages, type Text } from "../../base/text.ts";
import type { HostFacts, Observed } from "../../disk/facts.ts";
import { createSshProbe } from "../../disk/remote/probe-ssh.ts";
import type { Target } from "../operation.ts";
import type { Place } from "../plans/move.ts";

const text = messages("operation.remote-run", {
  missing: { en: "ssh is not installed here", "zh-cn": "此处未安装 ssh" },
  connection: {
    en: "the connection ended before the operation did: look at it with `image complete`",
    "zh-cn": "连接先于操作结束：请用 `image complete` 检查",
  },
  failed: { en: "the host ended it (exit code {code})", "zh-cn": "主机终止了操作（退出码 {code}）" },
});

/** An image of another host. */
export interface RemoteTarget {
  readonly target: Target;
  /** Names of the guests that may run with it. */
  readonly guests: readonly string[];
  readonly place: Place | null;
}

/** Names that an operation gives; as many are asked about as one may have piled up. */
const words = ["before-grow", "backup", "aside"];
const most = 20;

/**
 * Looks at an image over ssh, and at where a copy would go (`to`). Who has it open is not asked here: that needs root, and
 * the script asks it again before each step.
 */
export async function lookOverSsh(
  destination: string,
  path: string,
  to: string | null,
): Promise<Observed<RemoteTarget>> {
  const asked = await observe(destination, path, to);
  const first = asked.images.get(path);
  if (asked.stateDirectory.state === "unreadable" && first?.state !== "seen") return asked.stateDirectory;
  if (first?.state !== "seen") return first ?? { state: "absent" };
  // Renaming has to happen where the file is, not where a link to it is.
  const { realPath } = first.value;
  const facts = realPath === path ? asked : await observe(destination, realPath, to);
  const image = facts.images.get(realPath);
  if (image?.state !== "seen") return image ?? { state: "absent" };
  const folders = [dirname(path), dirname(realPath)];
  const concerned = [...asked.guests, ...facts.guests].filter(
    ({ directory, images }) => folders.includes(directory) || images.includes(path) || images.includes(realPath),
  );
  const running = concerned.find((guest) => guest.running.state === "seen" && guest.running.value);
  const beside = candidates(realPath).filter((name) => facts.images.get(name)?.state !== "absent");
  const target: Target = {
    path: realPath,
    viaLink: first.value.linkKind === "symlink",
    image: image.value,
    holders: [],
    unseen: null,
    runningGuest: running?.name ?? null,
    starting: null,
    freeBytes:
      facts.space?.get(image.value.device)?.freeBytes ??
      (facts.freeBytes.state === "seen" ? facts.freeBytes.value : null),
    siblings: new Set(beside.map((name) => basename(name))),
  };
  const guests = [...new Set([basename(dirname(realPath)), ...concerned.map(({ name }) => name)])];
  return {
    state: "seen",
    by: image.by,
    value: { target, guests, place: to === null ? null : place(facts, to, target) },
  };
}

function place(facts: HostFacts, to: string, { path, image }: Target): Place {
  const folder = dirname(to);
  // Of another folder it is not known on which device it lies: its space is looked at where the copy is made.
  const device = folder === dirname(path) ? image.device : facts.directories.get(folder)?.state === "seen" ? -1 : null;
  return { path: to, exists: facts.images.get(to)?.state !== "absent", device };
}

function observe(destination: string, path: string, to: string | null): Promise<HostFacts> {
  const probe = createSshProbe({ host: destination, destination });
  return probe.observe({
    stateDir: dirname(dirname(path)),
    paths: [path, ...candidates(path), ...(to === null ? [] : [to])],
    directories: [dirname(path), ...(to === null ? [] : [dirname(to)])],
  });
}

function candidates(path: string): string[] {
  const names = words.map((word) => `${path}.${word}`);
  return names.flatMap((name) => [name, ...Array.from({ length: most - 1 }, (_, index) => `${name}-${index + 2}`)]);
}

/** Where the words of the host go. */
export interface RemoteOutput {
  /** The user's terminal is ours: sudo may ask there, and Ctrl-C reaches the host. */
  readonly interactive: boolean;
  out(text: string): void;
  err(text: string): void;
}

/**
 * Runs a script as root on a host; sudo asks in the user's terminal. The script goes along as one word that no login
 * shell changes. Returns null, or why it did not end well; never rejects.
 */
export async function runAsRoot(
  destination: string,
  script: string,
  output: RemoteOutput,
  signal?: AbortSignal,
): Promise<Text | null> {
  const stream = output.interactive ? "inherit" : "pipe";
  const child = execa("ssh", [output.interactive ? "-t" : "-T", "-a", "-x", "--", destination, rootCommand(script)], {
    reject: false,
    stdin: output.interactive ? "inherit" : "ignore",
    stdout: stream,
    stderr: stream,
    buffer: false,
    ...(signal ? { cancelSignal: signal } : {}),
  });
  child.stdout?.on("data", (data: Buffer) => output.out(data.toString("utf8")));
  child.stderr?.on("data", (data: Buffer) => output.err(data.toString("utf8")));
  const { exitCode, code } = await child;
  if (code === "ENOENT") return text.missing();
  if (exitCode === 0) return null;
  return exitCode === undefined || exitCode === 255 ? text.connection() : text.failed({ code: exitCode });
}

/** What ssh asks the login shell to run: a script as root, in a word that bash, fish and csh read alike. */
export function rootCommand(script: string): string {
  const packed = Buffer.from(script).toString("base64");
  const path = "PATH=$PATH:/run/wrappers/bin:/run/current-system/sw/bin:/usr/bin:/bin";
  const root = 'if [ "$(id -u)" = 0 ]; then exec sh -c "$S"; else exec sudo -- sh -c "$S"; fi';
  return `sh -c '${path}; S=$(printf %s ${packed} | base64 -d) || exit 2; ${root}'`;
}
