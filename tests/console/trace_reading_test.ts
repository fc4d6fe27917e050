/** A trace file that somebody sent: what the page draws of it never throws. console.md 2.3. */
import assert from "node:assert/strict";
import { standingAfter } from "../../console/page/parts/standing.ts";
import { factsOf, tell } from "../../console/page/parts/telling.ts";
import { bounded, FIRST, MOST_EVENTS, parse } from "../../console/page/trace_reading.ts";

const EVENT = {
  seq: 1,
  at: "2026-11-26T12:00:00.000Z",
  type: "pair.granted",
  connection: "c-1",
  route: { local: "a.example", remote: "b.example" },
  detail: { prooftype: "pkix" },
};
const FILE = {
  schema: "verona.trace/1",
  exportedAt: EVENT.at,
  epoch: "e",
  connection: "c-1",
  route: null,
  row: null,
  ended: true,
  left: 0,
  events: [EVENT],
};
const withEvent = (more: object) => JSON.stringify({ ...FILE, events: [{ ...EVENT, ...more }] });
const deep = (levels: number): string => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);

Deno.test("a trace of a connection or of a pair is read; what says of itself what it is not is none", () => {
  assert.deepEqual(parse(JSON.stringify(FILE)), FILE);
  assert.ok(parse(JSON.stringify({ ...FILE, connection: null, route: EVENT.route })));
  const { route: _, ...without } = FILE;
  const wrong = [
    JSON.stringify(without),
    JSON.stringify({ ...FILE, route: 7 }),
    JSON.stringify({ ...FILE, connection: { id: 1 }, route: EVENT.route }),
    withEvent({ at: 2026 }),
    withEvent({ type: "__proto__" }),
    withEvent({ type: "hasOwnProperty" }),
    withEvent({ detail: { version: { toString: 1, valueOf: 1 } } }),
    withEvent({ detail: "DEEP" }).replace('"DEEP"', deep(100_000)),
  ];
  for (const text of wrong) assert.equal(parse(text), null, text.slice(0, 200));
});

Deno.test("whatever is read of a trace is drawn: events without their pair, details of any kind", () => {
  const types = [
    "pair.granted",
    "pair.authorised",
    "pair.revoked",
    "connection.secured",
    "element.sent",
    "to.string",
  ];
  for (const type of types) {
    for (
      const detail of [undefined, {}, [], { version: {}, name: [], word: { a: null }, targets: [null, {}] }]
    ) {
      const file = parse(withEvent({ type, detail, route: null }))!;
      assert.ok(file !== null, type);
      standingAfter(file.events);
      for (const event of file.events) {
        assert.equal(typeof tell(event).title + typeof factsOf(event), "stringobject");
      }
    }
  }
});

Deno.test("of a trace with more events than are drawn, its beginning and its end are kept, and what is left out is counted", () => {
  const events = Array.from({ length: MOST_EVENTS + 500 }, (_, n) => ({ ...EVENT, seq: n + 1 }));
  const whole = parse(JSON.stringify({ ...FILE, left: 7, events: events.slice(0, MOST_EVENTS) }))!;
  assert.deepEqual(bounded(whole), { events: whole.events, left: 7 });
  const drawn = bounded(parse(JSON.stringify({ ...FILE, left: 7, events }))!);
  assert.equal(drawn.left, 507);
  assert.deepEqual(drawn.events.map(({ seq }) => seq), [
    ...events.slice(0, FIRST).map(({ seq }) => seq),
    ...events.slice(FIRST + 500).map(({ seq }) => seq),
  ]);
});
