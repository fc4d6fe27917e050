/** Each reason not to be sent to, with its cause. console.md 4.4; design.md 2.4. */
import assert from "node:assert/strict";
import { type Looked, readiness } from "../../actors/readiness.ts";
import type { Cause } from "../../facts/cause.ts";
import type { Lookup } from "../../facts/dns.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const HOUR = 3_600_000;

const root = (ready: boolean, cause: Cause | null = null, why: string | null = null): Looked["resolver"] => ({
  readiness: () => Promise.resolve({ ready, unanchored: [], lookup: { cause, why } as Lookup }),
});

const WELL: Looked = {
  draining: false,
  listening: true,
  resolver: root(true),
  identities: { facts: [{ notBefore: NOW - HOUR, notAfter: NOW + HOUR }, { notBefore: 0, notAfter: 1 }] },
  host: { clock: { now: () => NOW } },
};

const CASES: Record<string, [changed: Partial<Looked>, failing: string[]]> = {
  "all is well, whatever a tenant's certificate is": [{}, []],
  "cause server.starting: the listeners are not open": [{ listening: false }, ["listeners server.starting"]],
  "the server drains": [{ draining: true }, ["draining server.shutdown"]],
  "cause tls.own-validity: the machine's certificate has ended": [
    { identities: { facts: [{ notBefore: 0, notAfter: NOW }] } },
    ["certificate tls.own-validity"],
  ],
  "the machine's certificate is not valid yet": [
    { identities: { facts: [{ notBefore: NOW + 1, notAfter: NOW + HOUR }] } },
    ["certificate tls.own-validity"],
  ],
  "there is no certificate": [{ identities: { facts: [] } }, ["certificate tls.own-validity"]],
  "the resolver does not answer": [
    { resolver: root(false, "dns.timeout", "no answer") },
    ["resolver dns.timeout"],
  ],
  "the root is not signed by our anchor": [{ resolver: root(false, "dns.bogus") }, ["resolver dns.bogus"]],
  "the answer is not signed at all": [{ resolver: root(false) }, ["resolver dns.insecure"]],
  "everything at once": [
    { draining: true, listening: false, resolver: root(false, "dns.unreachable") },
    ["draining server.shutdown", "listeners server.starting", "resolver dns.unreachable"],
  ],
};
for (const [name, [changed, failing]] of Object.entries(CASES)) {
  Deno.test(`readiness: ${name}`, async () => {
    const { ready, checks } = await readiness({ ...WELL, ...changed });
    const bad = checks.filter(({ ok }) => !ok);
    assert.deepEqual(bad.map(({ name, cause }) => `${name} ${cause}`), failing);
    assert.equal(ready, failing.length === 0);
    assert.ok(bad.every(({ text }) => text !== null && text !== ""));
    assert.equal(checks.length, 4);
  });
}
