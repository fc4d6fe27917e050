/** Why we deny a request, in the wire's words. protocol.md 2.6.2; RFC 6120 8.3.3. */

/** What goes into `<error/>` of a verdict. */
export interface Denial {
  readonly type: "auth" | "cancel" | "wait" | "modify";
  readonly condition:
    | "item-not-found"
    | "not-authorized"
    | "remote-server-timeout"
    | "remote-server-not-found"
    | "policy-violation"
    | "not-allowed"
    | "resource-constraint";
}

/** The rows of the table in protocol.md 2.6.2, by their denial reason. */
export const DENIALS = {
  "target not hosted": { type: "cancel", condition: "item-not-found" },
  "not proven": { type: "auth", condition: "not-authorized" },
  "dns failing": { type: "wait", condition: "remote-server-timeout" },
  "no such domain": { type: "cancel", condition: "remote-server-not-found" },
  "no tls": { type: "cancel", condition: "policy-violation" },
  "blocked": { type: "cancel", condition: "not-allowed" },
  "limits": { type: "wait", condition: "resource-constraint" },
} as const satisfies Record<string, Denial>;
