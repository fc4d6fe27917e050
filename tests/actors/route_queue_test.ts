/** What waits for a pair, without a server. protocol.md 8.3. */
import assert from "node:assert/strict";
import type { ServerContext } from "../../actors/context.ts";
import type { Outgoing } from "../../actors/outgoing.ts";
import { RouteQueue } from "../../actors/route_queue.ts";
import { QueueBudget } from "../../routing/outbox.ts";
import { parseDomain } from "../../xmpp/domain.ts";

const LOCAL = parseDomain("a.example"), REMOTE = parseDomain("b.example");

Deno.test("a route that ends, as when its domain is hosted no longer, bounces what was to be sent again and holds no room", () => {
  const bounced: [Outgoing, string][] = [];
  const queues = new QueueBudget(() => 10_000);
  const clock = { now: () => 0, setTimeout: () => 1, clearTimeout: () => {} };
  const server = {
    draining: false,
    config: { limits: { queueStanzas: 10, queueBytes: 1000, queueAgeMs: 1000 } },
    host: { clock },
    queues,
    bounce: (stanza: Outgoing, cause: string) => bounced.push([stanza, cause]),
  } as unknown as ServerContext;
  const queue = new RouteQueue(server, { local: LOCAL, remote: REMOTE });
  const stanza = { bytes: new Uint8Array(100), since: 5, local: LOCAL };
  const again = { ...stanza, again: true } as const;
  queue.resume([again]);
  queue.offer(stanza);
  queue.bounce("route.not-hosted", false);
  assert.deepEqual(bounced, [[stanza, "route.not-hosted"]]);
  queue.over("route.not-hosted");
  assert.deepEqual(bounced.slice(1), [[again, "route.not-hosted"]]);
  assert.deepEqual([queue.size, queues.bytes, queues.stanzas, queues.since], [0, 0, 0, null]);
});
