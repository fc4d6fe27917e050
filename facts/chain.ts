/** What a DNS answer rests on, from the root's keys to the record, as evidence that can be shown. console.md 6 D3. */
import type { AnswerStep, ChainLink, Lookup } from "./dns.ts";
import type { Detail } from "./event.ts";

/** `role`: what the link does; the rest as in `facts/dns.ts`, times in RFC 3339. */
export type ShownLink = { readonly [key: string]: Detail };

const iso = (at: number | null): string | null => at === null ? null : new Date(at).toISOString();

export function showZone({ zone, security, keyTags, algorithms, beginsAt, expiresAt }: ChainLink): ShownLink {
  return { zone, security, keyTags, algorithms, beginsAt: iso(beginsAt), expiresAt: iso(expiresAt) };
}

export function showStep(step: AnswerStep): ShownLink {
  const { name, type, security, signer, keyTag, algorithm, beginsAt, expiresAt, target, wildcard } = step;
  return {
    zone: name,
    role: type,
    security,
    keyTags: keyTag === null ? [] : [keyTag],
    algorithms: algorithm === null ? [] : [algorithm],
    beginsAt: iso(beginsAt),
    expiresAt: iso(expiresAt),
    ...(signer === null ? {} : { signer }),
    ...(target === null ? {} : { target }),
    ...(wildcard ? { wildcard } : {}),
  };
}

/** Zones from the root on, then the answer step by step. */
export function linksOf({ chain, steps = [] }: Pick<Lookup, "chain" | "steps">): ShownLink[] {
  return [...chain.map(showZone), ...steps.map(showStep)];
}
