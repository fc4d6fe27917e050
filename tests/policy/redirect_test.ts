import assert from "node:assert/strict";
import {
  isDisowned,
  isRefused,
  judgeRedirect,
  type RedirectQuestion,
  speaksFor,
} from "../../policy/redirect.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import { parseOtherHost } from "../../xmpp/other_host.ts";
import {
  accepted,
  NOW,
  published,
  SENDER,
  TARGET,
  target,
  TLSA_BOGUS,
  TLSA_MATCH,
  TLSA_MISMATCH,
  TLSA_NONE,
} from "./fixtures.ts";

const AT = { host: "a.example", port: 5269, tls: "starttls", address: "192.0.2.1" } as const;

function asked(to: string, change: Partial<RedirectQuestion> = {}) {
  const question = { to: parseOtherHost(to), at: AT, proven: true, hops: 0, defaultPort: 5269 };
  const found = judgeRedirect({ ...question, ...change });
  return typeof found === "string" ? found : found.hop;
}

Deno.test("STR-35: a redirect by whom is proven is followed, twice in a row at most", () => {
  assert.equal(asked("b.example"), 1);
  assert.equal(asked("b.example:5270", { hops: 1 }), 2);
  assert.equal(asked("[2001:db8::1]:5269", { hops: 2 }), "redirect.hops");
  assert.equal(asked("b.example", { hops: 3 }), "redirect.hops");
});

Deno.test("STR-35: nothing is followed that comes before the proof, whatever it says", () => {
  for (const to of ["b.example", "a.example", "not a host"]) {
    assert.equal(asked(to, { proven: false, hops: 9 }), "redirect.unproven");
  }
});

Deno.test("STR-35: what cannot be read is not followed", () => {
  assert.equal(asked("romeo@b.example"), "redirect.malformed");
  assert.equal(asked("", { hops: 9 }), "redirect.malformed");
});

Deno.test("STR-35: to the machine itself it is a loop; to another port of it, it is not", () => {
  for (const to of ["a.example", "A.Example.:5269", "192.0.2.1", "192.0.2.1:5269"]) {
    assert.equal(asked(to), "redirect.loop", to);
  }
  for (const to of ["a.example:5270", "192.0.2.1:5270", "192.0.2.2", "b.example"]) {
    assert.equal(asked(to), 1, to);
  }
  assert.equal(asked("a.example", { at: { ...AT, port: 5270 } }), 1);
  assert.equal(asked("a.example", { at: { ...AT, port: 5270 }, defaultPort: 5270 }), "redirect.loop");
});

Deno.test("STR-35: a port that is named is spoken to as the one before it", () => {
  const found = judgeRedirect({
    to: parseOtherHost("b.example:443"),
    at: { ...AT, tls: "direct" },
    proven: true,
    hops: 0,
    defaultPort: 5269,
  });
  assert.ok(typeof found !== "string" && found.tls === "direct");
});

Deno.test("STR-35: it speaks for other domains when its certificate names the machine they are delegated to", () => {
  const to = parseOtherHost("b.example")!;
  const referral = { to, hop: 1, tls: "starttls", target: target("a.example"), domain: SENDER } as const;
  assert.ok(speaksFor({ ...referral, named: false }, SENDER));
  assert.ok(speaksFor({ ...referral, named: true }, TARGET));
  assert.ok(!speaksFor({ ...referral, named: false }, TARGET));
});

Deno.test("STR-35: only a redirect that was not followed is an error", () => {
  assert.ok(isRefused("redirect.hops"));
  assert.ok(!isRefused("redirect.followed"));
  assert.ok(!isRefused("stream.error"));
});

Deno.test("STR-35: the other machine's own TLSA can refuse its certificate, and no more", () => {
  const disowned = (...own: Parameters<typeof isDisowned>[2]) =>
    isDisowned(parseDomain("sender.example"), accepted("a.example"), own, NOW);
  assert.ok(!disowned());
  assert.ok(!disowned(TLSA_NONE));
  assert.ok(!disowned(TLSA_MATCH));
  assert.ok(disowned(TLSA_MISMATCH));
  // Whoever cannot tell was left out before TCP (3.4, step 4).
  assert.ok(!disowned(TLSA_BOGUS));
  assert.ok(!disowned(published(["9 9 9 00"])));
});
