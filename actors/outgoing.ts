/** A stanza on its way out of this server: owned bytes in the default namespace of their stream. */
import type { Waiting } from "../routing/outbox.ts";
import type { Domain } from "../xmpp/domain.ts";

export interface Outgoing extends Waiting {
  /** The domain that gets the error when it cannot be delivered. */
  readonly local: Domain;
  /** It was accepted by a connection that is gone: an attempt that fails does not bounce it, its age does (8.3). */
  readonly again?: true;
}
