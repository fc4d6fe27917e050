/** Prooftypes by calling back: `samecert`, `dialback-dnssec`, `dialback`. XEP-0220, XEP-0344; protocol.md 3.7. */
import type { Callback } from "../facts/callback.ts";
import type { CertificateFacts } from "../facts/certificate.ts";
import { factsOf, outOfDate } from "./certificate.ts";
import { toAscii } from "../xmpp/domain.ts";
import { dnsFailure } from "./delegation.ts";
import type { Evidence, Finding, Judge, Reached } from "./judge.ts";
import { matchesName, namesOf } from "./names.ts";

/** The domain's own server said yes, and nobody without its route could have said it. */
export const dialbackDnssec: Judge = {
  prooftype: "dialback-dnssec",
  judge({ callback, ...rest }: Evidence): Finding {
    const found = reached(rest);
    if (found !== null) return found.security === "secure" && found.encrypted ? foundBy(found) : UNSIGNED;
    const answered = confirmed(callback);
    if (answered === null) return unconfirmed(callback);
    return answered.security === "secure" && answered.secure ? finding(answered, null) : UNSIGNED;
  },
};

export const dialback: Judge = {
  prooftype: "dialback",
  judge({ callback, ...rest }: Evidence): Finding {
    const found = reached(rest);
    if (found !== null) return foundBy(found);
    const answered = confirmed(callback);
    return answered === null ? unconfirmed(callback) : finding(answered, null);
  },
};

/** XEP-0344: the domain's server shows the very certificate that the peer shows here, now, and it carries the domain. */
export const samecert: Judge = {
  prooftype: "samecert",
  judge({ domain, certificate, callback, now }: Evidence): Finding {
    if (callback === null || callback.outcome !== "same-certificate" || !isKnown(callback)) {
      return unconfirmed(callback);
    }
    const [ours, theirs] = [factsOf(certificate), factsOf(callback.certificate)];
    if (ours === null) return { holds: false, cause: "tls.no-certificate" };
    if (theirs === null || theirs.sha256 !== ours.sha256) return { holds: false, cause: "proof.none" };
    const dated = outOfDate(ours, now);
    if (dated !== null) return { holds: false, cause: dated };
    return matchesName(namesOf(ours), domain)
      ? finding(callback, ours)
      : { holds: false, cause: "tls.names" };
  },
};

function confirmed(callback: Callback | null): Callback | null {
  return callback?.outcome === "confirmed" && isKnown(callback) ? callback : null;
}

/** 5.7: what bogus or unknown DNS led to is no answer of the domain's server. */
function isKnown({ security }: Callback): boolean {
  return security === "secure" || security === "insecure";
}

const UNSIGNED: Finding = { holds: false, cause: "dns.insecure" };

function unconfirmed(callback: Callback | null): Finding {
  return { holds: false, cause: callback?.cause ?? "proof.none" };
}

interface Found extends Reached {
  readonly certificate: string | null;
}

/** TF-9: the delegation still names the machine that we dialled. */
function reached({ reached, delegation, certificate, domain }: Omit<Evidence, "callback">): Found | null {
  if (reached === null || delegation === null || dnsFailure(delegation) !== null) return null;
  const { host, port, security } = reached;
  const named = delegation.service === "absent"
    ? host === toAscii(domain)
    : delegation.targets.some((target) => target.host === host && target.port === port);
  if (!named || (security !== "secure" && security !== "insecure")) return null;
  return { ...reached, certificate: factsOf(certificate)?.sha256 ?? null };
}

/** Bound to what the machine showed, or where that is nothing to its stream. */
function foundBy({ host, port, security, encrypted, streamId, certificate }: Found): Finding {
  return {
    holds: true,
    target: { host, port },
    certificate,
    streamId: certificate === null ? streamId : null,
    certificateUntil: null,
    vouchedUntil: null,
    ttlMs: null,
    evidence: { server: host, port, security, encrypted, outcome: "reached" },
  };
}

/** Bound to the stream that the key was made for; by protocol nothing ends it (3.9). */
function finding(
  { server, security, secure, streamId, outcome }: Callback,
  shown: CertificateFacts | null,
): Finding {
  return {
    holds: true,
    target: server,
    certificate: shown?.sha256 ?? null,
    streamId,
    certificateUntil: shown?.notAfter ?? null,
    vouchedUntil: null,
    ttlMs: null,
    evidence: {
      server: server?.host ?? null,
      port: server?.port ?? null,
      security,
      encrypted: secure,
      outcome,
    },
  };
}
