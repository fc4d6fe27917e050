import assert from "node:assert/strict";
import { seeded } from "../harness/seeded.ts";
import { HostedDomains } from "../../routing/hosted.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import { DAY, NOW, OURS, PAIR } from "./fixtures.ts";

const GONE = parseDomain("gone.example");
const DOMAIN = PAIR.local;

function hosted(): HostedDomains {
  const names = new HostedDomains([OURS], [GONE]);
  names.add(DOMAIN, true, NOW);
  return names;
}

Deno.test("hosted: what each name is", () => {
  const names = hosted();
  const standing = (name: string) => names.standing(parseDomain(name), NOW);
  assert.equal(standing("target.example"), "hosted");
  assert.equal(standing("xmpp1.receiving.example"), "server-name");
  assert.equal(standing("gone.example"), "gone");
  assert.equal(standing("nowhere.example"), "unknown");
});

Deno.test("hosted: a name that is both machine and domain is hosted (R-2, A-29)", () => {
  const names = hosted();
  names.add(OURS, false, NOW);
  assert.equal(names.standing(OURS, NOW), "hosted");
  assert.ok(names.isServerName(OURS));
});

Deno.test("hosted: a removed domain is remembered for 24 h (F4)", () => {
  const names = hosted();
  assert.ok(names.remove(DOMAIN, NOW));
  assert.ok(!names.remove(DOMAIN, NOW));
  assert.deepEqual([names.isHosted(DOMAIN), names.wasRemoved(DOMAIN, NOW + DAY - 1)], [false, true]);
  assert.equal(names.standing(DOMAIN, NOW), "gone");
  assert.equal(names.wasRemoved(DOMAIN, NOW + DAY), false);
  assert.equal(names.standing(DOMAIN, NOW + DAY), "unknown");
});

Deno.test("hosted: a domain that comes back was never removed", () => {
  const names = hosted();
  names.remove(DOMAIN, NOW);
  names.add(DOMAIN, true, NOW + 1);
  assert.deepEqual([names.standing(DOMAIN, NOW + 1), names.wasRemoved(DOMAIN, NOW + 1)], ["hosted", false]);
});

Deno.test("hosted: who answers (A-35)", () => {
  const names = hosted();
  assert.equal(names.answerer(DOMAIN), "away");
  names.setAttached(DOMAIN, true);
  assert.equal(names.answerer(DOMAIN), "attached");
  names.add(DOMAIN, true, NOW + 1); // a new secret does not throw the component out
  assert.equal(names.answerer(DOMAIN), "attached");
  names.setAttached(DOMAIN, false);
  assert.equal(names.answerer(DOMAIN), "away");
  names.add(GONE, false, NOW);
  names.setAttached(GONE, true);
  assert.equal(names.answerer(GONE), "none");
  assert.equal(names.answerer(parseDomain("nowhere.example")), null);
});

Deno.test("hosted: a suspended domain stays hosted", () => {
  const names = hosted();
  names.setSuspended(DOMAIN, true);
  assert.deepEqual([names.isHosted(DOMAIN), names.isSuspended(DOMAIN)], [true, true]);
  assert.deepEqual([...names.list()], [{
    domain: DOMAIN,
    since: NOW,
    answerer: "away",
    suspended: true,
  }]);
});

Deno.test("hosted: what is counted by answerer is what a walk finds, whatever happens to domains", () => {
  const names = new HostedDomains([OURS], []);
  const random = seeded(11);
  const some = Array.from({ length: 9 }, (_, n) => parseDomain(`d${n}.example`));
  for (let step = 0; step < 2000; step++) {
    const domain = some[Math.floor(random() * some.length)]!, what = random();
    if (what < 0.3) names.add(domain, random() < 0.7, NOW);
    else if (what < 0.5) names.remove(domain, NOW);
    else if (what < 0.6) names.setSuspended(domain, random() < 0.5);
    else names.setAttached(domain, random() < 0.5);
    const all = [...names.list()];
    const of = (wanted: string) => all.filter(({ answerer }) => answerer === wanted);
    const { attached, away, none } = names.answerers;
    assert.deepEqual([attached, away, none], [of("attached").length, of("away").length, of("none").length]);
    assert.deepEqual(
      [...names.away()].map(({ domain }) => domain).sort(),
      of("away").map(({ domain }) => domain).sort(),
    );
  }
});
