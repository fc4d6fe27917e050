import assert from "node:assert/strict";
import fc from "fast-check";
import { Outbox, type OutboxLimits, QueueBudget, type Waiting } from "../../routing/outbox.ts";
import { NOW } from "./fixtures.ts";

interface Numbered extends Waiting {
  readonly id: number;
}

const LIMITS: OutboxLimits = { queueStanzas: 3, queueBytes: 100, queueAgeMs: 90_000 };

const stanza = (id: number, size = 10, since = NOW): Numbered => ({ id, bytes: new Uint8Array(size), since });
const ids = (stanzas: readonly Numbered[]) => stanzas.map(({ id }) => id);

Deno.test("outbox: first in, first out", () => {
  const box = new Outbox<Numbered>(() => LIMITS, new QueueBudget(() => 1000));
  for (const id of [1, 2, 3]) assert.equal(box.offer(stanza(id)), null);
  assert.deepEqual(ids(box.takeAll()), [1, 2, 3]);
  assert.deepEqual([box.size, box.bytes, box.takeAll().length], [0, 0, 0]);
});

const FULL: Record<string, [before: Numbered[], budget: number, offered: Numbered, string]> = {
  "too many stanzas": [[stanza(1), stanza(2), stanza(3)], 1000, stanza(4), "route.queue-full"],
  "too many bytes": [[stanza(1, 60)], 1000, stanza(2, 41), "route.queue-full"],
  "too many bytes in all queues": [[stanza(1, 60)], 64, stanza(2, 5), "route.queues-full"],
};
for (const [name, [before, budget, offered, cause]] of Object.entries(FULL)) {
  Deno.test(`outbox: ${name}: the new one bounces, the old ones stay`, () => {
    const shared = new QueueBudget(() => budget);
    const box = new Outbox<Numbered>(() => LIMITS, shared);
    for (const early of before) assert.equal(box.offer(early), null);
    const bytes = shared.bytes;
    assert.equal(box.offer(offered), cause);
    assert.equal(shared.bytes, bytes);
    assert.deepEqual(ids(box.takeAll()), ids(before));
  });
}

Deno.test("outbox: a reload changes what all queues together may hold", () => {
  let most = 20;
  const box = new Outbox<Numbered>(() => LIMITS, new QueueBudget(() => most));
  assert.deepEqual([1, 2, 3].map((id) => box.offer(stanza(id))), [null, null, "route.queues-full"]);
  most = 30;
  assert.equal(box.offer(stanza(3)), null);
});

Deno.test("outbox: since when the oldest of all queues waits is known, whichever way a queue empties", () => {
  const shared = new QueueBudget(() => 1000);
  const [one, other] = [
    new Outbox<Numbered>(() => LIMITS, shared),
    new Outbox<Numbered>(() => LIMITS, shared),
  ];
  const seen: (number | null)[] = [shared.since];
  const note = () => seen.push(shared.since === null ? null : shared.since - NOW);
  one.offer(stanza(1, 10, NOW + 5));
  note();
  other.offer(stanza(2, 10, NOW));
  note();
  other.drop();
  note();
  one.requeue([stanza(3, 10, NOW + 1)]);
  note();
  one.takeAll();
  note();
  one.offer(stanza(4, 10, NOW + 2));
  one.takeAged(NOW + 2 + LIMITS.queueAgeMs);
  note();
  assert.deepEqual(seen, [null, 5, 0, 5, 1, null, null]);
});

Deno.test("outbox: exactly the limit fits", () => {
  const box = new Outbox<Numbered>(() => LIMITS, new QueueBudget(() => 100));
  assert.equal(box.offer(stanza(1, 60)), null);
  assert.equal(box.offer(stanza(2, 40)), null);
});

Deno.test("outbox: what is taken back goes before what came later", () => {
  const box = new Outbox<Numbered>(() => LIMITS, new QueueBudget(() => 1000));
  box.offer(stanza(3));
  assert.deepEqual(box.requeue([stanza(1), stanza(2)]), []);
  assert.deepEqual(ids(box.takeAll()), [1, 2, 3]);
});

Deno.test("outbox: what does not fit after a requeue is handed back, never lost", () => {
  const box = new Outbox<Numbered>(() => LIMITS, new QueueBudget(() => 1000));
  box.offer(stanza(3));
  box.offer(stanza(4));
  assert.deepEqual(ids(box.requeue([stanza(1), stanza(2)])), [4]);
  assert.deepEqual(ids(box.takeAll()), [1, 2, 3]);
});

Deno.test("outbox: what has waited 90 s comes out, not a moment earlier", () => {
  const box = new Outbox<Numbered>(() => LIMITS, new QueueBudget(() => 1000));
  assert.equal(box.agesAt, null);
  box.offer(stanza(1));
  box.offer(stanza(2, 10, NOW + 1000));
  assert.equal(box.agesAt, NOW + 90_000);
  assert.deepEqual(box.takeAged(NOW + 89_999), []);
  assert.deepEqual(ids(box.takeAged(NOW + 90_000)), [1]);
  assert.equal(box.agesAt, NOW + 91_000);
  assert.deepEqual(ids(box.takeAged(NOW + 200_000)), [2]);
  assert.deepEqual(box.takeAged(NOW + 200_000), []);
});

type Step = {
  readonly box: number;
  readonly act: "offer" | "all" | "aged" | "requeue";
  readonly size: number;
};

const steps = fc.array(
  fc.record<Step>({
    box: fc.nat({ max: 2 }),
    act: fc.constantFrom("offer", "offer", "offer", "all", "aged", "requeue"),
    size: fc.integer({ min: 1, max: 60 }),
  }),
  { maxLength: 60 },
);

Deno.test("outbox: accepted = queued + handed out, in order, and the budget is what is queued", () => {
  fc.assert(fc.property(steps, (sequence) => {
    const budget = new QueueBudget(() => 150);
    const boxes = [1, 2, 3].map(() => new Outbox<Numbered>(() => LIMITS, budget));
    const expected: number[][] = [[], [], []];
    for (const [id, { box, act, size }] of sequence.entries()) {
      const [queue, wanted] = [boxes[box]!, expected[box]!];
      const now = NOW + id * 10_000;
      if (act === "offer" && queue.offer(stanza(id, size, now)) === null) wanted.push(id);
      if (act === "all") assert.deepEqual(ids(queue.takeAll()), wanted.splice(0));
      if (act === "aged") {
        const aged = ids(queue.takeAged(now));
        assert.deepEqual(aged, wanted.splice(0, aged.length));
      }
      if (act === "requeue") assert.deepEqual(queue.requeue(queue.takeAll()), []);
      assert.equal(queue.size, wanted.length);
      assert.equal(budget.bytes, boxes.reduce((sum, { bytes }) => sum + bytes, 0));
      assert.ok(budget.bytes <= 150 && queue.size <= 3 && queue.bytes <= 100);
    }
  }));
});
