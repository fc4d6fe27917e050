/** What carries the endpoint: a warning is for what somebody should mend soon, and not for what nothing stands on. console.md 3.5. */
import type { View } from "./stage.ts";

/** The proofs of a certificate; a call back proves none (protocol.md 3.1). */
const CARRIERS = ["dane", "pkix", "dna-srv", "dna-srv-insecure", "posh"] as const;

export interface Carrier {
  readonly prooftype: typeof CARRIERS[number];
  /** Of prooftype `dane`: usage, selector and matching type of the record that matched, "3 1 1". */
  readonly tlsa: string | null;
}

/** What proves the certificate that was shown, or null. */
export function carrierOf(view: View): Carrier | null {
  const { prooftype = null, tlsa = null } = view.of("endpoint.judged")?.detail ?? {};
  const carrier = CARRIERS.find((one) => one === prooftype);
  return carrier === undefined ? null : { prooftype: carrier, tlsa: tlsa as string | null };
}

/** Nothing more will be known of what carries it. */
export const isJudged = (view: View): boolean =>
  view.outcome !== null || view.of("endpoint.judged") !== undefined;

/** An authority's word is not asked for: a record or a file names the certificate. */
export const needsNoAuthority = ({ prooftype }: Carrier): boolean =>
  prooftype === "dane" || prooftype === "posh";

/** Signed DNS is not asked for: the certificate carries the domain's own name, or a file of its own names it. */
export const needsNoDnssec = ({ prooftype }: Carrier): boolean =>
  prooftype === "pkix" || prooftype === "posh";

/** RFC 7671 5.1: of DANE-EE neither names nor dates count. */
export const isByKeyAlone = ({ tlsa }: Carrier): boolean => tlsa?.startsWith("3") ?? false;
