/** Values by their labels, and the one bound on how many there are. */
import { FAMILIES, type FamilyName, type LabelsOf } from "./families.ts";

/** More label sets of one family are one: nobody out there decides how much we print. */
export const MOST_SERIES = 400;
/** The value of every label of that one: no domain, no cause, no state is called so. */
export const OTHER = "_other";

/** One family's. */
export class Series<Value> {
  readonly #values = new Map<string, { readonly labels: readonly string[]; readonly value: Value }>();
  readonly #make: () => Value;

  constructor(make: () => Value) {
    this.#make = make;
  }

  at(labels: readonly string[]): Value {
    const key = labels.join("\0");
    const known = this.#values.get(key);
    if (known !== undefined) return known.value;
    if (this.#values.size >= MOST_SERIES && labels.some((one) => one !== OTHER)) {
      return this.at(labels.map(() => OTHER));
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

/** The values of a family's labels in its order. */
export function valuesOf<Name extends FamilyName>(name: Name, labels: LabelsOf<Name>): string[] {
  return FAMILIES[name].labels.map((label) => (labels as Readonly<Record<string, string>>)[label]!);
}
