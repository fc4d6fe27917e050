/** Conditions as types, until `xmpp/stream_error.ts` and `xmpp/stanza_error.ts` have landed. RFC 6120 4.9.3, 8.3.3. */
export type StreamCondition =
  | "bad-format"
  | "bad-namespace-prefix"
  | "conflict"
  | "connection-timeout"
  | "host-gone"
  | "host-unknown"
  | "improper-addressing"
  | "internal-server-error"
  | "invalid-from"
  | "invalid-namespace"
  | "invalid-xml"
  | "not-authorized"
  | "not-well-formed"
  | "policy-violation"
  | "remote-connection-failed"
  | "reset"
  | "resource-constraint"
  | "restricted-xml"
  | "see-other-host"
  | "system-shutdown"
  | "undefined-condition"
  | "unsupported-encoding"
  | "unsupported-feature"
  | "unsupported-stanza-type"
  | "unsupported-version";

export type StanzaCondition =
  | "bad-request"
  | "conflict"
  | "feature-not-implemented"
  | "forbidden"
  | "gone"
  | "internal-server-error"
  | "item-not-found"
  | "jid-malformed"
  | "not-acceptable"
  | "not-allowed"
  | "not-authorized"
  | "policy-violation"
  | "recipient-unavailable"
  | "redirect"
  | "registration-required"
  | "remote-server-not-found"
  | "remote-server-timeout"
  | "resource-constraint"
  | "service-unavailable"
  | "subscription-required"
  | "undefined-condition"
  | "unexpected-request";

/** Why we refuse a request: the row of protocol.md 2.6.2. */
export interface Denial {
  readonly type: "auth" | "cancel" | "wait" | "modify";
  readonly condition: StanzaCondition;
}

/** Why a stream header is not taken: the stream error that answers it (protocol.md 4.1). */
export interface Refusal {
  readonly condition: StreamCondition;
  readonly cause: Cause;
}
import type { Cause } from "../facts/cause.ts";
