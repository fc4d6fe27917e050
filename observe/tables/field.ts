/** What a table can be filtered, sorted and counted by. console.md 2.3. */
import type { FieldDescription } from "../contract.ts";

interface Common {
  readonly about: string;
  /** Other names for it. */
  readonly also?: readonly string[];
}

/** Texts are read in lower case: names are canonical, and nothing else of ours has capitals. */
export type Field<Live> =
  & Common
  & (
    /** `bare`: a word without a key is looked for here too. `counted`: it is one of the facets. */
    | {
      readonly kind: "text";
      readonly read: (row: Live) => string | null;
      readonly bare?: true;
      readonly counted?: true;
    }
    | { readonly kind: "texts"; readonly read: (row: Live) => Iterable<string | null>; readonly bare?: true }
    /** One of a closed set; "none" where there is none. */
    | {
      readonly kind: "word";
      readonly values: readonly string[];
      readonly read: (row: Live) => string | null;
      readonly counted?: true;
    }
    | { readonly kind: "number"; readonly read: (row: Live) => number | null }
    /** How long ago, or ahead, a time is. */
    | { readonly kind: "age" | "ahead"; readonly read: (row: Live) => number | null }
  );

/** By key, in the order of suggestions. */
export type FieldsOf<Live> = Readonly<Record<string, Field<Live>>>;

/** What stands for `null` in words, texts and facets. */
export const NONE = "none";

export function isSortable<Live>({ kind }: Field<Live>): boolean {
  return kind !== "texts";
}

export function isCounted<Live>(field: Field<Live>): boolean {
  return "counted" in field && field.counted === true;
}

/** By key or another name of it. */
export function findField<Live>(fields: FieldsOf<Live>, name: string): [string, Field<Live>] | null {
  const wanted = name.toLowerCase();
  return Object.entries(fields).find(([key, { also = [] }]) =>
    key.toLowerCase() === wanted || also.some((one) => one.toLowerCase() === wanted)
  ) ?? null;
}

export function describeFields<Live>(fields: FieldsOf<Live>): FieldDescription[] {
  return Object.entries(fields).map(([key, field]) => ({
    key,
    kind: field.kind,
    values: field.kind === "word" ? field.values : null,
    sortable: isSortable(field),
    about: field.about,
  }));
}
