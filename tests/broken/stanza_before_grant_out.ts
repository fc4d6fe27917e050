/** BROKEN ON PURPOSE: any grant to send serves any pair. Stands for routing/outward.ts. */
import { type Outward, type Outwards, routeOutward as sound } from "../../routing/outward.ts";
import type { DomainPair } from "../../xmpp/domain.ts";

export * from "../../routing/outward.ts";

export function routeOutward(tables: Outwards, pair: DomainPair, underway: boolean, now: number): Outward {
  const routed = sound(tables, pair, underway, now);
  if (routed.action !== "queue" && routed.action !== "start") return routed;
  for (const { send } of tables.bindings.rows()) {
    if (send[0] !== undefined) return { action: "send", grant: send[0] };
  }
  return routed;
}
