/**
 * POSIX extended regular expressions as libstdc++'s `std::regex` reads them, which Nix uses: over bytes, in the C locale.
 * The result is the same automaton, because the way it is walked decides what groups capture.
 */
export type State =
  | { kind: "match"; accepts: (byte: number) => boolean; next: number }
  | { kind: "alternative"; first: number; second: number }
  | { kind: "repeat"; body: number; next: number }
  | { kind: "open" | "close"; group: number; next: number }
  | { kind: "begin" | "end" | "nothing"; next: number }
  | { kind: "accept" };

export interface Automaton {
  readonly states: readonly State[];
  readonly start: number;
  /** Without the whole match. */
  readonly groups: number;
}

/** `bytes` has one character per byte. Returns a word of explanation when the expression is not valid or not sure. */
export function parseRegex(bytes: string): Automaton | { readonly error: string; readonly certain: boolean } {
  try {
    return new Parser(bytes).parse();
  } catch (error) {
    if (error instanceof RegexError) return { error: error.message, certain: error.certain };
    throw error;
  }
}

class RegexError extends Error {
  /** Real Nix rejects the expression, too. */
  readonly certain: boolean;
  constructor(message: string, certain = true) {
    super(message);
    this.certain = certain;
  }
}

/** A piece of the automaton: where it is entered, and the state whose `next` leads on. */
interface Piece {
  readonly start: number;
  readonly end: number;
}

const none = -1;
const mostStates = 20_000;

class Parser {
  readonly #text: string;
  readonly #states: State[] = [];
  #at = 0;
  #groups = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Automaton {
    const open = this.#add({ kind: "open", group: 0, next: none });
    const body = this.#disjunction();
    if (this.#at < this.#text.length) throw new RegexError("unmatched parenthesis or misplaced repetition");
    const close = this.#add({ kind: "close", group: 0, next: none });
    const accept = this.#add({ kind: "accept" });
    this.#link(open, body.start);
    this.#link(body.end, close);
    this.#link(close, accept);
    return { states: this.#states, start: open, groups: this.#groups };
  }

  #add(state: State): number {
    if (this.#states.length >= mostStates) throw new RegexError("too large", false);
    this.#states.push(state);
    return this.#states.length - 1;
  }

  #link(from: number, to: number): void {
    const state = this.#states[from] as State;
    if ("next" in state) state.next = to;
  }

  #nothing(): Piece {
    const state = this.#add({ kind: "nothing", next: none });
    return { start: state, end: state };
  }

  #disjunction(): Piece {
    if (++this.#depth > 200) throw new RegexError("nested too deeply", false);
    let left = this.#sequence();
    while (this.#text[this.#at] === "|") {
      this.#at++;
      const right = this.#sequence();
      const end = this.#nothing().start;
      this.#link(left.end, end);
      this.#link(right.end, end);
      left = { start: this.#add({ kind: "alternative", first: left.start, second: right.start }), end };
    }
    this.#depth--;
    return left;
  }

  #sequence(): Piece {
    let whole = this.#nothing();
    for (let term = this.#term(); term; term = this.#term()) {
      this.#link(whole.end, term.start);
      whole = { start: whole.start, end: term.end };
    }
    return whole;
  }

  #term(): Piece | null {
    const c = this.#text[this.#at];
    if (c === "^" || c === "$") {
      this.#at++;
      const state = this.#add({ kind: c === "^" ? "begin" : "end", next: none });
      return { start: state, end: state };
    }
    let from = this.#states.length;
    let piece = this.#atom();
    if (!piece) return null;
    for (;;) {
      const repeated = this.#repetition(piece, from);
      if (!repeated) return piece;
      from = Math.min(from, repeated.start);
      piece = repeated;
    }
  }

  #atom(): Piece | null {
    const c = this.#text[this.#at];
    switch (c) {
      case undefined:
      case "|":
      case ")":
      case "*":
      case "+":
      case "?":
      case "{":
        return null;
      case ".":
        this.#at++;
        return this.#matcher((byte) => byte !== 0);
      case "(":
        return this.#group();
      case "[": {
        const { accepts, end } = parseBracket(this.#text, this.#at + 1);
        this.#at = end;
        return this.#matcher(accepts);
      }
      case "\\": {
        const escaped = this.#text[this.#at + 1];
        if (escaped === undefined) throw new RegexError("trailing backslash");
        // Whether other escapes are allowed depends on how libstdc++ was compiled.
        if (!".[\\()*+?{|^$".includes(escaped)) throw new RegexError(`escape \\${escaped}`, false);
        this.#at += 2;
        return this.#literal(escaped);
      }
      default:
        if (c === "\0") throw new RegexError("null character", false);
        this.#at++;
        return this.#literal(c);
    }
  }

  #literal(c: string): Piece {
    const wanted = c.charCodeAt(0);
    return this.#matcher((byte) => byte === wanted);
  }

  #matcher(accepts: (byte: number) => boolean): Piece {
    const state = this.#add({ kind: "match", accepts, next: none });
    return { start: state, end: state };
  }

  #group(): Piece {
    this.#at++;
    const group = ++this.#groups;
    const open = this.#add({ kind: "open", group, next: none });
    const body = this.#disjunction();
    if (this.#text[this.#at] !== ")") throw new RegexError("unmatched parenthesis");
    this.#at++;
    const close = this.#add({ kind: "close", group, next: none });
    this.#link(open, body.start);
    this.#link(body.end, close);
    return { start: open, end: close };
  }

  /** `piece` is made of the states from `from` on. */
  #repetition(piece: Piece, from: number): Piece | null {
    switch (this.#text[this.#at]) {
      case "*":
        this.#at++;
        return this.#star(piece);
      case "+": {
        this.#at++;
        const loop = this.#add({ kind: "repeat", body: piece.start, next: none });
        this.#link(piece.end, loop);
        return { start: piece.start, end: loop };
      }
      case "?":
        this.#at++;
        return this.#optional(piece);
      case "{":
        return this.#interval(piece, from);
      default:
        return null;
    }
  }

  #star(piece: Piece): Piece {
    const loop = this.#add({ kind: "repeat", body: piece.start, next: none });
    this.#link(piece.end, loop);
    return { start: loop, end: loop };
  }

  #optional(piece: Piece): Piece {
    const end = this.#nothing().start;
    const choice = this.#add({ kind: "repeat", body: piece.start, next: end });
    this.#link(piece.end, end);
    return { start: choice, end };
  }

  #interval(piece: Piece, from: number): Piece {
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.#text.slice(this.#at, this.#at + 40));
    if (!found) throw new RegexError("invalid interval");
    this.#at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === "" ? null : Number(found[3]);
    if (most !== null && most < least) throw new RegexError("invalid interval");
    const to = this.#states.length;
    const copies = (most ?? least + 1) + 1;
    if (copies * (to - from) > mostStates) throw new RegexError("too large", false);
    let whole = this.#nothing();
    const append = (next: Piece) => {
      this.#link(whole.end, next.start);
      whole = { start: whole.start, end: next.end };
    };
    for (let i = 0; i < least; i++) append(this.#copy(piece, from, to));
    if (most === null) append(this.#star(this.#copy(piece, from, to)));
    else if (most > least) {
      // Each further repetition is reached only through the one before; all leave to the same end.
      const end = this.#nothing().start;
      const choices: number[] = [];
      for (let i = least; i < most; i++) {
        const copy = this.#copy(piece, from, to);
        const choice = this.#add({ kind: "repeat", body: copy.start, next: end });
        append({ start: choice, end: copy.end });
        choices.push(choice);
      }
      this.#link(whole.end, end);
      whole = { start: whole.start, end };
    }
    return whole;
  }

  /** The states of a piece once more; groups keep their numbers. */
  #copy(piece: Piece, from: number, to: number): Piece {
    const shift = this.#states.length - from;
    const moved = (target: number) => (target >= from && target < to ? target + shift : none);
    for (let i = from; i < to; i++) {
      const state = this.#states[i] as State;
      switch (state.kind) {
        case "alternative":
          this.#add({ kind: "alternative", first: moved(state.first), second: moved(state.second) });
          break;
        case "repeat":
          this.#add({ kind: "repeat", body: moved(state.body), next: moved(state.next) });
          break;
        case "accept":
          this.#add(state);
          break;
        default:
          this.#add({ ...state, next: moved(state.next) });
      }
    }
    this.#link(piece.end + shift, none);
    return { start: piece.start + shift, end: piece.end + shift };
  }
}

