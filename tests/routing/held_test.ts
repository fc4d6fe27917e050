import assert from "node:assert/strict";
import { Held } from "../../routing/held.ts";
import { type OutboxLimits, QueueBudget, type Waiting } from "../../routing/outbox.ts";
import { NOW, OTHER_TARGET, PAIR } from "./fixtures.ts";

interface Numbered extends Waiting {
  readonly id: number;
}

const LIMITS: OutboxLimits = { queueStanzas: 3, queueBytes: 100, queueAgeMs: 90_000 };
const stanza = (id: number, since = NOW): Numbered => ({ id, bytes: new Uint8Array(10), since });
const held = (budget = new QueueBudget(() => 1000)) => new Held<Numbered>(() => LIMITS, budget);

Deno.test("held: each pair has its own limits, all share the budget", () => {
  const budget = new QueueBudget(() => 45);
  const box = held(budget);
  for (const id of [1, 2, 3]) assert.equal(box.offer(PAIR, stanza(id)), null);
  assert.equal(box.offer(PAIR, stanza(4)), "route.queue-full");
  assert.equal(box.offer(OTHER_TARGET, stanza(5)), null);
  assert.equal(box.offer(OTHER_TARGET, stanza(6)), "route.queues-full");
  assert.deepEqual([box.size, box.of(PAIR), box.of(OTHER_TARGET), budget.bytes], [4, 3, 1, 40]);
});

Deno.test("held: released in order per pair, pair by pair in turn, and no further than they are taken", () => {
  const budget = new QueueBudget(() => 1000);
  const box = held(budget);
  for (const id of [1, 2, 3]) box.offer(PAIR, stanza(id));
  for (const id of [11, 12]) box.offer(OTHER_TARGET, stanza(id));
  const taken: number[] = [];
  const some = (most: number) => (one: Numbered) => {
    if (taken.length >= most) return false;
    taken.push(one.id);
    return true;
  };
  box.release(some(3));
  assert.deepEqual([taken, box.size], [[1, 11, 2], 2]);
  box.release(some(99));
  assert.deepEqual([taken, box.empty, budget.bytes], [[1, 11, 2, 3, 12], true, 0]);
});

Deno.test("held: what has waited too long is taken out, the rest is handed over with its pair", () => {
  const box = held();
  assert.equal(box.agesAt, null);
  box.offer(PAIR, stanza(1));
  box.offer(PAIR, stanza(2, NOW + 1000));
  box.offer(OTHER_TARGET, stanza(3));
  assert.equal(box.agesAt, NOW + 90_000);
  assert.deepEqual(box.takeAged(NOW + 90_000).map(({ id }) => id), [1, 3]);
  assert.deepEqual(box.takeAll().map(({ pair, stanzas }) => [pair, stanzas.map(({ id }) => id)]), [
    [PAIR, [2]],
  ]);
  assert.ok(box.empty);
});
