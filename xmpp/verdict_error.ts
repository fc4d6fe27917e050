/** What a denied request is told. XEP-0220 2.5; protocol.md 2.6.2. */
import type { ErrorType, StanzaCondition } from "./stanza_error.ts";

/** What goes into the `<error/>` of a verdict. */
export interface Denial {
  readonly type: Exclude<ErrorType, "continue">;
  readonly condition: StanzaCondition;
}

/** The rows of the table in protocol.md 2.6.2 that our proofs can lead to, by their denial reason. */
export const DENIALS = {
  "target not hosted": { type: "cancel", condition: "item-not-found" },
  "not proven": { type: "auth", condition: "not-authorized" },
  "dns failing": { type: "wait", condition: "remote-server-timeout" },
  "no such domain": { type: "cancel", condition: "remote-server-not-found" },
  "no tls": { type: "cancel", condition: "policy-violation" },
  "blocked": { type: "cancel", condition: "not-allowed" },
  "limits": { type: "wait", condition: "resource-constraint" },
} as const satisfies Record<string, Denial>;
