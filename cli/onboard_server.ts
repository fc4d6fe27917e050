/** What a provider publishes of the server that it onboards customers to, and whether it is there. console.md 3.5 `--onboard`; RFC 6698. */
import { isIP, isIPv6 } from "node:net";
import { findAddresses } from "../dnssec/addresses.ts";
import type { Ask } from "../dnssec/resolver.ts";
import { findTlsa, type Naming } from "../dnssec/tlsa.ts";
import type { TargetAddresses } from "../facts/delegation.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import type { CheckParts } from "./check_parts.ts";

export interface OnboardServer {
  readonly name: Domain;
  /** In presentation format. TLSA is among them where the configuration is this server's: its key is known then. */
  readonly records: readonly string[];
  readonly security: TargetAddresses["security"];
  /** The address and TLSA records that are there. */
  readonly found: readonly string[];
  /** Why no customer can be reached there, in words, or null. TLSA is never missing: an authority's certificate will do. */
  readonly missing: string | null;
}

/** It stands in its own zone, whoever delegates to it. */
const ITSELF: Naming = { security: "secure", ttlMs: Infinity, signedUntil: null };
const ANY: readonly string[] = ["0.0.0.0", "::"];

export async function lookAtServer(name: Domain, port: number, parts: CheckParts): Promise<OnboardServer> {
  const host = toAscii(name);
  const ask: Ask = (...asked) => parts.resolver.lookup(...asked);
  // As peers see it: what this machine's own configuration puts in place of DNS does not count.
  const addresses = await findAddresses(host, { hosts: new Map(), allowPrivateAddresses: true }, ask);
  const { records } = await findTlsa({ host, port }, ITSELF, addresses, ask);
  const there = addresses.addresses.map(typed);
  const tlsa = records.map(({ usage, selector, matching, data }) =>
    `TLSA ${usage} ${selector} ${matching} ${data}`
  );
  const own = isOurs(name, parts) ? ownRecords(parts) : { addresses: [], tlsa: [] };
  const expected = there.length > 0 ? there : own.addresses.length > 0 ? own.addresses : ["A ADDRESS"];
  return {
    name,
    records: [
      ...expected.map((record) => `${host}. 3600 IN ${record}`),
      ...(own.tlsa.length > 0 ? own.tlsa : tlsa).map((record) => `_${port}._tcp.${host}. 3600 IN ${record}`),
    ],
    security: addresses.security,
    found: [...there, ...tlsa],
    missing: whatIsMissing(host, addresses),
  };
}

const typed = (address: string) => `${isIPv6(address) ? "AAAA" : "A"} ${address}`;

const isOurs = (name: Domain, { config }: CheckParts) => config.server.names[0] === name;

function ownRecords({ config, identities }: CheckParts) {
  const own = config.listen.s2s.map(({ host }) => host).filter((host) =>
    isIP(host) !== 0 && !ANY.includes(host)
  );
  const [shown] = identities.facts; // the default: that of the first name
  return { addresses: own.map(typed), tlsa: shown === undefined ? [] : [`TLSA 3 1 1 ${shown.spkiSha256}`] };
}

function whatIsMissing(host: string, { security, addresses, cause }: TargetAddresses): string | null {
  if (security === "bogus") return `DNSSEC of ${host} is broken, so none of its addresses is believed`;
  if (addresses.length > 0) return null;
  return cause === "dns.no-address"
    ? `${host} has no address: its provider must publish one`
    : `DNS did not answer for ${host} (${cause})`;
}
