/** What a claim by SASL EXTERNAL is worth on the receiving side. RFC 6120 6.3, 6.4, 6.5; protocol.md 7.1. Pure. */
import { AddressFault, type Domain, parseDomain } from "../xmpp/domain.ts";
import { decodeAuthzid, EXTERNAL, type SaslCondition } from "../xmpp/sasl_external.ts";

export interface ClaimFacts {
  readonly encrypted: boolean;
  /** The identity that the certificate proved and that EXTERNAL was offered for: the header's `from`. */
  readonly identity: Domain | null;
  /** It is still proven, and the pair may still federate. Asked only for a claim that is right otherwise. */
  readonly holds: () => boolean;
}

/** `<auth/>`. "challenge": the response has to be asked for first. */
export function judgeAuth(
  { mechanism, response }: { readonly mechanism: string; readonly response: string | null },
  facts: ClaimFacts,
): "accepted" | "challenge" | SaslCondition {
  if (!facts.encrypted) return "encryption-required";
  if (mechanism !== EXTERNAL) return "invalid-mechanism";
  if (facts.identity === null) return "not-authorized";
  return response === null ? "challenge" : judgeResponse(response, facts);
}

/** The authorization identity: none, or the one that is proven. */
export function judgeResponse(response: string, { identity, holds }: ClaimFacts): "accepted" | SaslCondition {
  const authzid = decodeAuthzid(response);
  if (authzid === null) return "incorrect-encoding";
  if (identity === null) return "not-authorized";
  if (authzid !== "" && domainOf(authzid) !== identity) return "invalid-authzid";
  return holds() ? "accepted" : "not-authorized";
}

function domainOf(authzid: string): Domain | null {
  try {
    return parseDomain(authzid);
  } catch (error) {
    if (error instanceof AddressFault) return null;
    throw error;
  }
}
