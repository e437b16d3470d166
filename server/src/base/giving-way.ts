/**
 * Evaluating, playing scripts and judging hold the thread. Whoever waits meanwhile is looked after from inside: long work
 * calls {@link giveWay} often, and now and then that is more than a look at the clock.
 */
export interface Attendant {
  /** Milliseconds between two looks; default 5. */
  readonly everyMs?: number;
  /** Looks after whoever waits; true when the work under way is of no use any more. Must not throw. */
  look(): boolean;
}

/** Ends work that is of no use any more. Whoever does it has to be left as if it had not begun. */
export class Superseded extends Error {}

let attendant: Attendant | null = null;
let nextLook = 0;
let superseded = false;

/** Does work beside which others are looked after. @throws Superseded when it is of no use any more. */
export function attended<T>(by: Attendant | null, work: () => T): T {
  const outer = { attendant, superseded };
  attendant = by;
  superseded = false;
  if (by) nextLook = nextOf(by);
  try {
    return work();
  } finally {
    attendant = outer.attendant;
    superseded = outer.superseded;
  }
}

/** To be called every millisecond or so of long work. @throws Superseded */
export function giveWay(): void {
  giveWayUnharmed();
  if (superseded) throw new Superseded("something newer came");
}

/** As {@link giveWay}, where work must not be broken off: the next place where it may be does that. */
export function giveWayUnharmed(): void {
  const by = attendant;
  if (by === null || performance.now() < nextLook) return;
  // What is done for others gives way to nobody.
  attendant = null;
  try {
    if (by.look()) superseded = true;
  } finally {
    attendant = by;
    nextLook = nextOf(by);
  }
}

function nextOf({ everyMs = 5 }: Attendant): number {
  return performance.now() + everyMs;
}
