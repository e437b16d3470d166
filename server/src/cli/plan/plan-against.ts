import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { printable } from "../../base/printable.ts";
import { render, verbatim } from "../../base/text.ts";
import { planGuests, whyOf } from "../../forecast/plan.ts";
import type { GuestForecast, VolumeForecast } from "../../forecast/volume-forecast.ts";
import { known } from "../../microvm/model.ts";
import { type Arguments, CannotDo, type Terminal } from "../frame/command.ts";
import { type Opened, open } from "../frame/open.ts";
import { problems } from "../frame/problems.ts";

/** What an edit changes for one volume. `before` is null for a new volume, `after` for one that is gone. */
export interface PlanChange {
  readonly guest: string;
  readonly host: string | null;
  readonly before: VolumeForecast | null;
  readonly after: VolumeForecast | null;
}

/** git answers at once, or something is wrong. */
const timeoutMs = 60_000;

/**
 * The plan of the same folder as it was at a git revision, against the disk as it is now. The revision's files are
 * unpacked into a temporary folder; the repository is only read. Throws {@link CannotDo}.
 */
export async function planOfRevision(
  revision: string,
  opened: Opened,
  args: Arguments,
  terminal: Terminal,
): Promise<readonly GuestForecast[]> {
  const [root, ...others] = opened.roots;
  if (root === undefined || others.length > 0) throw new CannotDo(problems.oneFolder());
  if (revision === "" || revision.startsWith("-")) {
    throw new CannotDo(problems.gitRevision({ value: printable(revision) }));
  }
  const top = await git(["rev-parse", "--show-toplevel"], root);
  const commit = await git(["rev-parse", "--verify", "--quiet", `${revision}^{commit}`], root).catch(() => {
    throw new CannotDo(problems.noRevision({ value: printable(revision), folder: printable(top) }));
  });
  const folder = await realpath(await mkdtemp(join(tmpdir(), "microvm-lens-")));
  try {
    await unpack(commit, top, folder);
    const path = resolve(folder, relative(top, await realpath(root)));
    const then = await open({ ...args, positionals: [path] }, terminal, { disk: true, hosts: opened.hosts });
    try {
      return planGuests((await then.engine.snapshot()).context);
    } finally {
      then.engine.dispose();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Volumes for which the next start does something else than before, or the same for another reason. */
export function changedPlans(before: readonly GuestForecast[], after: readonly GuestForecast[]): readonly PlanChange[] {
  const old = keyed(before);
  const now = keyed(after);
  const changes: PlanChange[] = [];
  for (const [key, { volume, host }] of now) {
    const was = old.get(key)?.volume ?? null;
    if (was === null || !same(was, volume)) {
      changes.push({ guest: volume.guest.name, host, before: was, after: volume });
    }
  }
  for (const [key, { volume, host }] of old) {
    if (!now.has(key)) changes.push({ guest: volume.guest.name, host, before: volume, after: null });
  }
  return changes;
}

/** A volume is the same one when guest, host and image are, and it is the same one among those. */
function keyed(plans: readonly GuestForecast[]): Map<string, { volume: VolumeForecast; host: string | null }> {
  const result = new Map<string, { volume: VolumeForecast; host: string | null }>();
  for (const { guest, facts, volumes } of plans) {
    const host = facts?.host ?? null;
    for (const volume of volumes) {
      const name = JSON.stringify([guest.name, host, known(volume.volume.image) ?? null]);
      let count = 0;
      while (result.has(`${name}${count}`)) count++;
      result.set(`${name}${count}`, { volume, host });
    }
  }
  return result;
}

/** The same outcome for the same reason, of a volume that is declared alike. */
function same(a: VolumeForecast, b: VolumeForecast): boolean {
  const facts = (forecast: VolumeForecast) => {
    const { volume, place, outcome } = forecast;
    const declared = [volume.sizeMiB, volume.fsType, volume.mountPoint].map((field) => known<unknown>(field) ?? null);
    return JSON.stringify([
      outcome,
      render(whyOf(forecast)),
      place?.path ?? null,
      volume.conditional !== null,
      declared,
    ]);
  };
  return facts(a) === facts(b);
}

async function unpack(commit: string, top: string, folder: string): Promise<void> {
  const { execa } = await import("execa");
  const archive = execa("git", ["archive", "--format=tar", commit], {
    cwd: top,
    timeout: timeoutMs,
    encoding: "buffer",
    buffer: false,
    reject: false,
  });
  const unpacked = await archive.pipe("tar", ["-x", "-f", "-", "-C", folder], { timeout: timeoutMs, reject: false });
  if (unpacked.failed) throw new CannotDo(problems.notUnpacked({ words: printable(String(unpacked.stderr)) }));
}

async function git(words: readonly string[], cwd: string): Promise<string> {
  const { execa } = await import("execa");
  const result = await execa("git", words, { cwd, timeout: timeoutMs, reject: false });
  if (!result.failed) return result.stdout.trim();
  if (result.code === "ENOENT") throw new CannotDo(problems.noGit());
  const said = result.stderr.trim();
  const problem = said === "" ? problems.silentFailure() : verbatim(printable(said));
  throw new CannotDo(problems.at({ name: "git", problem }));
}
