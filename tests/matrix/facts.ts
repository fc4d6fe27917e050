/** What the server would have learned of a cell: the evidence, as the wire, DNS and HTTPS would have brought it. */
import type { Callback } from "../../facts/callback.ts";
import type { PeerCertificate } from "../../facts/certificate.ts";
import type { Delegation } from "../../facts/delegation.ts";
import type { Security } from "../../facts/dns.ts";
import type { PoshEvidence } from "../../facts/posh.ts";
import type { EndpointTlsa } from "../../facts/tlsa.ts";
import {
  accepted,
  BOGUS,
  calledBack,
  DAY,
  delegated,
  dns,
  facts,
  hash,
  NO_CERTIFICATE,
  NO_SRV,
  NOW,
  POSH_MATCH,
  POSH_MISMATCH,
  POSH_NONE,
  published,
  SELF_SIGNED,
} from "../policy/fixtures.ts";
import { type Cell, collapse } from "./oracle.ts";

export const MACHINE = "xmpp1.originating.example";
export const DOMAIN = "sender.example";

export interface CellFacts {
  readonly certificate: PeerCertificate;
  readonly delegation: Delegation;
  readonly tlsa: readonly EndpointTlsa[];
  readonly posh: PoshEvidence;
  readonly callback: Callback;
}

export function factsOf(cell: Cell): CellFacts {
  const { cert, srv, tlsa, posh, key } = collapse(cell);
  return {
    certificate: CERTIFICATES[cert],
    delegation: DELEGATIONS[srv],
    tlsa: [endpointTlsa(srv, tlsa)],
    posh: POSH[posh],
    callback: calledBack(key === "good" ? "confirmed" : "refuted", { security: SECURITY[srv] }),
  };
}

const CERTIFICATES: Readonly<Record<Cell["cert"], PeerCertificate>> = {
  "none": NO_CERTIFICATE,
  "sender": accepted(DOMAIN),
  "srv-target": accepted(MACHINE),
  "other": accepted("third.example"),
  "self-signed": SELF_SIGNED,
  "expired": {
    state: "refused",
    cause: "tls.expired",
    facts: facts([dns(DOMAIN)], { notBefore: NOW - 9 * DAY, notAfter: NOW - DAY }),
  },
};

const DELEGATIONS: Readonly<Record<Cell["srv"], Delegation>> = {
  secure: delegated("secure", [MACHINE]),
  insecure: delegated("insecure", [MACHINE]),
  bogus: BOGUS,
  none: NO_SRV,
};

const SECURITY: Readonly<Record<Cell["srv"], Security>> = {
  secure: "secure",
  insecure: "insecure",
  bogus: "bogus",
  none: "secure",
};

const POSH: Readonly<Record<Cell["posh"], PoshEvidence>> = {
  none: POSH_NONE,
  match: POSH_MATCH,
  mismatch: POSH_MISMATCH,
};

/** 3.4, steps 1 to 4: below an SRV that is not secure nothing is asked, so nothing of the record set is known. */
function endpointTlsa(srv: Cell["srv"], tlsa: Cell["tlsa"]): EndpointTlsa {
  const host = srv === "none" ? DOMAIN : MACHINE;
  const security = SECURITY[srv];
  if (security !== "secure") return published([], { host, security, signedUntil: null });
  if (tlsa === "bogus") {
    return published([], { host, security: "bogus", signedUntil: null, cause: "dns.bogus" });
  }
  const authoritative = `3 1 1 ${hash("the key of the authoritative server", 256)}`;
  const own = `3 1 1 ${hash("key", 256)}`;
  const records = { none: [], mismatch: [authoritative], match: [authoritative, own] }[tlsa];
  return published(records, { host });
}
