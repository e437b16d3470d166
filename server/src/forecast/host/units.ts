import { attached } from "../../base/attached.ts";
import { type Field, known } from "../../microvm/model.ts";
import type { HostStart, Listed, Relation, Texts, Unit } from "../../microvm/start/start.ts";
import { plainText, relations } from "../../microvm/start/start.ts";
import { specified } from "./exec.ts";

/** A unit that runs before the guest's own one, in their order. */
export interface Turn {
  readonly unit: Unit;
  /** Its name; of a template that of its instance. */
  readonly name: string;
  /** It surely runs, and has ended when the guest's own unit begins. */
  readonly sure: boolean;
  /** The guest's own unit does not start where it fails. */
  readonly required: boolean;
}

/** One way in which the next start may come about: a start of the guest's unit alone, or a boot of the host. */
export interface Course {
  readonly name: "start" | "boot";
  /** Activation and systemd-tmpfiles run before any unit. */
  readonly boots: boolean;
  readonly turns: readonly Turn[];
}

/** The guest's own unit: the template and what is put over it for this guest (nixos-modules/host/default.nix). */
export function ownUnits({ units }: HostStart, guest: string): readonly Unit[] {
  return ["microvm@.service", ownName(guest)].flatMap((name) => units.items.get(name)?.value ?? []);
}

export function ownName(guest: string): string {
  return `microvm@${guest}.service`;
}

/** What is pulled in when a host boots. */
const bootTargets = [
  "multi-user.target",
  "graphical.target",
  "default.target",
  "microvms.target",
  "sysinit.target",
  "basic.target",
  "local-fs.target",
];

interface Node {
  readonly name: string;
  readonly units: readonly Unit[];
  readonly relations: (relation: Relation) => readonly string[];
}

/** The courses of a guest's next start, with the units that run before its own. */
export function coursesOf(start: HostStart, guest: string): readonly Course[] {
  let byGuest = courses.get(start);
  if (!byGuest) {
    byGuest = new Map();
    courses.set(start, byGuest);
  }
  const before = byGuest.get(guest);
  if (before) return before;
  const found = findCourses(start, guest);
  byGuest.set(guest, found);
  return found;
}

const courses = attached<HostStart, Map<string, readonly Course[]>>();

function findCourses(start: HostStart, guest: string): readonly Course[] {
  const graph = graphOf(start, guest);
  const own = graph.find(({ name }) => name === ownName(guest)) as Node;
  const booted = pulledIn(graph, [...bootTargets, own.name]);
  const alone = pulledIn(graph, [own.name]).filter(
    (node) =>
      !node.units.some(remains) ||
      node.relations("partOf").includes(own.name) ||
      node.relations("bindsTo").includes(own.name),
  );
  return [
    { name: "start", boots: false, turns: turnsBefore(alone, own) },
    { name: "boot", boots: true, turns: turnsBefore(booted, own) },
  ];
}

/**
 * Every service, each instance of a template that one of them or the guest's own unit names, and the install unit of
 * microvm.nix, which comes before the guest's own unit.
 */
function graphOf(start: HostStart, guest: string): readonly Node[] {
  const nodes: Node[] = [];
  const { items } = start.units;
  const install = `install-microvm-${guest}.service`;
  const own = ownName(guest);
  const isOwn = new Set([own, "microvm@.service"]);
  for (const [name, { value }] of items) {
    if (isOwn.has(name) || name === install || !/\.(service|target)$/.test(name) || isTemplate(name)) continue;
    // It is masked then.
    if (known(value.enable) === false) continue;
    nodes.push(nodeOf(name, [value]));
  }
  nodes.push(nodeOf(own, ownUnits(start, guest)));
  const installed = items.get(install)?.value;
  nodes.push({
    name: install,
    units: installed ? [installed] : [],
    relations: once((relation) => [
      ...(installed ? namesIn(installed.relations[relation], install) : []),
      ...(relation === "before" ? [own] : relation === "wantedBy" ? ["microvms.target"] : []),
    ]),
  });
  if (![...items.keys()].some((name) => isTemplate(name) && !isOwn.has(name))) return nodes;
  const named = new Set(nodes.map(({ name }) => name));
  for (const node of nodes) {
    for (const name of relations.flatMap((relation) => node.relations(relation))) {
      const template = items.get(name.replace(/@.*(?=\.)/, "@"))?.value;
      if (named.has(name) || !template || !name.includes("@") || isOwn.has(template.name)) continue;
      named.add(name);
      nodes.push(nodeOf(name, [template]));
    }
  }
  return nodes;
}

function isTemplate(name: string): boolean {
  return name.includes("@.");
}

function nodeOf(name: string, units: readonly Unit[]): Node {
  return {
    name,
    units,
    relations: once((relation) => units.flatMap((unit) => namesIn(unit.relations[relation], name))),
  };
}

