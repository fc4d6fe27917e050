/** What an authoritative server answers when it is asked about a key. XEP-0220 2.2.2; protocol.md 7.5. */
import type { DialbackVerify } from "../xmpp/dialback.ts";
import { keyMatches } from "../xmpp/dialback.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";

/** `clear`: the pair may not be spoken of without TLS. `foreign`: the domain that the key is to speak for is not hosted here. */
export type VerifyAnswer = "valid" | "invalid" | "clear" | "foreign";

/** Needs no state and no knowledge of the asker: any machine with the secret can answer. */
export function answerVerify(
  { from, to, id, key }: DialbackVerify,
  secret: string,
  carries: (pair: DomainPair) => boolean,
  isHosted: (domain: Domain) => boolean,
): VerifyAnswer {
  if (!carries({ local: to.domain, remote: from.domain })) return "clear";
  if (!isHosted(to.domain)) return "foreign";
  if (keyMatches(secret, { receiving: from.text, originating: to.text, streamId: id }, key)) return "valid";
  if (from.text === from.domain && to.text === to.domain) return "invalid";
  // COMPAT: our requests carry the canonical spelling, which a receiving server may have turned into its own.
  const asMade = keyMatches(secret, { receiving: from.domain, originating: to.domain, streamId: id }, key);
  return asMade ? "valid" : "invalid";
}
