import assert from "node:assert/strict";
import type { BindingRow } from "../../routing/binding_table.ts";
import { sendRequest } from "../../routing/pending_request.ts";
import { pairKey } from "../../xmpp/domain.ts";
import {
  authorise,
  connect,
  grant,
  NOW,
  OTHER_SENDER,
  OTHER_TARGET,
  PAIR,
  proofOf,
  type Shape,
  tables,
} from "./fixtures.ts";

/** The life-cycle table of protocol.md 2.2: what stands in the row afterwards. */
const LIFE: Record<string, [Shape, act: "grant" | "authorise", send: number, recv: number]> = {
  "a grant lets the peer in": [{ direction: "in" }, "grant", 0, 1],
  "a grant on a bidi connection opens both ways": [{ direction: "in", bidi: true }, "grant", 1, 1],
  "a reverse grant on our bidi connection opens both ways": [{ direction: "out", bidi: true }, "grant", 1, 1],
  "a `valid` lets us send": [{ direction: "out" }, "authorise", 1, 0],
  "a `valid` on a bidi connection opens both ways": [{ direction: "out", bidi: true }, "authorise", 1, 1],
  "a `valid` to a reverse request opens both ways": [{ direction: "in", bidi: true }, "authorise", 1, 1],
};
for (const [name, [shape, act, send, recv]] of Object.entries(LIFE)) {
  Deno.test(`binding table: ${name}`, () => {
    const world = tables();
    const row = connect(world, shape);
    const token = act === "grant" ? grant(world, row, PAIR) : authorise(world, row, PAIR);
    assert.ok(token?.live);
    const binding = world.bindings.get(PAIR)!;
    assert.deepEqual([binding.send.length, binding.recv.length], [send, recv]);
    assert.equal(world.bindings.sending(PAIR) !== null, send === 1);
    assert.equal(world.bindings.receiving(PAIR, row) !== null, recv === 1);
    assert.equal(row.delegated.get(PAIR.remote)?.domain, PAIR.remote);
    assert.equal(world.bindings.pairsOn(row), 1);
  });
}

Deno.test("binding table: a second grant of a pair is the first one (Q8)", () => {
  const world = tables();
  const row = connect(world, { direction: "in", bidi: true });
  const first = grant(world, row, PAIR);
  const renewed = proofOf(PAIR.remote);
  assert.equal(world.bindings.grant(row, PAIR, renewed, NOW), first);
  assert.equal(row.delegated.get(PAIR.remote), renewed);
  assert.equal(world.bindings.get(PAIR)!.send.length, 1);
  assert.equal(world.bindings.pairsOn(row), 1);
});

Deno.test("binding table: bidi may grant what is authorised already, and the reverse", () => {
  const world = tables();
  const row = connect(world, { direction: "out", bidi: true });
  authorise(world, row, PAIR);
  grant(world, row, PAIR);
  const binding = world.bindings.get(PAIR)!;
  assert.deepEqual([binding.send.length, binding.recv.length, world.bindings.pairsOn(row)], [1, 1, 1]);
});

Deno.test("binding table: the first authorised connection is used, the next one after its loss", () => {
  const world = tables();
  const [first, second] = [connect(world, { direction: "out" }), connect(world, { direction: "out" })];
  authorise(world, first, PAIR);
  authorise(world, second, PAIR);
  assert.equal(world.bindings.sending(PAIR)?.connection, first);
  assert.deepEqual(keys(world.connections.close(first)), [pairKey(PAIR)]);
  assert.equal(world.bindings.sending(PAIR)?.connection, second);
  world.connections.close(second);
  assert.equal(world.bindings.get(PAIR), undefined);
});

Deno.test("DNA-42 binding table: a grant on one connection is worthless on another", () => {
  const world = tables();
  const [one, two] = [connect(world, { direction: "in" }), connect(world, { direction: "in" })];
  grant(world, one, PAIR);
  assert.ok(world.bindings.receiving(PAIR, one)?.live);
  assert.equal(world.bindings.receiving(PAIR, two), null);
});

