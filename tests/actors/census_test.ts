/** The counts that are kept are those that a count would find. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Census, pairState, type Underway } from "../../actors/census.ts";
import type { RouteState } from "../../machines/route.ts";
import { standing } from "../../routing/binding_table.ts";
import { pairKey } from "../../xmpp/domain.ts";
import { authorise, connect, grant, OTHER_SENDER, OTHER_TARGET, PAIR, tables } from "../routing/fixtures.ts";

const PAIRS = [PAIR, OTHER_TARGET, OTHER_SENDER];
const STATES: RouteState[] = ["resolving", "authorised", "denied", "backoff"];
const ACTS = ["grant", "authorise", "revoke", "stop sending", "expire", "close", "route", "forget"] as const;

const steps = fc.array(
  fc.tuple(fc.constantFrom(...ACTS), fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.constantFrom(...STATES)),
  { minLength: 10, maxLength: 80, size: "max" },
);

Deno.test("census: whatever happens to rows and routes, every state and every reason is counted right", () => {
  fc.assert(fc.property(steps, (sequence) => {
    const world = tables();
    const routes = new Map<string, Underway>();
    const census = new Census(
      (pair) => routes.get(pairKey(pair)),
      (pair) => standing(world.bindings.get(pair)),
    );
    world.bindings.watch = (...change) => census.bound(...change);
    const connections = [{}, { bidi: true }].flatMap((shape) =>
      (["in", "out"] as const).map((direction) => connect(world, { direction, ...shape }))
    );
    for (const [act, which, at, state] of sequence) {
      const [row, pair] = [connections[which]!, PAIRS[at]!];
      const before = routes.get(pairKey(pair));
      switch (act) {
        case "grant":
          if (row.open && row.receives) grant(world, row, pair);
          break;
        case "authorise":
          if (row.open && row.requests && !row.pendingOut.has(pairKey(pair))) authorise(world, row, pair);
          break;
        case "revoke":
          world.bindings.revoke(row, pair);
          break;
        case "stop sending":
          world.bindings.stopSending(row);
          break;
        case "expire":
          world.bindings.expire(row, pair.remote);
          break;
        case "close":
          world.connections.close(row);
          break;
        case "route": {
          const after = { state, cause: state === "denied" ? "peer.denied" : null } as const;
          routes.set(pairKey(pair), after);
          census.routed(pair, before, after);
          break;
        }
        case "forget":
          routes.delete(pairKey(pair));
          census.routed(pair, before, undefined);
          break;
      }
      const found = PAIRS.flatMap((one) =>
        pairState(routes.get(pairKey(one)), standing(world.bindings.get(one))) ?? []
      );
      assert.equal(census.total, found.length, act);
      for (const one of STATES) {
        assert.equal(census.states[one], found.filter(({ state }) => state === one).length, `${act}: ${one}`);
      }
      const denied = found.filter(({ reason }) => reason === "peer.denied").length;
      assert.equal(census.reasons["peer.denied"] ?? 0, denied, act);
    }
  }));
});
