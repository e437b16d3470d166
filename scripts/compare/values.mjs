// Values of our evaluator in the form in which `nix-instantiate --strict --json` prints them.

/** Encoders around the server's code: `encode(value)` gives `{ json }`, `{ fails }` or `{ unknown }`. */
export function encoders({ rootCause }) {
  const wrong = new Set(["throws", "wrong-type", "cycle", "unresolved-name", "syntax-error"]);
  const problemOf = (unknown) => {
    const { why } = rootCause(unknown);
    return wrong.has(why.reason)
      ? { fails: why.message ?? JSON.stringify(why) }
      : { unknown: JSON.stringify(why), via: chain(unknown) };
  };
  const chain = (unknown) => {
    const steps = [];
    for (let at = unknown; at.why.reason === "input" && steps.length < 12; at = at.why.of) steps.push(at.why.via);
    return steps.join(" <- ");
  };
  // Deeper than this, real Nix has no end either.
  const deepest = 400;
  let depth = 0;
  const plain = (value, problems) => {
    if (depth > deepest || problems.some((p) => p.fails !== undefined)) {
      problems.push({ fails: "no end" });
      return null;
    }
    depth++;
    const made = plainOf(value, problems);
    depth--;
    return made;
  };
  const plainOf = (value, problems) => {
    switch (value.type) {
      case "null":
        return null;
      case "integer":
      case "float":
        return Number(value.value);
      case "boolean":
      case "string":
        return value.value;
      case "path":
        return `/nix/store/path-${value.value.split("/").at(-1)}`;
      case "list": {
        const open = value.rest ?? value.items.find((i) => i.conditional)?.conditional;
        if (open) problems.push(problemOf(open));
        return value.items.map((item) => plain(item.thunk.force(), problems));
      }
      case "attrs": {
        const inner = value.entries.get("outPath");
        if (inner) return plain(inner.thunk.force(), problems);
        const open = value.rest ?? [...value.entries.values()].find((a) => a.conditional)?.conditional;
        if (open) problems.push(problemOf(open));
        const names = [...value.entries.keys()].sort();
        return Object.fromEntries(names.map((name) => [name, plain(value.entries.get(name).thunk.force(), problems)]));
      }
      case "function":
        problems.push({ fails: "cannot convert a function to JSON" });
        return null;
      default:
        problems.push(problemOf(value));
        return null;
    }
  };
  return {
    encode(value) {
      const problems = [];
      const json = plain(value, problems);
      return problems.find((p) => p.fails !== undefined) ?? problems[0] ?? { json: JSON.stringify(json) };
    },
    problemOf,
  };
}

/** JSON of real Nix with sorted names, and store paths without their hashes. */
export function normalised(text) {
  const sorted = (v) =>
    Array.isArray(v)
      ? v.map(sorted)
      : v && typeof v === "object"
        ? Object.fromEntries(
            Object.keys(v)
              .sort()
              .map((k) => [k, sorted(v[k])]),
          )
        : v;
  return JSON.stringify(sorted(JSON.parse(text)));
}

const storeCopy = /\/[^" ]*\/(?:store|path)\/(?:[0-9a-z]{32}|path)-/g;

/** Are both the same, but for the hashes of copies in the store? */
export function sameJson(a, b) {
  const blind = (text) => text.replace(storeCopy, "/nix/store/path-");
  return blind(a) === blind(b);
}

/** Counts and lists of how answers compare. `real`: `{ json }` or `{ fails }`; `mine` as `encode` has it. */
export class Tally {
  counts = { same: 0, refused: 0, unknown: 0, "unknown, Nix refuses": 0, accepted: 0, wrong: 0, "refused wrongly": 0 };
  lines = [];

  add(name, real, mine) {
    const kind = this.#kind(real, mine);
    this.counts[kind]++;
    if (kind !== "same" && kind !== "refused")
      this.lines.push(`${kind}: ${name}\n    Nix: ${short(real)}\n    we:  ${short(mine)}`);
  }

  #kind(real, mine) {
    if (mine.unknown !== undefined) return real.json === undefined ? "unknown, Nix refuses" : "unknown";
    if (real.json === undefined) return mine.json === undefined ? "refused" : "accepted";
    if (mine.json === undefined) return "refused wrongly";
    return sameJson(real.json, mine.json) ? "same" : "wrong";
  }

  print() {
    for (const line of this.lines) console.log(line);
    const c = this.counts;
    const all = Object.values(c).reduce((a, b) => a + b, 0);
    const refusals = c.refused + c.accepted + c["unknown, Nix refuses"];
    const per = (n, of) => `${((100 * n) / Math.max(1, of)).toFixed(1)} %`;
    console.log(
      `${all} judged: ${c.same} the same, ${c.wrong + c["refused wrongly"]} different, ${c.unknown} unknown (${per(c.unknown, all)}); ` +
        `of ${refusals} that Nix refuses ${c.refused} refused (${per(c.refused, refusals)}), ${c["unknown, Nix refuses"]} unknown, ${c.accepted} accepted`,
    );
    return c.wrong + c["refused wrongly"];
  }
}

function short(answer) {
  return JSON.stringify(answer).slice(0, 400);
}
