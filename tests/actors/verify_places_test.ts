/** Who may have an authoritative server asked: DB-22. */
import assert from "node:assert/strict";
import { setImmediate as gone } from "node:timers/promises";
import fc from "fast-check";
import { type Place, VerifyPlaces } from "../../actors/verify_places.ts";
import type { Domain } from "../../xmpp/domain.ts";

const about = (name: string) => name as Domain;

class Asked {
  readonly places: VerifyPlaces;
  /** Who holds a place, the oldest first: `asker domain`. */
  readonly holders: string[] = [];

  constructor(inAll: number, perDomain: number) {
    this.places = new VerifyPlaces(() => ({ inAll, perDomain }));
  }

  take(asker: string, domain: string): Place | null {
    const name = `${asker} ${domain}`;
    const over = () => void this.holders.splice(this.holders.indexOf(name), 1);
    const place = this.places.take(about(domain), asker, () => {
      over();
      place!.leave();
    });
    if (place !== null) this.holders.push(name);
    return place;
  }
}

Deno.test("DB-22: as many as are allowed, in all and about one domain", () => {
  const asked = new Asked(3, 2);
  for (const domain of ["a", "a", "b"]) assert.ok(asked.take("x", domain));
  assert.equal(asked.take("x", "a"), null);
  assert.equal(asked.take("x", "c"), null);
});

Deno.test("DB-22: whoever has most gives the oldest up to who has fewer, and does not get it back", () => {
  const asked = new Asked(4, 2);
  for (const domain of ["a", "b", "c", "d"]) asked.take("flood", domain);
  assert.ok(asked.take("honest", "e"));
  assert.deepEqual(asked.holders, ["flood b", "flood c", "flood d", "honest e"]);
  assert.equal(asked.take("flood", "f"), null);
  assert.ok(asked.take("honest", "g"));
  assert.equal(asked.take("honest", "h"), null, "each has two");
});

Deno.test("DB-22: the same among those about one domain", () => {
  const asked = new Asked(100, 2);
  for (let n = 0; n < 2; n++) asked.take("flood", "victim");
  assert.ok(asked.take("honest", "victim"));
  assert.deepEqual(asked.holders, ["flood victim", "honest victim"]);
  assert.equal(asked.take("another", "victim"), null);
});

Deno.test("DB-22: a connection that waits for the peer's closing tag counts in all, and no more about its domain", async () => {
  const asked = new Asked(2, 1);
  const gone = Promise.withResolvers<void>();
  asked.take("x", "a")!.leave(gone.promise);
  assert.ok(asked.take("x", "a"));
  assert.equal(asked.take("x", "b"), null);
  gone.resolve();
  await gone.promise;
  await Promise.resolve();
  assert.ok(asked.take("x", "b"));
});

Deno.test("DB-22: whatever comes and goes, an asker that has none gets a place while another one has two", async () => {
  const request = fc.record({
    asker: fc.integer({ min: 0, max: 5 }),
    domain: fc.integer({ min: 0, max: 30 }),
  });
  await fc.assert(fc.asyncProperty(fc.array(request, { maxLength: 60 }), async (requests) => {
    const asked = new Asked(5, 2);
    for (const { asker, domain } of requests) {
      asked.take(`${asker}`, `${domain}`);
      await gone(); // are the connections of those that gave up
    }
    assert.ok(asked.holders.length <= 5);
    const askers = asked.holders.map((name) => name.split(" ")[0]);
    const hasTwo = new Set(askers).size < askers.length;
    if (hasTwo || askers.length < 5) assert.ok(asked.take("new", "new"));
  }));
});
