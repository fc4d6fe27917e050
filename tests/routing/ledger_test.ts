import assert from "node:assert/strict";
import fc from "fast-check";
import { Ledger } from "../../routing/ledger.ts";
import type { Piece } from "../../routing/unacknowledged.ts";
import { NOW } from "./fixtures.ts";

const WINDOW = { smUnackedStanzas: 5, smUnackedBytes: 100 };

/** Numbered stanzas of ten bytes: "<00000001>". */
const stanza = (n: number) => `<${String(n).padStart(8, "0")}>`;

/** Writes the stanzas `from` to `to`, without `to`, as one run. */
function write(ledger: Ledger, from: number, to: number, now = NOW): void {
  const text = Array.from({ length: to - from }, (_, i) => stanza(from + i)).join("");
  const bytes = new TextEncoder().encode(`before${text}after`);
  ledger.wrote(bytes, 6, 6 + text.length, to - from, now);
}

function numbers(pieces: readonly Piece[]): number[] {
  return pieces.flatMap(({ bytes, acknowledged }) =>
    [...new TextDecoder().decode(bytes).matchAll(/<(\d+)>/g)].slice(acknowledged).map(([, n]) => Number(n))
  );
}

Deno.test("ledger: without counting everything written is unconfirmed, and nothing is kept", () => {
  const ledger = new Ledger();
  write(ledger, 0, 10);
  assert.deepEqual([ledger.written, ledger.writtenUnconfirmed, ledger.unacknowledged], [10, 10, 0]);
  assert.deepEqual(ledger.takeUnacknowledged(), []);
  assert.equal(ledger.fits(1000, 1e9, WINDOW), true);
});

Deno.test("ledger: what is acknowledged is confirmed, the rest is kept in order", () => {
  const ledger = new Ledger();
  ledger.count();
  write(ledger, 0, 7);
  write(ledger, 7, 10);
  assert.equal(ledger.acknowledge(4, true), true);
  assert.deepEqual([ledger.confirmed, ledger.unacknowledged, ledger.writtenUnconfirmed], [4, 6, 0]);
  assert.deepEqual(numbers(ledger.takeUnacknowledged()), [4, 5, 6, 7, 8, 9]);
  assert.deepEqual([ledger.unacknowledged, ledger.writtenUnconfirmed], [0, 0]);
});

Deno.test("SM-5: a count that nobody can have reached, or that goes back, is refused and changes nothing", () => {
  const ledger = new Ledger();
  ledger.count();
  write(ledger, 0, 8);
  assert.equal(ledger.acknowledge(10, true), false);
  assert.deepEqual([ledger.sent, ledger.unacknowledged], [8, 8]);
  assert.equal(ledger.acknowledge(5, true), true);
  assert.equal(ledger.acknowledge(4, true), false);
  assert.equal(ledger.acknowledge(5, true), true);
  assert.equal(ledger.acknowledge(8, true), true);
  assert.deepEqual([ledger.unacknowledged, ledger.confirmed], [0, 8]);
});

Deno.test("SM-6: the count wraps at 2^32", () => {
  const ledger = new Ledger();
  ledger.count();
  ledger.wrote(new Uint8Array(0), 0, 0, 2 ** 32 - 2, NOW);
  assert.equal(ledger.acknowledge(2 ** 32 - 2, true), true);
  write(ledger, 0, 5);
  assert.equal(ledger.acknowledge(4, true), false);
  assert.equal(ledger.acknowledge(2 ** 32 - 1, true), true);
  assert.equal(ledger.acknowledge(0, true), true);
  assert.deepEqual([ledger.unacknowledged, ledger.acknowledge(2 ** 32 - 1, true)], [3, false]);
  assert.equal(ledger.acknowledge(3, true), true);
  assert.deepEqual([ledger.unacknowledged, ledger.sent], [0, 2 ** 32 + 3]);
});

Deno.test("ledger: what was kept before the counting is confirmed by an answer of ours, or by any count behind it", () => {
  const kept = () => {
    const ledger = new Ledger();
    ledger.keep();
    write(ledger, 0, 3);
    ledger.count();
    return ledger;
  };
  const unasked = kept();
  assert.equal(unasked.acknowledge(0, false), true);
  assert.equal(unasked.unacknowledged, 3);
  assert.equal(unasked.acknowledge(1, false), false);
  assert.equal(unasked.acknowledge(0, true), true);
  assert.deepEqual([unasked.unacknowledged, unasked.confirmed], [0, 3]);
  const behind = kept();
  write(behind, 3, 5);
  assert.equal(behind.acknowledge(1, false), true);
  assert.deepEqual([behind.confirmed, numbers(behind.takeUnacknowledged())], [4, [4]]);
});

