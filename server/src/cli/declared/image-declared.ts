import { printable, printableJson } from "../../base/printable.ts";
import { render } from "../../base/text.ts";
import type { Declared, DeclaredGuest, DeclaredVolume } from "../../declared/file.ts";
import { realPathOf } from "../../operations/look/look.ts";
import { type Arguments, type ExitCode, flag, type Terminal, UsageError } from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { words } from "../frame/words.ts";
import { declaredGuests, declaredOf, tellSilent } from "./declared.ts";
import { growDeclared } from "./declared-grow.ts";
import { renewDeclared } from "./declared-renew.ts";
import type { DoneVolume } from "./job.ts";

/** `image grow --declared FILE [GUEST]` and `image renew --declared FILE [GUEST]`. */
export async function imageOfDeclared(name: "grow" | "renew", args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [guestName, ...others] = args.positionals.slice(1);
  const command = `image ${name} --declared`;
  if (others.length > 0) throw new UsageError(problems.oneGuest({ command }));
  for (const other of ["size", "label", "to", "from", "host", "progress", "file-only", "mount"]) {
    if (args.values[other] !== undefined) throw new UsageError(problems.declaredAlone({ other: `--${other}` }));
  }
  const declared = declaredOf(args, command, terminal);
  const guests = declaredGuests(declared, guestName);
  if (guestName === undefined) tellSilent(declared, args, terminal);
  const starting = flag(args, "starting");
  if (starting && guestName === undefined)
    throw new UsageError(problems.oneGuest({ command: `${command} --starting` }));
  const shared = { starting, yes: flag(args, "yes"), all: flag(args, "all"), terminal };
  const run = name === "grow" ? growDeclared : renewDeclared;
  const done: DoneVolume[] = [];
  for (const guest of guests) {
    for (const volume of guest.volumes) {
      const path = imagePath(guest, volume);
      const others = keepersOf(path, guest, declared);
      done.push(await run({ guest, volume, path, others, ...shared }));
    }
  }
  tell(done, args, terminal);
  if (done.some(({ refuse }) => refuse)) return 1;
  // A start goes on by the policy of each volume; whoever asks for it by hand is told that something was not done.
  return !starting && done.some(({ state }) => state === "failed") ? 2 : 0;
}

function imagePath({ directory }: DeclaredGuest, { image }: DeclaredVolume): string {
  return image.startsWith("/") ? image : `${directory.replace(/\/+$/, "")}/${image}`;
}

/** Guests other than this one that declare the file, under any name, and do not have it made anew. */
function keepersOf(path: string, guest: DeclaredGuest, { guests }: Declared): readonly string[] {
  const file = realPathOf(path);
  return guests.flatMap((other) => {
    const keeps = other.volumes.some(
      (volume) => volume.renew === "never" && realPathOf(imagePath(other, volume)) === file,
    );
    return keeps && other !== guest ? other.name : [];
  });
}

function tell(done: readonly DoneVolume[], args: Arguments, terminal: Terminal): void {
  const { locale } = args;
  if (flag(args, "json")) {
    const volumes = done.map(({ sentence, ...each }) => ({ ...each, sentence: sentence && render(sentence, locale) }));
    terminal.out(`${printableJson({ schema: 1, start: !done.some(({ refuse }) => refuse), volumes }, 2)}\n`);
    return;
  }
  for (const { guest, state, sentence } of done) {
    if (sentence === null) continue;
    const line = `${printable(guest)}: ${printable(render(sentence, locale))}\n`;
    if (state === "failed") terminal.err(`microvm-lens: ${line}`);
    else terminal.out(line);
  }
  if (done.some(({ state }) => state === "planned")) terminal.out(`\n${render(words.onlyAPlan(), locale)}\n`);
}
