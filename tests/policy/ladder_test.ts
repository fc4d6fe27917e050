import assert from "node:assert/strict";
import type { Target } from "../../facts/delegation.ts";
import {
  afterDenial,
  afterFailure,
  afterUnreached,
  type Entry,
  type Failure,
  type Ground,
  type Ladder,
  ladder,
  nextEntries,
} from "../../policy/ladder.ts";
import { parseOtherHost } from "../../xmpp/other_host.ts";
import { SENDER } from "./fixtures.ts";

const target = (host: string): Target => ({ host, port: 5269, priority: 10, weight: 0, tls: "starttls" });
const [A, B] = [target("a.example"), target("b.example")];
const GROUND: Ground = {
  secure: true,
  serverNames: true,
  ownCertificate: false,
  takesDialback: false,
  takesCleartext: false,
};
const never = () => false;

const words = (entries: readonly Entry[]) =>
  entries.map(({ target: { host }, rung, sni }) =>
    `${host[0]} ${rung}${sni === "target" ? " by target" : ""}`
  );
const next = (at: Ladder) => words(nextEntries(at));

function failed(at: Ladder, how: Partial<Failure>, ground = GROUND): Ladder {
  const [entry] = nextEntries(at);
  const failure = {
    entry: entry!,
    address: "1",
    addresses: 2,
    cause: "stream.error",
    condition: null,
    unproven: false,
    takenAsClassic: false,
    claimed: false,
    offersTls: true,
    referral: null,
  };
  return afterFailure(at, { ...failure, ...how } as Failure, ground);
}

Deno.test("DNA-7: without a secure SRV, or without names of our own, it begins classic", () => {
  assert.deepEqual(next(ladder([A], GROUND, never)), ["a server-name"]);
  assert.deepEqual(next(ladder([A], { ...GROUND, secure: false }, never)), ["a external"]);
  assert.deepEqual(next(ladder([A], { ...GROUND, serverNames: false }, never)), ["a external"]);
});

Deno.test("DNA-62: a target that is known as classic only begins there, the others do not", () => {
  assert.deepEqual(next(ladder([A, B], GROUND, (one) => one === A)), ["a external", "b server-name"]);
});

const RUNG_2 = [
  "host-unknown",
  "host-gone",
  "improper-addressing",
  "not-authorized",
  "invalid-from",
  "undefined-condition",
  "policy-violation",
] as const;
for (const condition of RUNG_2) {
  Deno.test(`DNA-61: ${condition} between server names: the same target, classic, before any other`, () => {
    const at = failed(ladder([A, B], GROUND, never), { condition });
    assert.deepEqual(next(at), ["a external"]);
  });
}

for (const cause of ["stream.closed", "tcp.reset", "tls.truncated", "stream.header-timeout"] as const) {
  Deno.test(`DNA-64: ${cause} before the first request: classic`, () => {
    assert.deepEqual(next(failed(ladder([A], GROUND, never), { cause })), ["a external"]);
  });
}

for (const condition of ["resource-constraint", "system-shutdown", "internal-server-error"] as const) {
  Deno.test(`${condition} says nothing about names: another address, the same rung`, () => {
    const at = failed(ladder([A, B], GROUND, never), { condition });
    assert.deepEqual(next(at), ["a server-name", "b server-name"]);
    assert.deepEqual(nextEntries(at)[0]!.avoid, ["1"]);
  });
}

Deno.test("a target is used up with its last address", () => {
  const once = failed(ladder([A, B], GROUND, never), { condition: "resource-constraint" });
  assert.deepEqual(next(failed(once, { condition: "resource-constraint", address: "2" })), ["b server-name"]);
});

Deno.test("a certificate that proves nothing ends its target, whatever rung could follow (2.10)", () => {
  const at = failed(ladder([A, B], GROUND, never), { cause: "tls.names", unproven: true });
  assert.deepEqual(next(at), ["b server-name"]);
});

