/** Prooftypes by calling back: `samecert`, `dialback-dnssec`, `dialback`. XEP-0220, XEP-0344; protocol.md 3.7. */
import type { Callback } from "../facts/callback.ts";
import type { CertificateFacts } from "../facts/certificate.ts";
import { factsOf, outOfDate } from "./certificate.ts";
import type { Evidence, Finding, Judge } from "./judge.ts";
import { matchesName, namesOf } from "./names.ts";

/** The domain's own server said yes, and nobody without its route could have said it. */
export const dialbackDnssec: Judge = {
  prooftype: "dialback-dnssec",
  judge({ callback }: Evidence): Finding {
    const answered = confirmed(callback);
    if (answered === null) return unconfirmed(callback);
    const signed = answered.security === "secure" && answered.secure;
    return signed ? finding(answered, null) : { holds: false, cause: "dns.insecure" };
  },
};

export const dialback: Judge = {
  prooftype: "dialback",
  judge({ callback }: Evidence): Finding {
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

function unconfirmed(callback: Callback | null): Finding {
  return { holds: false, cause: callback?.cause ?? "proof.none" };
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