const classes: Readonly<Record<string, RegExp>> = {
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  alnum: /[A-Za-z0-9]/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  space: /[\t-\r ]/,
  blank: /[\t ]/,
  punct: /[!-/:-@[-`{-~]/,
  print: /[ -~]/,
  graph: /[!-~]/,
  cntrl: /[\x00-\x1f\x7f]/,
  xdigit: /[0-9A-Fa-f]/,
  d: /[0-9]/,
  w: /[A-Za-z0-9_]/,
  s: /[\t-\r ]/,
};

/** `[…]`, from behind the opening bracket on. */
function parseBracket(text: string, start: number): { accepts: (byte: number) => boolean; end: number } {
  let at = start;
  const negative = text[at] === "^";
  if (negative) at++;
  const accepted = new Uint8Array(256);
  let last: string | "class" | null = null;
  const flush = () => {
    if (last !== null && last.length === 1) accepted[last.charCodeAt(0)] = 1;
  };
  const character = (first: boolean): string | null => {
    const c = text[at];
    if (c === undefined) throw new RegexError("unmatched bracket");
    if ((c === "]" && !first) || c === "-") return null;
    if (c === "[" && /[.:=]/.test(text[at + 1] ?? "")) return null;
    if (c.charCodeAt(0) > 127 || c === "\0") throw new RegexError("byte beyond ASCII in brackets", false);
    at++;
    return c;
  };
  last = character(true);
  if (last === null && text[at] === "-") {
    last = "-";
    at++;
  }
  for (;;) {
    const c = text[at];
    if (c === "]") {
      at++;
      break;
    }
    const one = character(false);
    if (one !== null) {
      flush();
      last = one;
    } else if (c === "[") {
      const found = /^\[:([a-z]+):\]/i.exec(text.slice(at, at + 20));
      if (!found) throw new RegexError("collating element", false);
      const named = classes[(found[1] as string).toLowerCase()];
      if (!named) throw new RegexError(`character class ${found[1]}`);
      at += found[0].length;
      flush();
      last = "class";
      for (let byte = 0; byte < 128; byte++) if (named.test(String.fromCharCode(byte))) accepted[byte] = 1;
    } else {
      // A dash: literal at the end, otherwise the middle of a range.
      at++;
      if (text[at] === "]") {
        flush();
        last = "-";
        at++;
        break;
      }
      // Compilers' versions differ in what they make of a dash behind a range or class.
      if (last === null || last === "class") throw new RegexError("dash in brackets", false);
      const until: string | null = text[at] === "-" ? "-" : character(false);
      if (until === null) throw new RegexError("range in brackets", false);
      if (until === "-") at++;
      if (last > until) throw new RegexError("range out of order");
      for (let byte = last.charCodeAt(0); byte <= until.charCodeAt(0); byte++) accepted[byte] = 1;
      last = null;
    }
  }
  flush();
  return { accepts: (byte) => (accepted[byte] === 1) !== negative, end: at };
}
