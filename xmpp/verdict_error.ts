/** What a denied request is told. XEP-0220 2.5; protocol.md 2.6.2. */
import type { ErrorType, StanzaCondition } from "./stanza_error.ts";

/** What goes into the `<error/>` of a verdict. */
export interface ErrorDenial {
  readonly type: Exclude<ErrorType, "continue">;
  readonly condition: StanzaCondition;
}

/** The verdict `type='invalid'`, and with it the end of the stream (protocol.md 7.4; XEP-0220 2.2.1: MUST close). */
export interface InvalidKey {
  readonly type: "invalid";
  readonly condition: null;
}

export type Denial = ErrorDenial | InvalidKey;

export const INVALID: InvalidKey = { type: "invalid", condition: null };

/** The rows of the tables in protocol.md 2.6.2 and 7.4 that our proofs can lead to, by their denial reason. */
export const DENIALS = {
  "target not hosted": { type: "cancel", condition: "item-not-found" },
  "not proven": { type: "auth", condition: "not-authorized" },
  "dns failing": { type: "wait", condition: "remote-server-timeout" },
  "no such domain": { type: "cancel", condition: "remote-server-not-found" },
  "key refuted": { type: "auth", condition: "forbidden" },
  "key refuted, no other pair": INVALID,
  "authoritative server fails": { type: "cancel", condition: "remote-server-not-found" },
  "authoritative server unreachable": { type: "wait", condition: "remote-server-timeout" },
  "no tls": { type: "cancel", condition: "policy-violation" },
  "blocked": { type: "cancel", condition: "not-allowed" },
  "limits": { type: "wait", condition: "resource-constraint" },
} as const satisfies Record<string, Denial>;

/** The rows of 2.7 that decide our next step, by the condition with which a peer denies: the pair is not there, or not proven. */
export const NOT_THERE: readonly string[] = ["item-not-found", "not-allowed"];
export const NOT_PROVEN: readonly string[] = ["not-authorized", "forbidden", "not-acceptable"];
