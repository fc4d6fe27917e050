/** Where the chain of trust to an answer breaks, and how: the detail of a bogus answer. console.md 3.5; RFC 8914. */
import type { ShownLink } from "../facts/chain.ts";
import type { Detail } from "../facts/event.ts";

type Fields = Readonly<Record<string, Detail | undefined>>;

/** As a lookup stands in `delegation.resolved`. */
export interface ShownLookup {
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly security: string;
  readonly why: string | null;
  readonly chain: readonly ShownLink[];
  readonly steps: readonly ShownLink[];
}

/** The codes of RFC 8914 4 that a validator gives for what it sees. */
const EDE = {
  bogus: { code: 6, text: "DNSSEC Bogus" },
  expired: { code: 7, text: "Signature Expired" },
  early: { code: 8, text: "Signature Not Yet Valid" },
  missing: { code: 10, text: "RRSIGs Missing" },
} as const;

/** Every link down to the answer; behind the one that breaks none is reached. */
export function linksTo(
  { name, type, security, why, steps }: ShownLookup,
  trust: readonly ShownLink[],
): ShownLink[] {
  const last = trust.at(-1);
  if (security !== "bogus") return [...trust, ...steps];
  const reached = last === undefined || last.security === "secure";
  const answer = steps.length > 0 ? steps : [{ zone: name, role: type, security: "bogus" }];
  return [
    ...trust,
    ...answer.map((step) =>
      reached ? { ...step, ...(step.security === "bogus" ? { why } : {}) } : {
        ...step,
        security: "unreached",
      }
    ),
  ];
}

/**
 * The link that breaks. The resolver is asked not to validate (CD), so that it gives no code of its own: `ede` is what
 * a validator's answer to a client would carry.
 */
export function brokenLink(links: readonly ShownLink[], now: number): Detail {
  const at = links.findIndex(({ security }) => security === "bogus");
  if (at < 0) return null;
  const link = links[at] as Fields;
  const { zone = null, role = "DNSKEY", why = null, signer, beginsAt = null, expiresAt = null } = link;
  // Of what nobody signed, the zone that the walk ended in.
  const above = link.role === undefined || at === 0 ? zone : links[at - 1]!.zone ?? zone;
  return {
    zone: signer ?? above,
    record: `${zone} ${role}`,
    ...first("keyTag", link.keyTags),
    ...first("algorithm", link.algorithms),
    beginsAt,
    expiresAt,
    now: new Date(now).toISOString(),
    ede: edeOf(link, now),
    why,
  };
}

function edeOf({ beginsAt, expiresAt, keyTags, role }: Fields, now: number): Detail {
  if (typeof expiresAt === "string" && Date.parse(expiresAt) <= now) return EDE.expired;
  if (typeof beginsAt === "string" && Date.parse(beginsAt) > now) return EDE.early;
  const unsigned = Array.isArray(keyTags) && keyTags.length === 0 && role !== undefined;
  return unsigned ? EDE.missing : EDE.bogus;
}

function first(key: string, values: Detail | undefined): { [key: string]: Detail } {
  return { [key]: Array.isArray(values) ? values[0] ?? null : null };
}
