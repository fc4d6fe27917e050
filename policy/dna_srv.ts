/** Prooftype `dna-srv`: a signed SRV record names a host of the peer's certificate. dna-01 3; protocol.md 3.5. */
import type { Cause } from "../facts/cause.ts";
import { linksOf } from "../facts/chain.ts";
import type { CertificateFacts } from "../facts/certificate.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import type { Security } from "../facts/dns.ts";
import { namesNobody, targetsBy } from "./delegation.ts";
import type { Evidence, Finding, Judge } from "./judge.ts";
import { matchesName, serverNames } from "./names.ts";
import { acceptedNow } from "./pkix.ts";

export const dnaSrv: Judge = {
  prooftype: "dna-srv",
  judge: (evidence) => judge(evidence, "secure"),
};

/** The same over a verified unsigned delegation: worth as much as plain DNS (DNA-67, DNA-68; A-21). */
export const dnaSrvInsecure: Judge = {
  prooftype: "dna-srv-insecure",
  judge: (evidence) => judge(evidence, "insecure"),
};

function judge({ certificate, delegation, now }: Evidence, wanted: "secure" | "insecure"): Finding {
  const facts = acceptedNow(certificate, now);
  if (typeof facts === "string") return { holds: false, cause: facts };
  if (delegation === null) return { holds: false, cause: "proof.none" };
  const missing = lacks(delegation, wanted, now);
  if (missing !== null) return { holds: false, cause: missing };
  const names = serverNames(certificate);
  const target = targetsBy(delegation, wanted).find(({ host }) => matchesName(names, host));
  if (target === undefined) return { holds: false, cause: "proof.delegation" };
  return finding(delegation, target, facts, wanted);
}

/** Why the delegation cannot prove anything, whatever the certificate says. Only exactly `wanted` is enough. */
function lacks(delegation: Delegation, wanted: Security, now: number): Cause | null {
  const nobody = namesNobody(delegation);
  if (nobody !== null) return nobody;
  if (delegation.security !== wanted) return "dns.insecure";
  // RFC 4035 5.3.1: an answer is no longer secure once a signature over it has ended (DNS-21).
  if (wanted === "secure" && (delegation.signedUntil === null || now >= delegation.signedUntil)) {
    return "proof.expired";
  }
  return null;
}

const NOTHING = { chain: [] };

function finding(
  delegation: Delegation,
  { host, port }: Target,
  facts: CertificateFacts,
  security: Security,
): Finding {
  return {
    holds: true,
    target: { host, port },
    certificate: facts.sha256,
    streamId: null,
    certificateUntil: facts.notAfter,
    vouchedUntil: delegation.signedUntil,
    ttlMs: delegation.ttlMs,
    evidence: {
      target: host,
      security,
      ttlMs: delegation.ttlMs,
      signedUntil: delegation.signedUntil,
      notAfter: facts.notAfter,
      links: linksOf(delegation.lookups.find(({ records }) => records.length > 0) ?? NOTHING),
    },
  };
}