Deno.test("a certificate that proves nothing leads on where a classic stream would take it (I-10, TF-8, TF-9)", () => {
  const how = { unproven: true, takenAsClassic: true };
  assert.deepEqual(next(failed(ladder([A], GROUND, never), how)), ["a external"]);
});

Deno.test("a certificate that TLSA refuses is refused on every rung (3.2)", () => {
  const how = { unproven: true, takenAsClassic: true, cause: "dane.mismatch" } as const;
  assert.deepEqual(next(failed(ladder([A, B], GROUND, never), how)), ["b server-name"]);
});

Deno.test("6.3: on a classic stream the SRV target is tried once as SNI, if the SRV is secure", () => {
  const start = failed(ladder([A], GROUND, never), { condition: "host-unknown" });
  const once = failed(start, { unproven: true, cause: "tls.names" });
  assert.deepEqual(next(once), ["a external by target"]);
  assert.deepEqual(next(failed(once, { unproven: true, cause: "tls.names" })), []);
  const insecure = { ...GROUND, secure: false };
  assert.deepEqual(next(failed(ladder([A], insecure, never), { unproven: true }, insecure)), []);
});

Deno.test("rung 3: the stream that ended with our claim is followed by one that only asks with a key", () => {
  const start = ladder([A], { ...GROUND, secure: false }, never);
  const key = failed(start, { condition: "not-authorized", claimed: true });
  assert.deepEqual(next(key), ["a key"]);
  assert.deepEqual(next(failed(key, { condition: "host-unknown" })), []);
});

const LEGACY = { ...GROUND, secure: false, takesDialback: true, takesCleartext: true };
const CLASSIC_END: Partial<Failure>[] = [
  { cause: "tls.refused" },
  { cause: "tls.timeout" },
  { cause: "stream.version" },
  { cause: "tcp.lost" },
  { condition: "unsupported-stanza-type" },
  { condition: "not-authorized" },
];
for (const how of CLASSIC_END) {
  const what = how.condition ?? how.cause;
  Deno.test(`rung 4, ${what}: cleartext where no TLS was offered, and only where the policy does without`, () => {
    const bare = { ...how, offersTls: false };
    const clear = failed(ladder([A, B], LEGACY, never), bare, LEGACY);
    assert.deepEqual(next(clear), ["a cleartext"]);
    assert.deepEqual(nextEntries(failed(clear, bare, LEGACY))[0]!.avoid, ["1"], "and nothing below it");
    const encrypted = { ...LEGACY, takesCleartext: false };
    assert.deepEqual(next(failed(ladder([A], encrypted, never), bare, encrypted)), ["a external"]);
    const named = { ...LEGACY, secure: true };
    assert.deepEqual(
      next(failed(ladder([A], named, never), bare, named)),
      ["a cleartext"],
      "from rung 1 too",
    );
  });
  Deno.test(`downgrade, ${what}: who offers TLS, or says nothing, is never spoken to without`, () => {
    for (const offersTls of [true, null]) {
      const at = failed(ladder([A], LEGACY, never), { ...how, offersTls }, LEGACY);
      assert.deepEqual(next(at), ["a external"]);
    }
  });
}

Deno.test("rung 4: a peer that refuses version 1.0 is asked without one, under legacy alone (4.8)", () => {
  const how = { condition: "unsupported-version", offersTls: null } as const;
  const old = failed(ladder([A], LEGACY, never), how, LEGACY);
  assert.deepEqual(next(old), ["a versionless"]);
  assert.deepEqual(nextEntries(failed(old, how, LEGACY))[0]!.avoid, ["1"]);
  const clear = failed(ladder([A], LEGACY, never), { cause: "tls.refused", offersTls: false }, LEGACY);
  assert.deepEqual(next(failed(clear, { ...how, offersTls: false }, LEGACY)), ["a versionless"]);
  assert.deepEqual(next(failed(ladder([A], LEGACY, never), { ...how, offersTls: true }, LEGACY)), [
    "a external",
  ]);
  const classic = { ...LEGACY, takesCleartext: false };
  assert.deepEqual(next(failed(ladder([A], classic, never), how, classic)), ["a external"]);
});

