import assert from "node:assert/strict";
import { type Cause, CAUSES } from "../../facts/cause.ts";
import { isStanzaCondition } from "../../xmpp/stanza_error.ts";
import { denialFor } from "../../xmpp/verdict_error.ts";

/** protocol.md 2.6.2, row by row. */
const ROWS: Record<string, [causes: Cause[], type: string, condition: string]> = {
  "the target is not hosted": [["route.not-hosted"], "cancel", "item-not-found"],
  "the sender is our own": [["route.own-domain"], "cancel", "not-allowed"],
  "the delegation is not proven": [
    ["dns.insecure", "dns.bogus", "proof.delegation", "proof.absent", "tls.no-certificate", "tls.names"],
    "auth",
    "not-authorized",
  ],
  "DNS fails for now": [["dns.servfail", "dns.timeout", "proof.timeout"], "wait", "remote-server-timeout"],
  "the sender does not exist": [["dns.nxdomain", "dns.no-service"], "cancel", "remote-server-not-found"],
  "there is no TLS": [["tls.required"], "cancel", "policy-violation"],
  "policy says no": [["policy.blocked", "policy.not-allowed", "policy.revoked"], "cancel", "not-allowed"],
  "a limit is reached": [["limit.pairs", "limit.requests", "limit.proofs"], "wait", "resource-constraint"],
  "none of these": [["stream.idle"], "modify", "not-acceptable"],
};
for (const [name, [causes, type, condition]] of Object.entries(ROWS)) {
  Deno.test(`denial: ${name}`, () => {
    for (const cause of causes) assert.deepEqual(denialFor(cause), { type, condition }, cause);
  });
}

Deno.test("every cause has a denial in words that RFC 6120 knows", () => {
  for (const cause of Object.keys(CAUSES) as Cause[]) {
    const { type, condition } = denialFor(cause);
    assert.ok(isStanzaCondition(condition) && ["auth", "cancel", "modify", "wait"].includes(type), cause);
  }
});