Deno.test("binding table: revoking one pair leaves the others of the same domain", () => {
  const world = tables();
  const row = connect(world, { direction: "in", bidi: true });
  const token = grant(world, row, PAIR);
  const inverse = world.bindings.sending(PAIR)!;
  const other = grant(world, row, OTHER_TARGET);
  assert.deepEqual(world.bindings.revoke(row, PAIR), { sent: true, received: true, unused: false });
  assert.deepEqual([token.live, inverse.live, other.live], [false, false, true]);
  assert.equal(world.bindings.get(PAIR), undefined);
  assert.ok(row.delegated.has(PAIR.remote) && row.lapsed.has(pairKey(PAIR)));
});

Deno.test("binding table: the last pair of a domain takes the proof with it, but not the memory of it", () => {
  const world = tables();
  const row = connect(world, { direction: "in" });
  grant(world, row, PAIR);
  assert.equal(world.bindings.revoke(row, PAIR).unused, true);
  assert.ok(!row.delegated.has(PAIR.remote) && row.provenBefore.has(PAIR.remote));
});

Deno.test("binding table: a request under way keeps the proof of its domain", () => {
  const world = tables();
  const row = connect(world, { direction: "out" });
  authorise(world, row, PAIR);
  const request = sendRequest(row, OTHER_TARGET);
  assert.equal(world.bindings.revoke(row, PAIR).unused, false);
  assert.ok(world.bindings.authorise(request.accept()!, NOW)?.live);
});

Deno.test("binding table: revoking what is not there changes nothing", () => {
  const world = tables();
  const row = connect(world, { direction: "in" });
  grant(world, row, PAIR);
  const nothing = { sent: false, received: false, unused: false };
  assert.deepEqual(world.bindings.revoke(row, OTHER_TARGET), nothing);
  assert.deepEqual(world.bindings.revoke(connect(world, { direction: "in" }), PAIR), nothing);
  assert.equal(world.bindings.pairsOn(row), 1);
});

Deno.test("binding table: an ended proof takes every pair of its domain on that connection, and no other", () => {
  const world = tables();
  const [one, two] = [connect(world, { direction: "in" }), connect(world, { direction: "in" })];
  const doomed = [grant(world, one, PAIR), grant(world, one, OTHER_TARGET)];
  const kept = [grant(world, one, OTHER_SENDER), grant(world, two, PAIR)];
  assert.equal(world.bindings.expire(one, PAIR.remote).length, 2);
  assert.ok(doomed.every((token) => !token.live));
  assert.ok(kept.every((token) => token.live));
  assert.ok(!one.delegated.has(PAIR.remote) && two.delegated.has(PAIR.remote));
});

Deno.test("binding table: a closing connection sends nothing more and still takes in", () => {
  const world = tables();
  const both = connect(world, { direction: "out", bidi: true });
  const oneWay = connect(world, { direction: "out" });
  authorise(world, both, PAIR);
  authorise(world, oneWay, OTHER_SENDER);
  assert.deepEqual(keys(world.bindings.stopSending(both)), [pairKey(PAIR)]);
  assert.deepEqual(keys(world.bindings.stopSending(oneWay)), [pairKey(OTHER_SENDER)]);
  assert.equal(world.bindings.sending(PAIR), null);
  assert.ok(world.bindings.receiving(PAIR, both)?.live);
  assert.equal(world.bindings.get(OTHER_SENDER), undefined);
  assert.deepEqual([world.bindings.pairsOn(both), world.bindings.pairsOn(oneWay)], [1, 0]);
});

Deno.test("binding table: rows by connection, by remote domain, by local domain", () => {
  const world = tables();
  const [one, two] = [connect(world, { direction: "in" }), connect(world, { direction: "in" })];
  for (const granted of [PAIR, OTHER_TARGET, OTHER_SENDER]) grant(world, one, granted);
  grant(world, two, PAIR);
  assert.deepEqual(keys(world.bindings.rowsOn(one)), [PAIR, OTHER_TARGET, OTHER_SENDER].map(pairKey));
  assert.deepEqual(keys(world.bindings.rowsOn(one, PAIR.remote)), [PAIR, OTHER_TARGET].map(pairKey));
  assert.deepEqual(keys(world.bindings.rowsOn(two)), [pairKey(PAIR)]);
  assert.deepEqual(keys(world.bindings.rowsOf(PAIR.local)), [PAIR, OTHER_SENDER].map(pairKey));
  assert.equal(world.bindings.size, 3);
});

function keys(rows: Iterable<BindingRow>): string[] {
  return [...rows].map((row) => pairKey(row));
}
