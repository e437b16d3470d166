import { attached } from "../../base/attached.ts";
import { verbatim } from "../../base/text.ts";
import type { HostFacts } from "../../disk/facts.ts";
import { type Field, type Guest, type Host, known } from "../../microvm/model.ts";
import type { HostStart, Texts, Unit } from "../../microvm/start/start.ts";
import { Footprint } from "../../shell/footprint.ts";
import { Files, presentDirectory } from "../../shell/state/files.ts";
import type { ShellParser } from "../../shell/syntax/parser.ts";
import { type Ran, root, runLine, runPart, runText } from "./commands.ts";
import { standardDirectories } from "./files.ts";
import { plainKey } from "./key.ts";
import {
  conditions,
  type Named,
  type Prelude,
  runnerOf,
  runUnit,
  stopUnit,
  unitDirectories,
  userOf,
  workingDirectory,
} from "./run-unit.ts";
import { ownName, ownUnits, remains } from "./units.ts";

/**
 * What a unit asks of the host's files and does to them, whatever these are: found by playing it on files of which nothing
 * is known. A unit that says the same is played once, for all guests and hosts.
 */
export function footprintOfUnit(turn: Named, guest: Guest, host: Host, parser: ShellParser): Footprint {
  const { unit, name } = turn;
  const before = ofUnits.get(unit);
  if (before) return before;
  const words = plainKey(unit);
  const isOfInstance = words.includes("%");
  const found = kept(parser, isOfInstance ? `${name} ${words}` : words, () => {
    const { files, footprint } = dry([]);
    const prelude: Prelude = { guest, host, facts: unseen("/"), places: new Map(), parser };
    conditions(turn, files);
    // Who they are is not known; root may do everything.
    const user = userOf(prelude, unit) === root ? root : null;
    for (const ran of runUnit(prelude, turn, files, user, "/")) {
      note(footprint, [ran]);
      if (!remains(unit)) note(footprint, stopUnit(prelude, turn, ran.files, user, "/"));
    }
    return footprint;
  });
  if (!isOfInstance) ofUnits.set(unit, found);
  return found;
}

const ofUnits = attached<Unit, Footprint>();

/** What the author of a line of Exec…= wants it to do: the same of this line alone, whether or not its programs are found. */
export function footprintOfLine(line: Field<Texts>, unit: string, parser: ShellParser): Footprint {
  return kept(parser, plainKey([unit, line]), () => {
    const { files, footprint } = dry([]);
    note(footprint, runLine(line, { parser, user: root, directory: "/", unit, wanted: true, programs: "all" }, files));
    return footprint;
  });
}

/** The same of a script that root runs. */
export function footprintOfText(texts: Field<Texts>, parser: ShellParser): Footprint {
  return kept(parser, plainKey(texts), () => {
    const { files, footprint } = dry([]);
    note(footprint, runText(texts, { parser, user: root, directory: "/", unit: "", programs: "all" }, files, false));
    return footprint;
  });
}

/** The same of the guest's own unit and its `preStart`, with that directory as theirs. */
export function footprintOfOwn(
  guest: Guest,
  host: Host | null,
  stateDir: string,
  name: string,
  parser: ShellParser,
): Footprint {
  const unitName = ownName(guest.name);
  const units = host?.start ? ownUnits(host.start, guest.name) : [];
  const script = known(guest.hypervisor) === "vfkit" ? undefined : guest.start?.preStart;
  const own = `${stateDir.replace(/\/+$/, "")}/${name}`;
  const key = plainKey([guest.name, own, units, script]);
  return kept(parser, key, () => {
    const { files, footprint } = dry([own]);
    const facts = unseen(stateDir);
    const prelude: Prelude = { guest: { ...guest, directoryNames: [name] }, host, facts, places: new Map(), parser };
    let at = files;
    for (const unit of units) at = unitDirectories(prelude, { unit, name: unitName }, at, true);
    for (const unit of units) {
      const turn = { unit, name: unitName };
      conditions(turn, at);
      note(footprint, runUnit(prelude, turn, at, null, workingDirectory(prelude)));
      note(footprint, stopUnit(prelude, turn, files, null, workingDirectory(prelude)));
    }
    if (script)
      note(footprint, runPart(script, runnerOf(prelude, unitName, null, workingDirectory(prelude)), at, false));
    return footprint;
  });
}

/** The same of each activation script. */
export function footprintsOfActivation(start: HostStart, parser: ShellParser): readonly Footprint[] {
  return [...start.activation.items.values()].map(({ value }) => footprintOfText(value.text, parser));
}

function note(footprint: Footprint, ran: readonly Ran[]): void {
  for (const { lost } of ran) if (lost) footprint.lost(lost);
}

/** Files of which nothing is known but that these are directories. */
function dry(there: readonly string[]) {
  const footprint = new Footprint();
  const states = [...standardDirectories, ...there].map((path) => [path, presentDirectory(false)] as const);
  const files = new Files(states, { exists: "maybe", why: verbatim("?"), plain: () => true }, [], footprint);
  return { files, footprint };
}

/** The newest come last; what goes away first was used longest ago. */
function kept(parser: ShellParser, key: string, make: () => Footprint): Footprint {
  let all = byText.get(parser);
  if (!all) {
    all = new Map();
    byText.set(parser, all);
  }
  const before = all.get(key);
  if (before) {
    all.delete(key);
    all.set(key, before);
    return before;
  }
  const made = make();
  all.set(key, made);
  if (all.size > mostKept) all.delete(all.keys().next().value as string);
  return made;
}

const byText = attached<ShellParser, Map<string, Footprint>>();

/** A unit's text takes some hundred bytes, what is known of it as much. */
const mostKept = 2000;

function unseen(stateDir: string): HostFacts {
  const why = { state: "unreadable", reason: "busy", detail: "" } as const;
  return {
    host: "",
    stateDir,
    takenAtMs: 0,
    stateDirectory: why,
    freeBytes: why,
    totalBytes: why,
    guests: [],
    images: new Map(),
    directories: new Map(),
    microvmUser: why,
  };
}
