/** The policies of one configuration, asked pair by pair. protocol.md 3.2, I-1, Q6. */
import type { HostedDomain, TenantPolicy } from "../config/config.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import {
  type AdmissionSettings,
  type Effective,
  effectivePolicy,
  INHERITS,
  type PairPolicy,
  pairPolicy,
  type Refusal,
  refusal,
} from "./admission.ts";
import { takesCleartext } from "./cleartext.ts";

export class Policies {
  readonly #settings: AdmissionSettings;
  readonly #tenants: ReadonlyMap<Domain, TenantPolicy>;

  constructor(settings: AdmissionSettings, domains: readonly Pick<HostedDomain, "name" | "policy">[]) {
    this.#settings = settings;
    this.#tenants = new Map(domains.map(({ name, policy }) => [name, policy]));
  }

  of(pair: DomainPair): PairPolicy {
    return pairPolicy(this.#settings, pair, this.#tenant(pair));
  }

  /** The same with whose word each value is. */
  effective(pair: DomainPair): Effective {
    return effectivePolicy(this.#settings, pair, this.#tenant(pair));
  }

  /**
   * Whether a stream between the two may do without TLS: who is not named (null) is nobody's peer, nobody's tenant.
   *
   * That lets no pair pass: each is asked about by itself (Q3), also one with other names than the header's.
   */
  takesCleartext(local: Domain | null, remote: Domain | null): boolean {
    const tenant = local === null ? INHERITS : this.#tenants.get(local) ?? INHERITS;
    return takesCleartext(pairPolicy(this.#settings, { remote }, tenant));
  }

  /** Null when the pair may federate. */
  refusal(pair: DomainPair): Refusal | null {
    return refusal(this.#settings, this.#tenant(pair), pair.remote);
  }

  #tenant({ local }: DomainPair): TenantPolicy {
    return this.#tenants.get(local) ?? INHERITS;
  }
}