/** Each pair of units is compared: the names of a relation are put together once. */
function once(names: Node["relations"]): Node["relations"] {
  const known = new Map<Relation, readonly string[]>();
  return (relation) => {
    const before = known.get(relation);
    if (before) return before;
    const found = names(relation);
    known.set(relation, found);
    return found;
  };
}

function namesIn(list: Listed<Field<Texts>>, unit: string): readonly string[] {
  return list.items.flatMap(({ value }) => {
    const name = plainText(value);
    return name === undefined ? [] : [specified(name, unit)];
  });
}

/** It counts as active after its command has ended. */
export function remains(unit: Unit): boolean {
  return /^(true|yes|1|on)$/.test(settingOf(unit, "RemainAfterExit") ?? "");
}

/** The last line of a setting that is known as a text. */
export function settingOf(unit: Unit, name: string): string | undefined {
  const line = unit.settings.items.get(name)?.value.items.at(-1)?.value;
  return line && plainText(line);
}

function pulledIn(graph: readonly Node[], names: readonly string[]): readonly Node[] {
  const active = new Set<Node>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const node = graph.find((each) => each.name === name);
    if (node) active.add(node);
    const pulls = node ? pulling.flatMap((relation) => node.relations(relation)) : [];
    for (const other of pulls) visit(other);
    for (const each of graph)
      if (pulledBy.some((relation) => each.relations(relation).includes(name))) visit(each.name);
  };
  for (const name of names) visit(name);
  // Of a unit that is not known at all, it is not known either what pulls it in.
  return graph.filter((node) => active.has(node) || node.units.some(({ unknown }) => unknown !== null));
}

const pulling: readonly Relation[] = ["requires", "wants", "bindsTo", "upholds"];
const pulledBy: readonly Relation[] = ["requiredBy", "wantedBy", "upheldBy"];

function turnsBefore(nodes: readonly Node[], own: Node): readonly Turn[] {
  const turns: Turn[] = [];
  for (const node of sorted(nodes)) {
    const [unit] = node.units;
    if (unit?.unknown) {
      turns.push({ unit, name: node.name, sure: false, required: false });
      continue;
    }
    if (node === own || !unit || node.name.endsWith(".target")) continue;
    const isBefore = reaches(nodes, node, own);
    if (!isBefore && reaches(nodes, own, node)) continue;
    const ends = settingOf(unit, "Type") === "oneshot";
    const required =
      own.relations("requires").includes(node.name) ||
      own.relations("bindsTo").includes(node.name) ||
      node.relations("requiredBy").includes(own.name);
    turns.push({ unit, name: node.name, sure: isBefore && ends, required: isBefore && required });
  }
  return turns;
}

/** Depth first along the order, in the order in which they are written. */
function sorted(nodes: readonly Node[]): readonly Node[] {
  const done = new Set<Node>();
  const visit = (node: Node, above: readonly Node[]): void => {
    if (done.has(node) || above.includes(node)) return;
    for (const other of nodes) if (isBefore(other, node)) visit(other, [...above, node]);
    done.add(node);
  };
  for (const node of nodes) visit(node, []);
  return [...done];
}

function reaches(nodes: readonly Node[], from: Node, to: Node, seen: readonly Node[] = []): boolean {
  if (isBefore(from, to)) return true;
  return nodes.some(
    (each) => !seen.includes(each) && isBefore(from, each) && reaches(nodes, each, to, [...seen, each]),
  );
}

function isBefore(first: Node, second: Node): boolean {
  return first.relations("before").includes(second.name) || second.relations("after").includes(first.name);
}

/** Where a unit stands to the start of a guest; null: that cannot be told. */
export interface Place {
  /** It has its turn before the guest's own unit. */
  readonly before: boolean | null;
  /** A start of the guest's own unit pulls it in. */
  readonly pulledIn: boolean | null;
}

/** Whether the order of the declared units puts a unit before the guest's own one, and whether that one pulls it in. */
export function placeInOrder(start: HostStart, guest: string, unit: string): Place {
  const graph = graphOf(start, guest);
  const own = graph.find(({ name }) => name === ownName(guest)) as Node;
  const node = graph.find(({ name }) => name === unit);
  if (!node) return { before: null, pulledIn: null };
  const isKnown = (names: readonly Relation[], of: Node) =>
    of.units.every(({ unknown, relations }) => unknown === null && names.every((name) => isWhole(relations[name])));
  const answer = (isSo: boolean, isSure: boolean) => (isSo ? true : isSure ? false : null);
  return {
    before: answer(reaches(graph, node, own), isKnown(["before"], node) && isKnown(["after"], own)),
    pulledIn: answer(pulledIn(graph, [own.name]).includes(node), isKnown(pulledBy, node) && isKnown(pulling, own)),
  };
}

function isWhole({ items, open }: Listed<Field<Texts>>): boolean {
  return (
    open === null && items.every(({ value, conditional }) => conditional === null && plainText(value) !== undefined)
  );
}
