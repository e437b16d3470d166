/** Returns what it is given instead of `this`, so that the fields of a class below it are put on that object. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for.
    return object;
  }
}

/** What is known of objects beside what they say themselves. */
export interface Attached<K extends object, V> {
  get(object: K): V | undefined;
  set(object: K, value: V): void;
}

/**
 * Like a `WeakMap` for objects that soon become garbage: the value lies on the object itself, in a private field that no
 * copy takes along. A `WeakMap` lives long, and until the next full collection V8 keeps every value that was put into it,
 * with all that hangs on it, so that the collections in between, which happen while somebody types, copy instead of drop.
 */
export function attached<K extends object, V>(): Attached<K, V> {
  class Holder extends Given {
    #value: V;
    constructor(object: object, value: V) {
      super(object);
      this.#value = value;
    }
    static get(object: K): V | undefined {
      return #value in object ? (object as unknown as Holder).#value : undefined;
    }
    static set(object: K, value: V): void {
      if (#value in object) (object as unknown as Holder).#value = value;
      else new Holder(object, value);
    }
  }
  return Holder;
}
