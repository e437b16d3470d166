/** What an expression reads and writes; null stands for what is not known. */
export interface Variables {
  read(name: string): bigint | null;
  write(name: string, value: bigint | null): void;
}

/** The value of a shell's arithmetic expression; null: not known, or not an expression that is followed. */
export function arithmetic(
  text: string,
  variables: Variables,
): { readonly value: bigint | null; readonly ok: boolean } {
  const tokens =
    text.match(
      /0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<=|>>=|\*\*|[-+*/%&|^<>=!]=|\+\+|--|&&|\|\||<<|>>|[-+*/%<>=!~&|^?:(),$#]|\S/g,
    ) ?? [];
  const reader = new Reader(tokens, variables);
  if (tokens.length === 0) return { value: 0n, ok: true };
  const value = reader.comma();
  return reader.ok && reader.ended
    ? { value: value === null ? null : BigInt.asIntN(64, value), ok: true }
    : { value: null, ok: false };
}

const binary: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", ">", "<=", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];

class Reader {
  readonly #tokens: readonly string[];
  readonly #variables: Variables;
  #at = 0;
  ok = true;
  /** In the part of `&&`, `||` or `?:` that is not evaluated, nothing is written. */
  #asleep = 0;

  constructor(tokens: readonly string[], variables: Variables) {
    this.#tokens = tokens;
    this.#variables = variables;
  }

  get ended(): boolean {
    return this.#at >= this.#tokens.length;
  }

  comma(): bigint | null {
    let value = this.#assignment();
    while (this.#take(",")) value = this.#assignment();
    return value;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #assignment(): bigint | null {
    const name = this.#tokens[this.#at] ?? "";
    const operator = this.#tokens[this.#at + 1] ?? "";
    if (/^[A-Za-z_]/.test(name) && /^(?:=|[-+*/%&|^]=|<<=|>>=)$/.test(operator)) {
      this.#at += 2;
      const right = this.#assignment();
      const value = operator === "=" ? right : combine(operator.slice(0, -1), this.#read(name), right);
      this.#write(name, value ?? null);
      return value ?? null;
    }
    return this.#choice();
  }

  #choice(): bigint | null {
    const test = this.#level(0);
    if (!this.#take("?")) return test;
    const yes = this.#dozing(test === 0n, () => this.#assignment());
    if (!this.#take(":")) this.ok = false;
    const no = this.#dozing(test !== null && test !== 0n, () => this.#assignment());
    // Which of the two is evaluated is not known: neither may write.
    return test === null ? (yes !== null && yes === no ? yes : null) : test !== 0n ? yes : no;
  }

  #dozing<T>(asleep: boolean, read: () => T): T {
    if (asleep) this.#asleep++;
    const value = read();
    if (asleep) this.#asleep--;
    return value;
  }

  #level(level: number): bigint | null {
    const operators = binary[level];
    if (!operators) return this.#power();
    let left = this.#level(level + 1);
    for (;;) {
      const operator = this.#tokens[this.#at];
      if (operator === undefined || !operators.includes(operator)) return left;
      this.#at++;
      const decided = (operator === "&&" && left === 0n) || (operator === "||" && left !== null && left !== 0n);
      const right = this.#dozing(decided, () => this.#level(level + 1));
      const value = combine(operator, left, right);
      if (value === undefined) {
        // Division by zero ends the command, where it is reached.
        if (this.#asleep === 0 && !decided) this.ok = false;
        left = null;
      } else left = value;
    }
  }

  #power(): bigint | null {
    const base = this.#unary();
    if (!this.#take("**")) return base;
    const exponent = this.#power();
    if (base === null || exponent === null || exponent < 0n || exponent > 64n) return null;
    return base ** exponent;
  }

  #unary(): bigint | null {
    if (this.#take("!")) return truth(this.#unary(), (value) => value === 0n);
    if (this.#take("-")) return negative(this.#unary());
    if (this.#take("+")) return this.#unary();
    if (this.#take("~")) {
      const value = this.#unary();
      return value === null ? null : ~value;
    }
    for (const [operator, change] of [
      ["++", 1n],
      ["--", -1n],
    ] as const) {
      if (!this.#take(operator)) continue;
      const name = this.#tokens[this.#at++] ?? "";
      const value = plus(this.#read(name), change);
      this.#write(name, value);
      return value;
    }
    return this.#primary();
  }

  #primary(): bigint | null {
    const token = this.#tokens[this.#at++];
    if (token === "(") {
      const value = this.comma();
      if (!this.#take(")")) this.ok = false;
      return value;
    }
    if (token !== undefined && /^0[0-7]+$/.test(token)) return BigInt(`0o${token.slice(1)}`);
    if (token !== undefined && /^(?:0[xX][0-9a-fA-F]+|[1-9]\d*|0)$/.test(token)) return BigInt(token);
    if (token === undefined || !/^[A-Za-z_]/.test(token)) {
      this.ok = false;
      return null;
    }
    const value = this.#read(token);
    if (this.#take("++")) this.#write(token, plus(value, 1n));
    else if (this.#take("--")) this.#write(token, plus(value, -1n));
    return value;
  }

  #read(name: string): bigint | null {
    return this.#variables.read(name);
  }

  #write(name: string, value: bigint | null): void {
    if (this.#asleep === 0) this.#variables.write(name, value);
  }
}

function plus(value: bigint | null, change: bigint): bigint | null {
  return value === null ? null : value + change;
}

function negative(value: bigint | null): bigint | null {
  return value === null ? null : -value;
}

function truth(value: bigint | null, test: (value: bigint) => boolean): bigint | null {
  return value === null ? null : test(value) ? 1n : 0n;
}

/** Undefined: a division by zero. */
function combine(operator: string, left: bigint | null, right: bigint | null): bigint | null | undefined {
  const of = (test: boolean) => (test ? 1n : 0n);
  if (operator === "&&" && (left === 0n || right === 0n)) return 0n;
  if (operator === "||" && ((left !== null && left !== 0n) || (right !== null && right !== 0n))) return 1n;
  if ((operator === "/" || operator === "%") && right === 0n) return undefined;
  if (left === null || right === null) return null;
  switch (operator) {
    case "||":
    case "&&":
      return of(operator === "&&" ? left !== 0n && right !== 0n : left !== 0n || right !== 0n);
    case "|":
      return left | right;
    case "^":
      return left ^ right;
    case "&":
      return left & right;
    case "==":
      return of(left === right);
    case "!=":
      return of(left !== right);
    case "<":
      return of(left < right);
    case ">":
      return of(left > right);
    case "<=":
      return of(left <= right);
    case ">=":
      return of(left >= right);
    case "<<":
      return right < 0n || right > 63n ? null : BigInt.asIntN(64, left << right);
    case ">>":
      return right < 0n || right > 63n ? null : left >> right;
    case "+":
      return BigInt.asIntN(64, left + right);
    case "-":
      return BigInt.asIntN(64, left - right);
    case "*":
      return BigInt.asIntN(64, left * right);
    case "/":
      return left / right;
    case "%":
      return left % right;
    default:
      return null;
  }
}
