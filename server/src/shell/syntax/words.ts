import type { Text } from "../../base/text.ts";
import { reasons } from "../reasons.ts";
import { holeAt, type Place } from "../script.ts";
import type { Node, Part, Redirect, Word } from "./tree.ts";

/** Where a substitution (`$(…)`, a backtick, `<(…)`) ends and what is in it, for one that begins at an offset; null: not known. */
export type Inner = (start: number) => { readonly end: number; readonly body: Node } | null;

export interface Lexed {
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
  /** Where reading stopped: at the end, or at a character that no simple command contains. */
  readonly end: number;
}

/** Reads words and redirections as bash does, up to an unquoted character that ends a simple command. */
export class Lexer {
  readonly #text: string;
  readonly #end: number;
  readonly #inner: Inner;
  #at: number;

  constructor(text: string, place: Place, inner: Inner) {
    this.#text = text;
    this.#at = place.start;
    this.#end = place.end;
    this.#inner = inner;
  }

  /** The words and redirections of one simple command. */
  command(heredoc: Word | null): Lexed {
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      this.#blank();
      if (this.#at >= this.#end) break;
      const operator = this.#redirection();
      if (operator) redirects.push(this.#redirect(operator, heredoc));
      else {
        const word = this.word("");
        if (word === null) break;
        words.push(word);
      }
    }
    return { words, redirects, end: this.#at };
  }

  /** The words between the brackets of `[[ … ]]`: there, `<`, `>`, `(`, `)`, `&&` and `||` are operators of their own. */
  test(): { readonly words: readonly Word[]; readonly end: number } {
    const words: Word[] = [];
    for (;;) {
      while (this.#at < this.#end && /\s/.test(this.#text[this.#at] as string)) this.#at++;
      if (this.#at >= this.#end) break;
      const operator = /^(?:&&|\|\||[()<>])/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0];
      // What follows =~ is an expression in which brackets and bars are not quoted.
      const before = words.at(-1)?.parts[0];
      const regex = before?.is === "text" && before.text === "=~" && !before.quoted;
      if (operator !== undefined && !regex) {
        const start = this.#at;
        this.#at += operator.length;
        words.push({ parts: [{ is: "text", text: operator, quoted: false }], start, end: this.#at });
        continue;
      }
      const word = this.word("", regex ? /\s/ : undefined);
      if (word === null) break;
      words.push(word);
    }
    return { words, end: this.#at };
  }

  /** The whole range as one word: `"` for text as between double quotes, `heredoc` and `arithmetic` without those quotes. */
  whole(mode: "quoted" | "plain"): Word {
    const start = this.#at;
    const parts: Part[] = [];
    while (this.#at < this.#end) {
      if (mode === "plain" && /\s/.test(this.#text[this.#at] as string)) {
        add(parts, { is: "text", text: this.#text[this.#at++] as string, quoted: true });
      } else this.#part(parts, mode === "quoted" ? "heredoc" : "", /(?!)/);
    }
    return { parts, start, end: this.#at };
  }

  /** One word; null where a character stands that ends a command. `stop`: what else ends the word. */
  word(mode: Mode, stop: RegExp = metacharacter): Word | null {
    const start = this.#at;
    const parts: Part[] = [];
    while (this.#at < this.#end) {
      const character = this.#text[this.#at] as string;
      if (stop.test(character)) {
        const array = character === "(" && stop === metacharacter && beforeArray.test(plain(parts));
        const process = (character === "<" || character === ">") && this.#text[this.#at + 1] === "(";
        if (array) {
          this.#at++;
          parts.push(this.#array());
        } else if (process) this.#substitution(parts, "process", false);
        else break;
        continue;
      }
      this.#part(parts, mode, stop);
    }
    return this.#at === start ? null : { parts, start, end: this.#at };
  }

  #array(): Part {
    const words: Word[] = [];
    for (;;) {
      while (this.#at < this.#end && /\s/.test(this.#text[this.#at] as string)) this.#at++;
      if (this.#text[this.#at] === "#") this.#comment();
      else if (this.#text[this.#at] === ")") {
        this.#at++;
        return { is: "array", words };
      } else {
        const word = this.word("");
        if (word === null) return unclear(reasons.syntax());
        words.push(word);
      }
    }
  }

  /** Blanks, continued lines and comments. */
  #blank(): void {
    while (this.#at < this.#end) {
      if (this.#text.startsWith("\\\n", this.#at)) this.#at += 2;
      else if (/[ \t]/.test(this.#text[this.#at] as string)) this.#at++;
      else if (this.#text[this.#at] === "#") this.#comment();
      else return;
    }
  }

  #comment(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#end : Math.min(end, this.#end);
  }

  #redirection(): RegExpExecArray | null {
    const found = redirection.exec(this.#text.slice(this.#at, Math.min(this.#at + 40, this.#end)));
    // `<(` and `>(` begin a word.
    if (!found || (/^[<>]$/.test(found[3] as string) && this.#text[this.#at + found[0].length] === "(")) return null;
    return found;
  }

  #redirect(operator: RegExpExecArray, heredoc: Word | null): Redirect {
    const start = this.#at;
    this.#at += operator[0].length;
    this.#blank();
    const target = this.word("") ?? { parts: [unclear(reasons.syntax())], start, end: this.#at };
    const isHeredoc = /^<<-?$/.test(operator[3] as string);
    return {
      descriptor: operator[2] !== undefined ? -1 : operator[1] === undefined ? null : Number(operator[1]),
      operator: operator[3] as string,
      target,
      body: isHeredoc ? heredoc : null,
      start,
      end: this.#at,
    };
  }

  #part(parts: Part[], mode: Mode, stop: RegExp): void {
    const character = this.#text[this.#at] as string;
    const inQuotes = mode !== "";
    const hole = holeAt(this.#text, this.#at);
    if (hole >= 0) {
      this.#at++;
      parts.push({ is: "hole", index: hole, quoted: inQuotes });
    } else if (character === "\\") this.#backslash(parts, mode);
    else if (character === "'" && !inQuotes) this.#single(parts);
    else if (character === '"' && mode !== "heredoc") this.#double(parts);
    else if (character === "$") this.#dollar(parts, mode);
    else if (character === "`") this.#substitution(parts, "command", inQuotes);
    else {
      let end = this.#at + 1;
      while (end < this.#end && !special.test(this.#text[end] as string) && !stop.test(this.#text[end] as string))
        end++;
      add(parts, { is: "text", text: this.#text.slice(this.#at, end), quoted: inQuotes });
      this.#at = end;
    }
  }

  #backslash(parts: Part[], mode: Mode): void {
    const next = this.#text[this.#at + 1];
    this.#at += 2;
    if (next === "\n") return;
    const escapes = mode === "" || next === undefined || "$`\\".includes(next) || (next === '"' && mode === '"');
    add(parts, { is: "text", text: escapes ? (next ?? "\\") : `\\${next}`, quoted: true });
  }

  #single(parts: Part[]): void {
    const close = this.#text.indexOf("'", this.#at + 1);
    if (close < 0 || close >= this.#end) {
      this.#at = this.#end;
      parts.push(unclear(reasons.syntax()));
      return;
    }
    // A hole in quotes is still a hole.
    quotedText(parts, this.#text.slice(this.#at + 1, close));
    this.#at = close + 1;
  }

  #double(parts: Part[]): void {
    this.#at++;
    add(parts, { is: "text", text: "", quoted: true });
    while (this.#at < this.#end && this.#text[this.#at] !== '"') this.#part(parts, '"', /"/);
    if (this.#at >= this.#end) parts.push(unclear(reasons.syntax()));
    this.#at++;
  }

  #dollar(parts: Part[], mode: Mode): void {
    const rest = this.#text.slice(this.#at, this.#end);
    const quoted = mode !== "";
    if (rest.startsWith("$((") || rest.startsWith("$(")) this.#substitution(parts, "command", quoted);
    else if (rest.startsWith("${")) this.#expansion(parts, mode);
    else if (!quoted && rest.startsWith("$'")) this.#ansi(parts);
    else if (!quoted && rest.startsWith('$"')) {
      this.#at++;
      this.#double(parts);
    } else this.#name(parts, rest, quoted);
  }

  #name(parts: Part[], rest: string, quoted: boolean): void {
    const name = /^\$([A-Za-z_]\w*|[0-9@*#?$!-])/.exec(rest)?.[1];
    this.#at += 1 + (name?.length ?? 0);
    if (name === undefined) add(parts, { is: "text", text: "$", quoted });
    else parts.push({ is: "parameter", name, index: null, before: "", operator: "", argument: null, quoted });
  }

  #substitution(parts: Part[], is: "command" | "process", quoted: boolean): void {
    const start = this.#at;
    const arithmetic = this.#text.startsWith("$((", start) ? closeOf(this.#text, start + 1, this.#end) : -1;
    if (arithmetic > 0 && this.#text.startsWith("))", arithmetic - 2)) {
      this.#at = arithmetic;
      const inside = new Lexer(this.#text, { start: start + 3, end: arithmetic - 2 }, this.#inner);
      parts.push({ is: "arithmetic", expression: inside.whole("quoted"), quoted });
      return;
    }
    const inner = this.#inner(start);
    if (!inner || inner.end > this.#end) {
      this.#at = this.#end;
      parts.push(unclear(reasons.syntax()));
      return;
    }
    this.#at = inner.end;
    parts.push(is === "process" ? { is, body: inner.body } : { is, body: inner.body, quoted });
  }

  #expansion(parts: Part[], mode: Mode): void {
    const start = this.#at;
    const quoted = mode !== "";
    const head = /^\$\{([!#]?)([A-Za-z_]\w*|\d+|[@*#?$!-])/.exec(this.#text.slice(start, this.#end));
    // `${#}` is the number of arguments, `${#-x}` and the like are too rare to follow.
    const count = this.#text.startsWith("${#}", start);
    if (!head && !count) {
      this.#lost(parts);
      return;
    }
    const name = count ? "#" : (head?.[2] as string);
    const before = count ? "" : (head?.[1] as "" | "#" | "!");
    this.#at += count ? 3 : (head?.[0].length as number);
    let index: Word | null = null;
    if (this.#text[this.#at] === "[") {
      this.#at++;
      index = this.word("", /\]/);
      if (this.#text[this.#at] !== "]" || index === null) {
        this.#lost(parts);
        return;
      }
      this.#at++;
    }
    const operator = /^(?::[-=?+]|[-=?+]|%%?|##?|\/[/#%]?|:|\^\^?|,,?|@)/.exec(
      this.#text.slice(this.#at, this.#at + 2),
    )?.[0];
    this.#at += operator?.length ?? 0;
    const inside: Mode = quoted && !/[%#/^,]/.test(operator ?? "") ? '"' : "";
    const argument = operator === undefined ? null : this.#argument(inside);
    if (this.#text[this.#at] !== "}" || this.#at >= this.#end) {
      this.#lost(parts);
      return;
    }
    this.#at++;
    parts.push({ is: "parameter", name, index, before, operator: operator ?? "", argument, quoted });
  }

  /** What stands behind an operator, up to the brace that closes the expansion. */
  #argument(mode: Mode): Word {
    const start = this.#at;
    const parts: Part[] = [];
    while (this.#at < this.#end && this.#text[this.#at] !== "}") this.#part(parts, mode, /\}/);
    return { parts, start, end: this.#at };
  }

  #lost(parts: Part[]): void {
    parts.push(unclear(reasons.syntax()));
    this.#at = this.#end;
  }

  #ansi(parts: Part[]): void {
    let text = "";
    let at = this.#at + 2;
    for (; at < this.#end && this.#text[at] !== "'"; at++) {
      if (this.#text[at] !== "\\") {
        text += this.#text[at];
        continue;
      }
      const found = /^\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|(.))/s.exec(
        this.#text.slice(at, at + 6),
      );
      if (!found) break;
      const [whole, hex, unicode, octal, letter] = found;
      const code = hex ?? unicode;
      const value =
        code !== undefined ? Number.parseInt(code, 16) : octal !== undefined ? Number.parseInt(octal, 8) : null;
      // Bytes beyond ASCII may be pieces of characters.
      if (value !== null && (value === 0 || (value > 127 && unicode === undefined))) {
        this.#lost(parts);
        return;
      }
      text += value !== null ? String.fromCharCode(value) : (ansiEscapes[letter as string] ?? `\\${letter}`);
      at += whole.length - 1;
    }
    this.#at = at + 1;
    add(parts, { is: "text", text, quoted: true });
  }
}

/** "": outside of quotes; `"`: between double quotes; heredoc: like those, but `"` is only a character. */
type Mode = "" | '"' | "heredoc";

const metacharacter = /[\s;|&<>()]/;
const special = /[\\'"$`\ue000-\uf8fe]/;
const redirection = /^(?:(\d+)(?=[<>])|(\{\w+\})(?=[<>]))?(<<<|<<-?|<>|<&|<|>>|>\||>&|>|&>>|&>)/;
const beforeArray = /^[A-Za-z_]\w*\+?=$/;
const ansiEscapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "?": "?",
};

function unclear(why: Text): Part {
  return { is: "unclear", why };
}

/** Text is put to the text before it where both are quoted or neither is. */
function add(parts: Part[], part: Extract<Part, { is: "text" }>): void {
  const last = parts.at(-1);
  if (last?.is === "text" && last.quoted === part.quoted) {
    parts[parts.length - 1] = { is: "text", text: last.text + part.text, quoted: part.quoted };
  } else parts.push(part);
}

function quotedText(parts: Part[], text: string): void {
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const hole = holeAt(text, at);
    if (hole < 0) continue;
    add(parts, { is: "text", text: text.slice(from, at), quoted: true });
    parts.push({ is: "hole", index: hole, quoted: true });
    from = at + 1;
  }
  add(parts, { is: "text", text: text.slice(from), quoted: true });
}

function plain(parts: readonly Part[]): string {
  const only = parts.length === 1 ? parts[0] : undefined;
  return only?.is === "text" && !only.quoted ? only.text : "";
}

/** Behind the parenthesis that closes the one at `start`; -1: none. Quotes are skipped. */
function closeOf(text: string, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === "'" || character === '"') {
      const close = text.indexOf(character, at + 1);
      if (close < 0) return -1;
      at = close;
    } else if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return at + 1;
  }
  return -1;
}
