/** A connection is gone: every stanza that was accepted for it is bounced or goes another way. protocol.md 8.3. */
import type { HeldPair } from "../routing/held.ts";
import type { Piece } from "../routing/unacknowledged.ts";
import { type Framed, reframe } from "../wire/reframe.ts";
import { delayed } from "../xmpp/delay.ts";
import { type DomainPair, pairKey } from "../xmpp/domain.ts";
import type { ServerContext } from "./context.ts";
import { domainOf } from "./inward.ts";
import type { Outgoing } from "./outgoing.ts";

interface Lost {
  readonly pair: DomainPair;
  readonly stanza: Outgoing;
}

/** How many stanzas the peer had not acknowledged, and how many go again with those that were queued. */
export interface Answered {
  readonly unacknowledged: number;
  readonly requeued: number;
}

/**
 * @param kept What was written and not acknowledged; by `policy.on_loss` it is bounced, or goes again.
 * @param held What waited for the peer's window: it goes again in any case, behind the others.
 */
export function answerFor(
  server: ServerContext,
  connection: string,
  kept: readonly Piece[],
  held: readonly HeldPair<Outgoing>[],
): Answered {
  const unacknowledged = kept.flatMap((piece) => lostIn(server, connection, piece));
  const again = new Map<string, { readonly pair: DomainPair; readonly stanzas: Outgoing[] }>();
  const resume = (pair: DomainPair, stanzas: readonly Outgoing[]) => {
    const waiting = again.get(pairKey(pair)) ?? { pair, stanzas: [] };
    waiting.stanzas.push(...stanzas);
    again.set(pairKey(pair), waiting);
  };
  const resends = server.config.policy.onLoss === "resend" && !server.draining;
  for (const { pair, stanza } of unacknowledged) {
    if (!resends) server.bounce(stanza, "route.unacknowledged");
    else resume(pair, [{ ...stanza, bytes: delayed(stanza.bytes, new Date(stanza.since)), again: true }]);
  }
  for (const { pair, stanzas } of held) {
    resume(pair, stanzas.map((stanza) => ({ ...stanza, again: true })));
  }
  let requeued = 0;
  for (const { pair, stanzas } of again.values()) {
    requeued += stanzas.length;
    server.routes.resume(pair, stanzas);
  }
  return { unacknowledged: unacknowledged.length, requeued };
}

function lostIn(server: ServerContext, connection: string, { bytes, acknowledged, since }: Piece): Lost[] {
  return framed(server, connection, bytes).slice(acknowledged).flatMap((stanza) => {
    const [local, remote] = [domainOf(stanza.from), domainOf(stanza.to)];
    // It went out past a grant, so its addresses were read before.
    if (local === null || remote === null || server.pings.isOurs(stanza.id)) return [];
    return [{ pair: { local, remote }, stanza: { bytes: stanza.bytes, since, local } }];
  });
}

function framed(server: ServerContext, connection: string, bytes: Uint8Array): Framed[] {
  try {
    return reframe("server", bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    server.crashed(`stanzas that ${connection} lost`, error);
    return [];
  }
}