Deno.test("rung 4: who does not serve the domain serves it no better without TLS", () => {
  const how = { condition: "host-unknown", offersTls: false } as const;
  assert.deepEqual(next(failed(ladder([A, B], LEGACY, never), how, LEGACY)), ["b external"]);
});

Deno.test("what a classic stream says of the domain holds for the whole target", () => {
  const start = ladder([A, B], { ...GROUND, secure: false }, never);
  assert.deepEqual(next(failed(start, { condition: "host-unknown" })), ["b external"]);
  assert.deepEqual(next(failed(start, { condition: "resource-constraint" })), ["a external", "b external"]);
});

Deno.test("what cannot be reached is used up; what fell a rung alone leaves the others", () => {
  assert.deepEqual(next(afterUnreached(ladder([A, B], GROUND, never))), []);
  const fallen = failed(ladder([A, B], GROUND, never), { condition: "host-unknown" });
  assert.deepEqual(next(afterUnreached(fallen)), ["b server-name"]);
});

// -- see-other-host

const TO_C = parseOtherHost("c.example:5270")!;
const referral = { to: TO_C, hop: 1, tls: "starttls", domain: SENDER, named: true } as const;
const sent = (at: Ladder, ground = GROUND) =>
  failed(at, { condition: "see-other-host", referral: { ...referral, target: A } }, ground);

Deno.test("STR-35: a redirect leads elsewhere on behalf of the same target, on the same rung, before any other", () => {
  const at = sent(failed(ladder([A, B], GROUND, never), { condition: "resource-constraint" }));
  const [entry, ...others] = nextEntries(at);
  assert.deepEqual([entry, others], [{
    target: A,
    rung: "server-name",
    sni: "domain",
    avoid: [],
    redirect: { to: TO_C, hop: 1, tls: "starttls" },
  }, []]);
});

Deno.test("STR-35: a redirect that is not followed is an error like any other", () => {
  const at = failed(ladder([A, B], GROUND, never), { condition: "see-other-host", cause: "redirect.hops" });
  assert.deepEqual(next(at), ["a server-name", "b server-name"]);
  assert.equal(nextEntries(at)[0]!.redirect, null);
});

Deno.test("STR-35: whoever is not there, or proves nothing there, has had its turn", () => {
  const at = sent(ladder([A, B], GROUND, never));
  assert.deepEqual(next(afterUnreached(at)), ["b server-name"]);
  assert.deepEqual(next(failed(at, { unproven: true, cause: "tls.names" })), ["b server-name"]);
});

Deno.test("STR-35: no redirect leads to a weaker proof: no other rung by a certificate, no other SNI, no cleartext", () => {
  const lax = { ...GROUND, takesDialback: true, takesCleartext: true };
  const between = sent(ladder([A], lax, never), lax);
  assert.deepEqual(
    next(failed(between, { unproven: true, takenAsClassic: true, cause: "tls.names" }, lax)),
    [],
  );
  const classic = sent(ladder([A], lax, () => true), lax);
  assert.deepEqual(next(failed(classic, { unproven: true, cause: "tls.names" }, lax)), []);
  assert.deepEqual(next(failed(classic, { cause: "tls.handshake", addresses: 1 }, lax)), []);
});

Deno.test("STR-35: names of machines may be refused there as anywhere: classic, at the same place", () => {
  const at = failed(sent(ladder([A], GROUND, never)), { condition: "host-unknown" });
  assert.deepEqual(next(at), ["a external"]);
  assert.equal(nextEntries(at)[0]!.redirect?.to, TO_C);
});

Deno.test("DNA-65: denied between server names, the domain's own certificate is shown once, if there is one", () => {
  const start = ladder([A, B], GROUND, never);
  const [entry] = nextEntries(start);
  assert.equal(afterDenial(start, entry!, GROUND), null);
  const own = { ...GROUND, ownCertificate: true };
  const classic = afterDenial(start, entry!, own)!;
  assert.deepEqual(next(classic), ["a external"]);
  assert.equal(afterDenial(classic, nextEntries(classic)[0]!, own), null);
});
