/** What was read lately, and what was not there: a domain's web server is asked no more often than it wants. protocol.md 3.6. */
import { BoundedMap } from "../bounded/map.ts";
import type { PoshEvidence } from "../facts/posh.ts";
import type { Domain } from "../xmpp/domain.ts";

const NEGATIVE_MS = 5 * 60_000;
/** Beyond it the oldest is forgotten. */
const MAX_DOMAINS = 2000;

export class PoshCache {
  readonly #known = new BoundedMap<Domain, { readonly evidence: PoshEvidence; readonly until: number }>(
    MAX_DOMAINS,
  );

  get(domain: Domain, now: number): PoshEvidence | null {
    const known = this.#known.get(domain);
    return known !== undefined && now < known.until ? known.evidence : null;
  }

  put(domain: Domain, evidence: PoshEvidence, now: number): void {
    this.#known.set(domain, { evidence, until: evidence.found ? evidence.expiresAt : now + NEGATIVE_MS });
  }
}
