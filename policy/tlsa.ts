/** Which TLSA records count. RFC 6698 4.1, RFC 7671 9 and 10.3; protocol.md 3.4, steps 5 and 6. */
import { Buffer } from "node:buffer";
import type { EndpointTlsa, TlsaRecord } from "../facts/tlsa.ts";

/** Hex digits of a digest; matching type 0 has whatever length the certificate has. */
const DIGEST_LENGTH: Readonly<Record<number, number>> = { 1: 64, 2: 128 };

/**
 * The records that can be used, and of each usage and selector only the strongest digest beside exact data.
 *
 * RFC 7671 9: a weak digest that matches must not help where a strong one is published and does not.
 */
export function strongest(records: readonly TlsaRecord[]): readonly TlsaRecord[] {
  const known = records.filter(isUsable);
  return known.filter((record) =>
    record.matching !== 1 ||
    !known.some(({ usage, selector, matching }) =>
      usage === record.usage && selector === record.selector && matching === 2
    )
  );
}

/** At most so many are tried: each costs signatures. */
const MAX_AUTHORITIES = 4;

/** The authorities that secure records hold whole (`2 0 0`), DER. RFC 7671 5.2.2. */
export function publishedAuthorities(endpoints: readonly EndpointTlsa[]): readonly Uint8Array<ArrayBuffer>[] {
  return endpoints
    .filter(({ security }) => security === "secure")
    .flatMap(({ records }) => strongest(records))
    .filter(({ usage, selector, matching }) => usage === 2 && selector === 0 && matching === 0)
    .slice(0, MAX_AUTHORITIES)
    .map(({ data }) => Uint8Array.from(Buffer.from(data, "hex")));
}

/** RFC 7671 10.3. Usage 0 is optional in protocol.md 3.4 and not supported. */
function isUsable({ usage, selector, matching, data }: TlsaRecord): boolean {
  if (usage < 1 || usage > 3 || selector > 1 || matching > 2) return false;
  const digits = DIGEST_LENGTH[matching];
  return digits === undefined ? data.length > 0 : data.length === digits;
}
