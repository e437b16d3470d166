import { quote } from "./inputs.mjs";

/** Guests that are asked about beside those that an edit names. */
const others = 5;

/** What real Nix says of a folder's guests and hosts, before an edit and after it. */
export class Guests {
  #judge;
  #all = null;
  #before = new Map();

  constructor(judge) {
    this.#judge = judge;
  }

  /**
   * For each copy: `{ known, why, changed: [{ name, of: "guest" | "host", path }], judgedNames }`, where `path` is that of
   * a value that is another than before. `named` are the guests that the edits say they change.
   */
  compare(copies, named) {
    const keys = this.#keys(named);
    if (keys.length === 0)
      return copies.map(() => ({ known: false, why: this.#all.error ?? "Nix evaluates none of the guests" }));
    const question = `[ ${keys.map(({ question: each }) => `(${each})`).join(" ")} ]`;
    let { value, error } = this.#judge.askCopies(copies, question);
    return copies.map((copy, index) => {
      let after = value?.[index];
      if (!after)
        ({
          value: [after] = [],
          error,
        } = this.#judge.askCopies([copy], question));
      if (!after) return { known: true, error, changed: [], judgedNames: new Set() };
      const changed = keys.flatMap(({ key, name, of }, at) =>
        changes(this.#before.get(key), after[at]).map(([path, was, is]) => ({ name, of, key, path, was, is })),
      );
      return {
        known: true,
        changed,
        after: keys.map((each, at) => ({ ...each, value: after[at] })),
        judgedNames: new Set(keys.map(({ name }) => name)),
      };
    });
  }

  /** The guests of those names, a few others and the hosts, as far as Nix evaluates them in the unchanged folder. */
  #keys(named) {
    this.#all ??= this.#list();
    const wanted = this.#all.keys.filter(({ name, of }) => of === "host" || named.includes(name));
    const rest = this.#all.keys.filter((each) => !wanted.includes(each));
    const step = Math.max(1, rest.length / others);
    for (let at = 0; at < rest.length && wanted.length < 40; at += step) wanted.push(rest[Math.floor(at)]);
    const fresh = wanted.filter(({ key }) => !this.#before.has(key));
    if (fresh.length > 0) {
      const { value } = this.#judge.ask(`[ ${fresh.map(({ question }) => `(${question})`).join(" ")} ]`);
      fresh.forEach(({ key, question }, index) => {
        this.#before.set(key, value ? value[index] : (this.#judge.ask(question).value ?? null));
      });
    }
    return wanted.filter(({ key }) => this.#before.get(key) !== null);
  }

  #list() {
    const names = this.#judge.ask("h.names");
    if (names.error) return { keys: [], error: names.error };
    const keys = [];
    for (const name of names.value) {
      const kind = this.#judge.ask(`h.kind ${quote(name)}`).value;
      if (!kind) continue;
      if (kind.guest) keys.push({ of: "guest", name, key: `guest ${name}`, question: `h.ownEffects ${quote(name)}` });
      if (kind.stateDir !== null)
        keys.push({ of: "host", name, key: `host ${name}`, question: `h.hostEffects ${quote(name)}` });
      for (const vm of kind.vms) {
        const question = `h.vmEffects ${quote(name)} ${quote(vm)}`;
        keys.push({ of: "guest", name: vm, host: name, key: `guest ${name}/${vm}`, question });
      }
    }
    return { keys };
  }
}

/** Paths of the values that differ, the innermost ones, with both values. */
function changes(a, b, path = "") {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return [[path, a, b]];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    changes(a[key], b[key], `${path}.${key}`),
  );
}