Deno.test("ledger: a peer that will not count: what was kept is unconfirmed", () => {
  const ledger = new Ledger();
  ledger.count();
  write(ledger, 0, 3);
  ledger.forget();
  write(ledger, 3, 5);
  assert.deepEqual([ledger.writtenUnconfirmed, ledger.unacknowledged], [5, 0]);
  assert.equal(ledger.acknowledge(77, true), true);
});

Deno.test("ledger: the window, by stanzas and by bytes, exactly; one stanza alone always fits", () => {
  const ledger = new Ledger();
  ledger.count();
  assert.deepEqual([ledger.fits(5, 100, WINDOW), ledger.fits(6, 60, WINDOW)], [true, false]);
  assert.deepEqual([ledger.fits(2, 101, WINDOW), ledger.fits(1, 101, WINDOW)], [false, true]);
  write(ledger, 0, 4);
  assert.deepEqual([ledger.fits(1, 60, WINDOW), ledger.fits(1, 61, WINDOW)], [true, false]);
  assert.deepEqual([ledger.fits(2, 20, WINDOW)], [false]);
  ledger.acknowledge(2, true);
  assert.deepEqual([ledger.fits(3, 80, WINDOW), ledger.fits(3, 81, WINDOW)], [true, false]);
});

Deno.test("ledger: a piece says when its first stanza was written, to the second", () => {
  const ledger = new Ledger();
  ledger.count();
  for (const [n, at] of [0, 900, 1100, 5000].entries()) write(ledger, n, n + 1, NOW + at);
  assert.equal(ledger.unacknowledgedSince, NOW);
  assert.deepEqual(ledger.takeUnacknowledged().map(({ since }) => since - NOW), [0, 1100, 5000]);
});

Deno.test("ledger: whatever is written and acknowledged, what is kept is exactly the rest, byte for byte", () => {
  const step = fc.oneof(
    fc.record({ run: fc.integer({ min: 1, max: 900 }), later: fc.nat(3000) }),
    fc.record({ part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const ledger = new Ledger();
    ledger.count();
    let [written, acknowledged, now] = [0, 0, NOW];
    for (const one of steps) {
      if ("run" in one) {
        now += one.later;
        write(ledger, written, written + one.run, now);
        written += one.run;
      } else {
        acknowledged += Math.floor((written - acknowledged) * one.part);
        assert.equal(ledger.acknowledge(acknowledged, true), true);
      }
      assert.equal(ledger.unacknowledged, written - acknowledged);
      assert.equal(ledger.unacknowledgedSince === null, written === acknowledged);
    }
    const rest = Array.from({ length: written - acknowledged }, (_, i) => acknowledged + i);
    assert.deepEqual(numbers(ledger.takeUnacknowledged()), rest);
  }));
});

Deno.test("ledger: what is confirmed and kept on all connections together is the sum of each, whatever happens", () => {
  const step = fc.oneof(
    fc.record({ op: fc.constantFrom("wrote", "acknowledge", "passed"), of: fc.nat(3), n: fc.nat(9) }),
    fc.record({ op: fc.constantFrom("keep", "count", "forget", "lost"), of: fc.nat(3), n: fc.constant(0) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const sums = { confirmed: 0, kept: 0 };
    const ledgers = Array.from({ length: 4 }, () => new Ledger(sums));
    for (const { op, of, n } of steps) {
      const ledger = ledgers[of]!;
      if (op === "wrote") write(ledger, 0, n + 1);
      if (op === "acknowledge") ledger.acknowledge(n, true);
      if (op === "passed") ledger.passed(ledger.written - n);
      if (op === "keep") ledger.keep();
      if (op === "count") ledger.count();
      if (op === "forget") ledger.forget();
      if (op === "lost") ledger.takeUnacknowledged();
      const sum = (of: (ledger: Ledger) => number) => ledgers.reduce((all, one) => all + of(one), 0);
      assert.deepEqual(sums, {
        confirmed: sum(({ confirmed }) => confirmed),
        kept: sum(({ unacknowledged }) => unacknowledged),
      });
    }
  }));
});
