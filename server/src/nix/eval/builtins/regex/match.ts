import { charge, stack } from "../../budget.ts";
import type { Automaton, State } from "./parse.ts";

/** Start and end of the whole match and of each group, in bytes; null for a group that took no part. */
export type Match = readonly ({ readonly start: number; readonly end: number } | null)[];

/** The search took too many steps to go on. */
export const tooLong = "too long";

const mostSteps = 3_000_000;

/** Matches the text as a whole, as `std::regex_match`. */
export function matchWhole(automaton: Automaton, bytes: string): Match | null | typeof tooLong {
  return new Walk(automaton, bytes, true).from(0, 0, false, false);
}

/** All matches in a row, as `std::regex_iterator` finds them. */
export function matchAll(automaton: Automaton, bytes: string): readonly Match[] | typeof tooLong {
  const matches: Match[] = [];
  const walk = new Walk(automaton, bytes, false);
  let previousAvailable = false;
  let match = search(walk, bytes, 0, previousAvailable);
  while (match !== null) {
    if (match === tooLong) return tooLong;
    matches.push(match);
    const whole = match[0] as { start: number; end: number };
    let start = whole.end;
    if (whole.start === whole.end) {
      if (start === bytes.length) break;
      // After an empty match: one that is not empty, at the same place; else go on behind the next byte.
      const here = walk.from(start, start, previousAvailable, true);
      if (here !== null) {
        match = here;
        continue;
      }
      start++;
    }
    previousAvailable = true;
    match = search(walk, bytes, start, previousAvailable);
  }
  return matches;
}

function search(walk: Walk, bytes: string, start: number, previousAvailable: boolean): Match | null | typeof tooLong {
  for (let at = start; at <= bytes.length; at++) {
    const match = walk.from(at, at, previousAvailable || at > start, false);
    if (match !== null) return match;
  }
  return null;
}

interface Group {
  start: number;
  end: number;
  matched: boolean;
}

/**
 * The depth-first walk of libstdc++: a repetition takes the first way that leads to the end, an alternative tries both
 * and keeps the longer match, and groups keep what an earlier round of a loop captured.
 */
class Walk {
  readonly #states: readonly State[];
  readonly #automaton: Automaton;
  readonly #bytes: string;
  readonly #exact: boolean;
  #steps = 0;
  #depth = 0;
  #begin = 0;
  #previousAvailable = false;
  #notNull = false;
  #found = false;
  #foundEnd = -1;
  #current: Group[] = [];
  #best: Group[] = [];
  #rounds = new Map<number, { at: number; count: number }>();

  constructor(automaton: Automaton, bytes: string, exact: boolean) {
    this.#automaton = automaton;
    this.#states = automaton.states;
    this.#bytes = bytes;
    this.#exact = exact;
  }

  /** The match that starts at `at`; `begin` is the start of the text as `^` sees it. */
  from(at: number, begin: number, previousAvailable: boolean, notNull: boolean): Match | null | typeof tooLong {
    this.#begin = begin;
    this.#previousAvailable = previousAvailable;
    this.#notNull = notNull;
    this.#found = false;
    this.#foundEnd = -1;
    this.#current = Array.from({ length: this.#automaton.groups + 1 }, () => ({ start: -1, end: -1, matched: false }));
    this.#best = [];
    this.#rounds = new Map();
    const before = this.#steps;
    try {
      this.#walk(this.#automaton.start, at);
    } catch (error) {
      if (error === tooLong) return tooLong;
      throw error;
    } finally {
      charge(this.#steps - before);
    }
    if (this.#best.length === 0) return null;
    return this.#best.map((group) => (group.matched ? { start: group.start, end: group.end } : null));
  }

  #walk(start: number, startAt: number): void {
    // A level here takes about as much of the stack as one of evaluation.
    if (++this.#depth > stack.limit - stack.depth) throw tooLong;
    const undo: { group: number; before: Group }[] = [];
    this.#follow(start, startAt, undo);
    for (let entry = undo.pop(); entry; entry = undo.pop()) this.#current[entry.group] = entry.before;
    this.#depth--;
  }

  #follow(start: number, startAt: number, undo: { group: number; before: Group }[]): void {
    let index = start;
    let at = startAt;
    for (;;) {
      if (++this.#steps > mostSteps) throw tooLong;
      const state = this.#states[index] as State;
      switch (state.kind) {
        case "nothing":
          break;
        case "match":
          if (at >= this.#bytes.length || !state.accepts(this.#bytes.charCodeAt(at))) return;
          at++;
          break;
        case "begin":
          if (at !== this.#begin || this.#previousAvailable) return;
          break;
        case "end":
          if (at !== this.#bytes.length) return;
          break;
        case "open":
        case "close": {
          const before = this.#current[state.group] as Group;
          undo.push({ group: state.group, before });
          this.#current[state.group] =
            state.kind === "open" ? { ...before, start: at } : { start: before.start, end: at, matched: true };
          break;
        }
        case "alternative": {
          this.#walk(state.first, at);
          const found = this.#found;
          this.#found = false;
          this.#walk(state.second, at);
          this.#found ||= found;
          return;
        }
        case "repeat": {
          const body = this.#states[state.body] as State;
          if (body.kind === "match" && body.next === index) {
            this.#manyOf(body.accepts, state.next, at);
            return;
          }
          this.#onceMore(index, state.body, at);
          if (this.#found) return;
          break;
        }
        case "accept":
          this.#accept(at);
          return;
      }
      index = (state as { next: number }).next;
    }
  }

  /** A loop over single bytes, without recursion: as many as possible first. */
  #manyOf(accepts: (byte: number) => boolean, next: number, start: number): void {
    let at = start;
    while (at < this.#bytes.length && accepts(this.#bytes.charCodeAt(at))) at++;
    this.#steps += at - start;
    for (; at >= start; at--) {
      this.#walk(next, at);
      if (this.#found) return;
    }
  }

  /** One round more, but at most two in a row that consume nothing. */
  #onceMore(index: number, body: number, at: number): void {
    const round = this.#rounds.get(index);
    if (!round || round.count === 0 || round.at !== at) {
      this.#rounds.set(index, { at, count: 1 });
      this.#walk(body, at);
    } else if (round.count < 2) {
      this.#rounds.set(index, { at, count: round.count + 1 });
      this.#walk(body, at);
    }
    if (round) this.#rounds.set(index, round);
    else this.#rounds.delete(index);
  }

  #accept(at: number): void {
    this.#found = this.#exact ? at === this.#bytes.length : true;
    if (at === this.#begin && this.#notNull) this.#found = false;
    if (!this.#found || at <= this.#foundEnd) return;
    this.#foundEnd = at;
    this.#best = this.#current.map((group) => ({ ...group }));
  }
}
