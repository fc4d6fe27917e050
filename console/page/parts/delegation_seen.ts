/** What DNS said of who acts for a domain, as an event or an explanation tells it, for a card. */
import type { Detail } from "../../../facts/event.ts";
import { value } from "../format.ts";
import type { Seen } from "./proof_cards.tsx";

type Fields = Readonly<Record<string, Detail>>;

const list = (detail: Detail | undefined): readonly Detail[] => Array.isArray(detail) ? detail : [];
const words = (detail: Detail | undefined): string | null => typeof detail === "string" ? detail : null;

/** @param proves Whether a proof stands on it. */
export function delegationSeen(detail: Fields, at: string | null, proves: boolean): Seen {
  const lookups = list(detail.lookups) as readonly Fields[];
  // `_xmpp-server` comes first and decides; an answer of the other name may be all that has a chain.
  const srv = lookups[0]?.security === "bogus"
    ? lookups[0]
    : lookups.find(({ chain }) => list(chain).length > 0) ?? lookups[0];
  return {
    domain: value(detail.domain),
    security: value(detail.security),
    links: srv === undefined ? [] : linksOf(srv, list(detail.trust)),
    why: words(detail.why) ?? words(srv?.why),
    at,
    proves,
  };
}

/** The server's walk down to where it breaks, where there is one; then the answer, step by step. */
function linksOf({ name, type, security, why, chain, steps }: Fields, trust: readonly Detail[]): Detail[] {
  const zones = trust.length > 0 ? trust : list(chain), records = list(steps);
  if (zones.length === 0) return [];
  if (security !== "bogus") return [...zones, ...records];
  const unheld = [{ zone: name ?? "?", role: type ?? "?" }];
  const held = records.length > 0 ? records as readonly Fields[] : unheld;
  return [...zones, ...held.map((record) => ({ ...record, security: "bogus", why: why ?? null }))];
}
