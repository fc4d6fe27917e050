/**
 * The language of filters: `state:denied remote:*.example -reason:dns.* age:>1h capulet`. console.md 2.3.
 * Terms are joined by AND, `-` negates, `*` stands for anything, bare words are looked for in ids and names.
 */
import { nearestWord } from "../../config/nearest.ts";
import { parseDuration } from "../../config/units.ts";
import { Problem } from "../problem.ts";
import { type Field, type FieldsOf, findField, NONE } from "./field.ts";
import { glob, holding } from "./glob.ts";

export interface Term<Live> {
  /** Null for a bare word. */
  readonly field: string | null;
  readonly negated: boolean;
  /** As it was written, without the `-`. */
  readonly value: string;
  readonly test: (row: Live, now: number) => boolean;
}

export type Query<Live> = readonly Term<Live>[];

const MAX_TERMS = 20;

/** @throws {Problem} 400 with what is wrong in `q`. */
export function parseQuery<Live>(text: string, fields: FieldsOf<Live>): Query<Live> {
  const words = text.split(/\s+/).filter((word) => word !== "" && word !== "-");
  if (words.length > MAX_TERMS) throw wrong(`the filter has more than ${MAX_TERMS} terms`, "use fewer");
  return words.map((word) => parseTerm(word, fields));
}

function parseTerm<Live>(word: string, fields: FieldsOf<Live>): Term<Live> {
  const negated = word.startsWith("-");
  const positive = negated ? word.slice(1) : word;
  const [, name, value] = /^([a-z]+):(.*)$/i.exec(positive) ?? [];
  // What has colons inside is an IPv6 address.
  const keyed = name !== undefined && value !== undefined &&
    !(value.includes(":") && !findField(fields, name));
  const made = keyed ? keyedTerm(name, value, fields) : bareTerm(positive, fields);
  return negated ? { ...made, negated, test: (row, now) => !made.test(row, now) } : made;
}

function keyedTerm<Live>(name: string, value: string, fields: FieldsOf<Live>): Term<Live> {
  const found = findField(fields, name);
  if (found === null) {
    const near = nearestWord(name, Object.keys(fields));
    const hint = near === null ? `there are ${Object.keys(fields).join(", ")}` : `did you mean "${near}"?`;
    throw wrong(`there is no field "${name.slice(0, 40)}"`, hint);
  }
  const [key, field] = found;
  return { field: key, negated: false, value, test: testOf(key, field, value.toLowerCase()) };
}

function testOf<Live>(key: string, field: Field<Live>, value: string): Term<Live>["test"] {
  switch (field.kind) {
    case "text":
    case "word": {
      const { read } = field;
      const matches = glob(value);
      if (field.kind === "word" && ![...field.values, NONE].some((one) => matches(one))) {
        throw wrong(
          `"${value.slice(0, 40)}" is nothing that ${key} can be`,
          `one of ${field.values.join(", ")}`,
        );
      }
      return (row) => matches(read(row) ?? NONE);
    }
    case "texts": {
      const { read } = field;
      const matches = glob(value);
      return (row) => some(read(row), matches);
    }
    case "number": {
      const { read } = field;
      const compare = comparison(key, value, (text) => /^\d{1,15}$/.test(text) ? Number(text) : null, "10");
      return (row) => compare(read(row));
    }
    case "age":
    case "ahead": {
      const { kind, read } = field;
      const compare = comparison(key, value, parseDuration, "1h");
      return (row, now) => {
        const at = read(row);
        return compare(at === null ? null : kind === "age" ? now - at : at - now);
      };
    }
  }
}

/** `>1h`, `<=5`; without a sign a duration is "at least", a number is itself. What is not there is never so. */
function comparison(
  key: string,
  value: string,
  read: (text: string) => number | null,
  example: string,
): (found: number | null) => boolean {
  const [, sign = "", text = ""] = /^(>=|<=|>|<|)(.*)$/.exec(value) ?? [];
  const bound = read(text);
  if (bound === null) {
    throw wrong(`"${value.slice(0, 40)}" is nothing that ${key} can be`, `${key}:>${example}`);
  }
  const compare = COMPARE[sign as keyof typeof COMPARE] ??
    (read === parseDuration ? COMPARE[">="] : (a: number, b: number) => a === b);
  return (found) => found !== null && compare(found, bound);
}

const COMPARE = {
  ">=": (a: number, b: number) => a >= b,
  "<=": (a: number, b: number) => a <= b,
  ">": (a: number, b: number) => a > b,
  "<": (a: number, b: number) => a < b,
} as const;

function bareTerm<Live>(value: string, fields: FieldsOf<Live>): Term<Live> {
  const looked = Object.values(fields).filter((field) => "bare" in field && field.bare === true);
  const matches = holding(value.toLowerCase());
  return {
    field: null,
    negated: false,
    value,
    test: (row) =>
      looked.some((field) => {
        if (field.kind === "texts") return some(field.read(row), matches);
        const text = field.kind === "text" ? field.read(row) : null;
        return text !== null && matches(text);
      }),
  };
}

function some(texts: Iterable<string | null>, matches: (text: string) => boolean): boolean {
  for (const text of texts) if (text !== null && matches(text)) return true;
  return false;
}

const wrong = (title: string, hint: string) => new Problem(400, "api.query", title, hint);
