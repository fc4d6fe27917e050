/** Direction `initiator`: a stanza waits for a cell's domain, and the peer takes whatever connection comes. */
import type { Conversation } from "../peer/conversation.ts";
import { LONG_MS } from "./mailbox.ts";
import { NS } from "../peer/names.ts";
import { answer, DNA_FEATURES, FEATURE, PROCEED, verdict } from "../peer/stream.ts";
import type { Element } from "../peer/xml.ts";
import type { Guest, Place } from "./scene.ts";
import { TARGET } from "./receiver_play.ts";

/** fatal handshake_failure: what a TLS server without any certificate can say (RFC 8446 6.2). */
const HANDSHAKE_FAILURE = new Uint8Array([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);

/** The peer on one connection until the server ends it: either header, TLS, no EXTERNAL, the cell's verdict. */
export async function entertain(guest: Guest, place: Place): Promise<void> {
  const { conversation } = guest;
  const { identity } = place.role;
  try {
    await answer(conversation, crypto.randomUUID(), [FEATURE.starttls]);
    await conversation.element(NS.tls, "starttls");
    conversation.send(PROCEED);
    if (identity === null) return await failHandshake(conversation);
    await conversation.acceptTls({ identity });
    await answer(conversation, crypto.randomUUID(), DNA_FEATURES);
  } catch {
    return; // it may leave at any step; what it must not do is seen by what it asked and brought
  }
  for (;;) {
    const item = await conversation.next("the end of the connection", LONG_MS);
    if (item.kind !== "element") return;
    heard(guest, place, item.element);
  }
}

async function failHandshake(conversation: Conversation): Promise<void> {
  await conversation.next("a ClientHello");
  conversation.wire.writeRaw(HANDSHAKE_FAILURE);
  conversation.wire.fin();
}

function heard({ conversation, requests, stanzas }: Guest, place: Place, element: Element): void {
  const { cell: { key }, domain } = place.role;
  if (element.uri === NS.server) {
    stanzas.push(element);
    place.arrival.resolve();
  }
  if (element.uri !== NS.db || element.name !== "result") return;
  requests.push(element);
  if (key !== "none") conversation.send(verdict(TARGET, domain, key === "good" ? "valid" : "invalid"));
}
