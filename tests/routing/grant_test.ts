import assert from "node:assert/strict";
import { admit, Grant, inverse, permit } from "../../routing/grant.ts";
import { Permission, sendRequest } from "../../routing/pending_request.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import {
  accepted,
  authorise,
  connect,
  DAY,
  grant,
  NO_CERTIFICATE,
  NOW,
  OTHER_TARGET,
  PAIR,
  proofOf,
  tables,
  THEIRS,
} from "./fixtures.ts";

Deno.test("grant: nobody else makes one (checked by the compiler)", () => {
  const row = connect(tables(), { direction: "in" });
  // @ts-expect-error The constructor is private.
  const forged = () => new Grant(row, PAIR, "recv");
  // @ts-expect-error A look-alike lacks the brand.
  const lookalike: Grant = { live: true, connection: row, pair: PAIR, direction: "recv", withdraw() {} };
  // @ts-expect-error The constructor is private.
  const permission = () => new Permission(row, PAIR);
  assert.ok(forged !== permission && !(lookalike instanceof Grant));
});

Deno.test("grant: it lives until withdrawn, for good", () => {
  const world = tables();
  const token = grant(world, connect(world, { direction: "in" }), PAIR);
  assert.ok(token.live);
  token.withdraw();
  assert.ok(!token.live);
});

const REFUSED: Record<string, () => unknown> = {
  "of a domain that is not delegated to the connection": () =>
    admit(connect(tables(), { direction: "in" }), PAIR, proofOf(PAIR.remote), NOW),
  "by the proof of another domain": () => {
    const row = connect(tables(), { direction: "in" });
    row.delegate(proofOf(PAIR.remote), NOW);
    return admit(row, PAIR, proofOf(parseDomain("other-sender.example")), NOW);
  },
  "by a proof that was replaced": () => {
    const row = connect(tables(), { direction: "in" });
    const old = proofOf(PAIR.remote);
    row.delegate(old, NOW);
    row.delegate(proofOf(PAIR.remote), NOW);
    return admit(row, PAIR, old, NOW);
  },
  "by a proof that is over": () => {
    const row = connect(tables(), { direction: "in" });
    const proof = proofOf(PAIR.remote);
    row.delegate(proof, NOW);
    return admit(row, PAIR, proof, NOW + 10 * DAY);
  },
  "where the peer may not send": () => {
    const row = connect(tables(), { direction: "out" });
    row.delegate(proofOf(PAIR.remote), NOW);
    return admit(row, PAIR, row.delegated.get(PAIR.remote)!, NOW);
  },
  "with the permission of another pair": () => {
    const row = connect(tables(), { direction: "out" });
    row.delegate(proofOf(PAIR.remote), NOW);
    const permission = sendRequest(row, PAIR).accept()!;
    return permit(permission, OTHER_TARGET, row.delegated.get(PAIR.remote)!, NOW);
  },
  "with a permission that was used": () => {
    const row = connect(tables(), { direction: "out" });
    row.delegate(proofOf(PAIR.remote), NOW);
    const permission = sendRequest(row, PAIR).accept()!;
    permit(permission, PAIR, row.delegated.get(PAIR.remote)!, NOW);
    return permit(permission, PAIR, row.delegated.get(PAIR.remote)!, NOW);
  },
  "inverted without bidi": () => {
    const world = tables();
    return inverse(grant(world, connect(world, { direction: "in" }), PAIR));
  },
  "inverted after it was withdrawn": () => {
    const world = tables();
    const token = grant(world, connect(world, { direction: "in", bidi: true }), PAIR);
    token.withdraw();
    return inverse(token);
  },
};
for (const [name, attempt] of Object.entries(REFUSED)) {
  Deno.test(`grant: none ${name}`, () => assert.throws(attempt, /^Error: Cannot /));
}

Deno.test("grant: a proof enters only the connection whose certificate it was made on", () => {
  const proof = proofOf(PAIR.remote);
  const closed = connect(tables(), { direction: "in" });
  closed.forget();
  const bare = connect(tables(), { direction: "in", certificate: NO_CERTIFICATE });
  const other = accepted(THEIRS);
  if (other.state !== "accepted") throw new Error("accepted() did not accept");
  const replaced = connect(tables(), {
    direction: "in",
    certificate: { ...other, facts: { ...other.facts, sha256: "07e4" } },
  });
  for (const row of [closed, bare, replaced]) {
    assert.throws(() => row.delegate(proof, NOW), /Cannot delegate/);
  }
  const fitting = connect(tables(), { direction: "in" });
  assert.throws(() => fitting.delegate(proof, NOW + 10 * DAY), /the proof is over/);
});

Deno.test("grant: a request settles once; what comes later gives no permission (A-11)", () => {
  const row = connect(tables(), { direction: "out" });
  const request = sendRequest(row, PAIR);
  assert.ok(request.settle());
  assert.equal(request.accept(), null);
  const again = sendRequest(row, PAIR);
  assert.equal(request.accept(), null);
  assert.ok(again.accept() instanceof Permission);
  assert.equal(row.pendingOut.size, 0);
});

Deno.test("grant: a request goes only where our side may ask, once at a time", () => {
  const world = tables();
  assert.throws(() => sendRequest(connect(world, { direction: "in" }), PAIR), /Cannot request/);
  const bidi = connect(world, { direction: "in", bidi: true });
  sendRequest(bidi, PAIR);
  assert.throws(() => sendRequest(bidi, PAIR), /it is pending/);
  bidi.peerDna = false; // 2.8: never towards a peer without the marker
  assert.throws(() => sendRequest(bidi, OTHER_TARGET), /Cannot request/);
});

Deno.test("grant: no authorisation when the proof ended while the request was under way", () => {
  const world = tables();
  const row = connect(world, { direction: "out" });
  row.delegate(proofOf(PAIR.remote), NOW);
  const request = sendRequest(row, PAIR);
  world.bindings.expire(row, PAIR.remote);
  assert.equal(world.bindings.authorise(request.accept()!, NOW), null);
  assert.equal(world.bindings.size, 0);
  assert.ok(authorise(world, row, PAIR)?.live);
});
