import assert from "node:assert/strict";
import fc from "fast-check";
import { lifetime, type Limiting, statedBoundMs } from "../../policy/lifetime.ts";
import { DAY, HOUR, NOW } from "./fixtures.ts";

const MINUTE = 60_000;
const BOUNDS = { recheckMinMs: 5 * MINUTE, recheckMaxMs: DAY };

function limits(change: Partial<Limiting>): Limiting {
  return { checkedAt: NOW, certificateUntil: NOW + 90 * DAY, vouchedUntil: null, ttlMs: null, ...change };
}

const CASES: Record<string, [Limiting, jitter: number, recheckInMs: number, expiresInMs: number | null]> = {
  "the TTL is the soft bound": [limits({ ttlMs: HOUR }), 0.5, HOUR, 90 * DAY],
  "jitter shortens by 10 %": [limits({ ttlMs: HOUR }), 0, 0.9 * HOUR, 90 * DAY],
  "jitter lengthens by up to 10 %": [limits({ ttlMs: HOUR }), 1, 1.1 * HOUR, 90 * DAY],
  "never before recheck_min": [limits({ ttlMs: 1000 }), 0, 5 * MINUTE, 90 * DAY],
  "at least every recheck_max": [limits({ ttlMs: 7 * DAY }), 1, DAY, 90 * DAY],
  "without a TTL every recheck_max": [limits({}), 1, DAY, 90 * DAY],
  "the earlier hard bound holds": [limits({ ttlMs: HOUR, vouchedUntil: NOW + 2 * DAY }), 0.5, HOUR, 2 * DAY],
  "the certificate may be the earlier one": [
    limits({ ttlMs: HOUR, vouchedUntil: NOW + 2 * DAY, certificateUntil: NOW + DAY }),
    0.5,
    HOUR,
    DAY,
  ],
  "a look half way when the soft bound would come too late": [
    limits({ ttlMs: HOUR, vouchedUntil: NOW + 10 * MINUTE }),
    0.5,
    5 * MINUTE,
    10 * MINUTE,
  ],
  "no tight circle just before the end": [limits({ ttlMs: HOUR, vouchedUntil: NOW + 1500 }), 0.5, 1500, 1500],
  "no hard bound at all": [limits({ certificateUntil: null }), 0.5, DAY, null],
};
for (const [name, [limiting, jitter, recheckInMs, expiresInMs]] of Object.entries(CASES)) {
  Deno.test(`lifetime: ${name}`, () => {
    const life = lifetime(limiting, BOUNDS, jitter);
    assert.equal(Math.round(life.recheckAt - NOW), Math.round(recheckInMs));
    assert.equal(life.expiresAt, expiresInMs === null ? null : NOW + expiresInMs);
  });
}

Deno.test("lifetime: the end of a certificate and the end of a signature are told apart", () => {
  const signed = lifetime(limits({ vouchedUntil: NOW + DAY }), BOUNDS, 0);
  const certified = lifetime(limits({ vouchedUntil: NOW + 99 * DAY }), BOUNDS, 0);
  assert.equal(signed.endsWith, "voucher");
  assert.equal(certified.endsWith, "certificate");
  assert.equal(lifetime(limits({ certificateUntil: null }), BOUNDS, 0).endsWith, "nothing");
});

Deno.test("lifetime: a proof is never looked at before it is made, nor after its hard bound", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 * DAY }),
      fc.option(fc.integer({ min: 0, max: 30 * DAY })),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (leftMs, ttlMs, jitter) => {
        const life = lifetime(limits({ ttlMs, vouchedUntil: NOW + leftMs }), BOUNDS, jitter);
        assert.ok(life.recheckAt > NOW && life.recheckAt <= life.expiresAt!);
      },
    ),
  );
});

/** The upstream resolver holds the withdrawn answer for the rest of its TTL; a re-check may come just before. */
Deno.test("lifetime: the stated bound holds for every sequence of re-checks", () => {
  const jitters = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
    minLength: 400,
    maxLength: 400,
  });
  fc.assert(
    fc.property(fc.integer({ min: MINUTE, max: DAY }), jitters, (ttlMs, chances) => {
      // Withdrawn at once after the upstream fetched it; our check was then, with the whole TTL.
      let at = 0;
      for (const jitter of chances) {
        if (at > ttlMs) break;
        at = lifetime(limits({ checkedAt: at, ttlMs: ttlMs - at }), BOUNDS, jitter).recheckAt;
      }
      const dnsTimeoutMs = 10_000;
      assert.ok(at > ttlMs && at + dnsTimeoutMs <= statedBoundMs(ttlMs, BOUNDS.recheckMinMs, dnsTimeoutMs));
    }),
  );
});
