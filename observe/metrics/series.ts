/** Values by their labels, and the one bound on how many there are. */
import { FAMILIES, type FamilyName } from "./families.ts";

/** More label sets of one family are one: nobody out there decides how much we print. */
export const MOST_SERIES = 400;
/** The value of every label of that one: no domain, no cause, no state is called so. */
export const OTHER = "_other";

/** One family's. */
export class Series<Value> {
  readonly #values = new Map<string, { readonly labels: readonly string[]; readonly value: Value }>();
  readonly #names: readonly string[];
  readonly #make: () => Value;

  constructor(name: FamilyName, make: () => Value) {
    this.#names = FAMILIES[name].labels;
    this.#make = make;
  }

  /** @param labels Every label of the family, by name. */
  at(labels: Readonly<Record<string, string>>): Value {
    const names = this.#names;
    // Without a list and without a closure: it is done for every event.
    let key = "";
    for (let i = 0; i < names.length; i++) key += labels[names[i]!] + "\0";
    return this.#values.get(key)?.value ?? this.#begin(key, names.map((name) => labels[name]!));
  }

  #begin(key: string, labels: readonly string[]): Value {
    if (this.#values.size >= MOST_SERIES && labels.some((one) => one !== OTHER)) {
      return this.at(Object.fromEntries(this.#names.map((name) => [name, OTHER])));
    }
    const value = this.#make();
    this.#values.set(key, { labels, value });
    return value;
  }

  all(): Iterable<{ readonly labels: readonly string[]; readonly value: Value }> {
    return this.#values.values();
  }
}

/** A number that several names lead to. */
export interface Cell {
  value: number;
}

export const cell = (): Cell => ({ value: 0 });
