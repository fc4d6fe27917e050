/** A stanza on its way out of this server: owned bytes in the default namespace of their stream. */
import type { Waiting } from "../routing/outbox.ts";
import type { Domain } from "../xmpp/domain.ts";

export interface Outgoing extends Waiting {
  /** The domain that gets the error when it cannot be delivered. */
  readonly local: Domain;
}
