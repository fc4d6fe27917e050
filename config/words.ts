/** What the validator found, in the words of who writes a configuration. console.md 3.4. */
import type { z } from "zod";

const TYPES: Readonly<Record<string, string>> = {
  string: "a text in quotes",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list in [brackets]",
  object: "a table",
  record: "a table",
};

/** What stands there, as one would say it. */
const LOOKS: Readonly<Record<string, string>> = { ...TYPES, undefined: "nothing" };

/** A clause that goes behind the key; what the schema says itself is taken as it is. */
export function wordsOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type": {
      if (isMissing(issue)) {
        return `is missing: ${TYPES[issue.expected] ?? issue.expected}`;
      }
      // What it is then is a number too.
      if (issue.expected === "int") return "must be a whole number";
      return `must be ${TYPES[issue.expected] ?? issue.expected}${seen(issue.message)}`;
    }
    case "invalid_value":
      return `must be ${
        issue.values.map((value) => JSON.stringify(value)).join(", ").replace(/, ([^,]*)$/, " or $1")
      }`;
    case "too_small":
      if (!isOwn(issue.message)) return issue.message;
      if (issue.origin === "array") return `needs at least ${issue.minimum}`;
      return issue.origin === "string" ? "must not be empty" : `must be at least ${issue.minimum}`;
    case "too_big":
      if (!isOwn(issue.message)) return issue.message;
      return issue.origin === "array" ? `takes at most ${issue.maximum}` : `must be at most ${issue.maximum}`;
    case "invalid_key":
      return "is not one of the names that may stand here";
    default:
      return issue.message;
  }
}

/** The validator's own words begin so. */
const isOwn = (message: string): boolean => /^(Too |Invalid |Unrecognized )/.test(message);

const isMissing = ({ message }: z.core.$ZodIssue): boolean => /received undefined$/.test(message);

/** Its message alone says what it got. */
function seen(message: string): string {
  const found = /received (\w+)$/.exec(message)?.[1];
  return found === undefined ? "" : `, and is ${LOOKS[found] ?? found}`;
}
