import type { OwnPart, Unit } from "../world.ts";

/** One way in which the guest's next start may come about. */
export interface Course {
  readonly name: "boot, others first" | "boot, others late" | "start";
  /** Activation and systemd-tmpfiles run before any unit. */
  readonly boots: boolean;
  /** Units that have run when the guest's own one starts, in their order. */
  readonly units: readonly Unit[];
}

/**
 * The courses that differ. A boot of the host runs activation, tmpfiles and what targets pull in; a start of the guest's
 * unit alone runs what that pulls in and is ordered before it. Units that nothing orders may come before it or after it
 * (systemd.unit(5)). A oneshot that remains after exit is not run again unless it is part of the guest's unit.
 */
export function coursesOf(guest: string, units: readonly Unit[], own: readonly OwnPart[], declared: boolean): Course[] {
  const ownName = `microvm@${guest}.service`;
  const self: Unit = {
    name: ownName,
    requires: own.flatMap(({ requires }) => requires ?? []),
    wants: own.flatMap(({ wants }) => wants ?? []),
    after: own.flatMap(({ after }) => after ?? []),
    commands: [],
  };
  const install: Unit = {
    name: `install-microvm-${guest}.service`,
    before: [ownName],
    wantedBy: ["microvms.target"],
    commands: [],
  };
  const all = [...(declared ? [install] : []), ...units, self];
  const booted = pulledIn(all, ["multi-user.target", "microvms.target", ...(declared ? [ownName] : [ownName])]);
  const alone = pulledIn(all, [ownName]).filter(({ remains, partOf }) => !remains || partOf?.includes(ownName));
  const withoutOwn = (list: readonly Unit[]) => list.filter((unit) => unit !== self && unit !== install);
  const early = withoutOwn(beforeOwn(sorted(booted), self, true));
  const late = withoutOwn(beforeOwn(sorted(booted), self, false));
  const start = withoutOwn(beforeOwn(sorted(alone), self, false));
  return [
    { name: "boot, others first", boots: true, units: early },
    { name: "boot, others late", boots: true, units: late },
    { name: "start", boots: false, units: start },
  ];
}

/** What these names pull in, over wants and requires, written on either side. */
function pulledIn(all: readonly Unit[], names: readonly string[]): Unit[] {
  const active = new Set<Unit>();
  const visit = (name: string) => {
    const unit = all.find((each) => each.name === name);
    if (unit && active.has(unit)) return;
    if (unit) active.add(unit);
    for (const other of [...(unit?.requires ?? []), ...(unit?.wants ?? [])]) visit(other);
    for (const each of all) {
      if (each.requiredBy?.includes(name) || each.wantedBy?.includes(name)) visit(each.name);
    }
  };
  for (const name of names) visit(name);
  return all.filter((unit) => active.has(unit));
}

/** Depth first along `after`, in the order in which they are written. */
function sorted(units: readonly Unit[]): Unit[] {
  const done: Unit[] = [];
  const visit = (unit: Unit, above: readonly Unit[]) => {
    if (done.includes(unit) || above.includes(unit)) return;
    for (const other of units) if (isBefore(other, unit)) visit(other, [...above, unit]);
    done.push(unit);
  };
  for (const unit of units) visit(unit, []);
  return done;
}

/** The units that run before the guest's own one; `others`: also those that nothing orders. */
function beforeOwn(units: readonly Unit[], own: Unit, others: boolean): Unit[] {
  return units.filter((unit) => unit !== own && (reaches(units, unit, own) || (others && !reaches(units, own, unit))));
}

function reaches(units: readonly Unit[], from: Unit, to: Unit, seen: readonly Unit[] = []): boolean {
  if (isBefore(from, to)) return true;
  return units.some(
    (each) => !seen.includes(each) && isBefore(from, each) && reaches(units, each, to, [...seen, each]),
  );
}

function isBefore(first: Unit, second: Unit): boolean {
  return (first.before?.includes(second.name) ?? false) || (second.after?.includes(first.name) ?? false);
}

/** Names of the units whose failure keeps the guest's own one from starting. */
export function requiredByOwn(guest: string, units: readonly Unit[], own: readonly OwnPart[]): Set<string> {
  const ownName = `microvm@${guest}.service`;
  return new Set([
    ...own.flatMap(({ requires }) => requires ?? []),
    ...units.filter(({ requiredBy }) => requiredBy?.includes(ownName)).map(({ name }) => name),
  ]);
}
