/**
 * Which causes of facts/cause.ts the tests produce.
 *
 * A test that makes a cause happen, and asserts that it is told, carries it in its name: `cause dns.bogus: ...`.
 * `tools/test.ts` checks on top that each such test really ran and passed.
 */
import type { NamedTest } from "./requirements.ts";

/** Its rows are named by the cause alone; the test makes `cause <id> ...` of it. */
const TABLE = "tests/federation/causes_test.ts";
const CAUSE = /^[a-z-]+\.[a-z-]+$/;

/** The cause that a test's name carries. */
export function causeOf(name: string): string | null {
  return /\bcause ([a-z-]+\.[a-z-]+)/.exec(name)?.[1] ?? null;
}

/** All causes that these tests claim to produce. */
export function causesIn(tests: readonly NamedTest[]): ReadonlySet<string> {
  return new Set(tests.flatMap(({ file, name }) => {
    const row = file === TABLE && CAUSE.test(name) && !name.endsWith(".example");
    const cause = row ? name : causeOf(name);
    return cause === null ? [] : [cause];
  }));
}
