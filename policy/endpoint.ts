/** Whether the machine that we reached may be spoken to for a domain. protocol.md I-4, I-10, A-8, 5.7, 6.5. */
import type { Cause } from "../facts/cause.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { Verdict } from "./decide.ts";
import { dnsFailure } from "./delegation.ts";
import { DENIALS } from "../xmpp/verdict_error.ts";
import { type Evidence, UNASKED } from "./judge.ts";
import { matchesName, serverNames } from "./names.ts";
import { acceptedNow } from "./pkix.ts";
import { Proof, prove, type Timing } from "./proof.ts";

export interface EndpointQuestion extends Pick<Evidence, "domain" | "certificate" | "now"> {
  readonly delegation: Delegation;
  /** The SRV target that was dialled; null for a connection that is there already (I-4: any target counts). */
  readonly host: string | null;
  readonly timing: Timing;
}

/**
 * Judges the receiving side of an outgoing connection.
 *
 * The certificate must be accepted and carry the domain itself or, only if the SRV is secure, the SRV target.
 * Unsigned DNS never names a reference, whatever `allow_insecure_delegation` says (RFC 9525 6.1): that is for requests.
 */
export function endpoint(question: EndpointQuestion): Verdict & { readonly serverNames: readonly string[] } {
  const { certificate, delegation, now } = question;
  const names = serverNames(certificate);
  const refused = (cause: Cause) => ({
    proved: false as const,
    cause,
    denial: DENIALS["not proven"],
    tried: "pkix" as const,
    needs: [],
    serverNames: names,
  });
  const facts = acceptedNow(certificate, now);
  if (typeof facts === "string") return refused(facts);
  // 5.7, outgoing: bogus and indeterminate abort the domain before any certificate is looked at.
  const failure = dnsFailure(delegation);
  if (failure !== null) return refused(failure);
  if (delegation.service === "refused") return refused("dns.no-service");
  const proof = proofOf(question);
  if (proof instanceof Proof) return { proved: true, proof, serverNames: names };
  return refused(proof);
}

function proofOf(question: EndpointQuestion): Proof | Cause {
  const { delegation, host, timing } = question;
  const byCertificate = prove("pkix", { ...UNASKED, ...question }, timing);
  if (byCertificate instanceof Proof || delegation.service !== "offered") return byCertificate;
  const targets = delegation.targets.filter((target) => host === null || target.host === host);
  const bySrv = prove("dna-srv", { ...UNASKED, ...question, delegation: { ...delegation, targets } }, timing);
  if (bySrv instanceof Proof) return bySrv;
  // The certificate is right and only the signature is missing: say that rather than "wrong name".
  return bySrv === "dns.insecure" && targets.some((target) => carries(question, target.host))
    ? "dns.insecure"
    : "tls.names";
}

function carries({ certificate }: EndpointQuestion, host: string): boolean {
  return matchesName(serverNames(certificate), host);
}
