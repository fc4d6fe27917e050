import assert from "node:assert/strict";
import { NegativeTable } from "../../routing/negative.ts";
import { type Outward, type Outwards, routeOutward } from "../../routing/outward.ts";
import type { DomainPair } from "../../xmpp/domain.ts";
import { authorise, connect, grant, NOW, OURS, PAIR, pair, type Tables, tables, THEIRS } from "./fixtures.ts";

function outwards(world: Tables): Outwards {
  return { ...world, negatives: new NegativeTable(), blocks: new NegativeTable() };
}

const MACHINES: DomainPair = { local: OURS, remote: THEIRS };

const CASES: Record<
  string,
  [DomainPair, underway: boolean, expected: string, prepare?: (tables: Outwards) => unknown]
> = {
  "a new pair starts a route": [PAIR, false, "start"],
  "a pair whose route is at work waits": [PAIR, true, "queue"],
  "an authorised pair goes": [PAIR, false, "send c-1", (world) => {
    authorise(world, connect(world, { direction: "out" }), PAIR);
  }],
  "an authorised pair goes, even while its route does something": [PAIR, true, "send c-1", (world) => {
    authorise(world, connect(world, { direction: "out" }), PAIR);
  }],
  "the inverse of a grant goes with bidi": [PAIR, false, "send c-1", (world) => {
    grant(world, connect(world, { direction: "in", bidi: true }), PAIR);
  }],
  "the inverse of a grant does not go without bidi": [PAIR, false, "start", (world) => {
    grant(world, connect(world, { direction: "in" }), PAIR);
  }],
  "another pair's authorisation is not this one's": [
    pair("other-target.example", "sender.example"),
    false,
    "start",
    (world) => authorise(world, connect(world, { direction: "out" }), PAIR),
  ],
  "a revoked pair waits for its route": [PAIR, true, "queue", (world) => {
    const row = connect(world, { direction: "out" });
    authorise(world, row, PAIR);
    world.bindings.revoke(row, PAIR);
  }],
  "a pair that failed a moment ago bounces": [
    PAIR,
    false,
    "bounce wait peer.denied",
    ({ negatives }) => negatives.add(PAIR, "peer.denied", NOW + 1),
  ],
  "a failure that is over does not count": [
    PAIR,
    false,
    "start",
    ({ negatives }) => negatives.add(PAIR, "peer.denied", NOW),
  ],
  "a pair that the operator revoked bounces (A-33)": [
    PAIR,
    true,
    "bounce cancel policy.revoked",
    ({ blocks }) => blocks.add(PAIR, "policy.revoked", NOW + 1),
  ],
  "one of our domains is local": [pair("target.example", "other-target.example"), false, "local"],
  "our machine is local": [{ local: PAIR.local, remote: OURS }, false, "local"],
  "a sender that is not hosted here": [
    pair("nowhere.example", "sender.example"),
    false,
    "bounce cancel component.unknown",
  ],
  "machine to machine, on the stream between them": [
    MACHINES,
    false,
    "serve c-1",
    (world) => connect(world, { direction: "out" }),
  ],
  "machine to machine, not without a stream": [
    MACHINES,
    false,
    "bounce wait route.unauthorised",
  ],
};
for (const [name, [asked, underway, expected, prepare]] of Object.entries(CASES)) {
  Deno.test(`outward: ${name}`, () => {
    const world = outwards(tables());
    prepare?.(world);
    assert.equal(summary(routeOutward(world, asked, underway, NOW)), expected);
  });
}

function summary(out: Outward): string {
  switch (out.action) {
    case "send":
      return `send ${out.grant.live ? out.grant.connection.id : "on a dead grant"}`;
    case "serve":
      return `serve ${out.connection.id}`;
    case "bounce":
      return `bounce ${out.type} ${out.cause}`;
    default:
      return out.action;
  }
}
