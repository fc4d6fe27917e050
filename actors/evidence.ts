/** Fetches what the judges look at: delegations and addresses, told as they come. protocol.md 5, 10. */
import type { Delegation, TargetAddresses } from "../facts/delegation.ts";
import type { Lookup } from "../facts/dns.ts";
import type { Detail } from "../facts/event.ts";
import { findAddresses } from "../dnssec/addresses.ts";
import { findDelegation } from "../dnssec/delegation.ts";
import type { Ask } from "../dnssec/resolver.ts";
import type { Domain } from "../xmpp/domain.ts";
import type { Budget } from "./budget.ts";
import type { ServerContext } from "./context.ts";
import { type Passage, Turnstile } from "./turnstile.ts";

export class Evidence {
  readonly #server: ServerContext;
  readonly #proofs: Turnstile;
  readonly #ask: Ask;

  constructor(server: ServerContext) {
    this.#server = server;
    this.#ask = (...question) => server.resolver.lookup(...question);
    this.#proofs = new Turnstile(() => {
      const { proofs, proofsWaiting } = server.config.limits;
      return { inside: proofs, waiting: proofsWaiting };
    });
  }

  /** The delegation of a remote domain. Never rejects: what fails is in the answer. `fresh` asks past our caches (3.9). */
  async delegation(
    domain: Domain,
    { fresh = false, budget }: { fresh?: boolean; budget?: Budget } = {},
  ): Promise<Delegation> {
    const { config, host } = this.#server;
    const started = host.clock.now();
    const delegation = await findDelegation(domain, config.dns, this.#within(budget), { fresh });
    host.tell({
      type: "delegation.resolved",
      detail: { ...describe(delegation), fresh, elapsedMs: host.clock.now() - started },
      ...(delegation.cause ? { cause: delegation.cause } : {}),
    });
    return delegation;
  }

  /** The same on behalf of a peer: bounded in all and per peer (protocol.md 10). */
  delegationFor(
    domain: Domain,
    peer: { address: string; proven: boolean },
    wanted: () => boolean,
    budget: Budget,
  ): Promise<Passage<Delegation>> {
    const { limits } = this.#server.config;
    const most = peer.proven ? limits.proofsPerAddress : limits.proofsPerAddressUnproven;
    // Proven and unproven peers of one address have limits of their own.
    const key = `${peer.address} ${peer.proven}`;
    return this.#proofs.run(key, most, wanted, () => this.delegation(domain, { budget }));
  }

  /** Where an SRV target listens, private addresses left out unless they are allowed. */
  async addresses(target: string, budget?: Budget): Promise<TargetAddresses> {
    const { config, host } = this.#server;
    const settings = { hosts: config.dns.hosts, allowPrivateAddresses: config.dial.allowPrivateAddresses };
    const found = await findAddresses(target, settings, this.#within(budget));
    host.tell({
      type: "addresses.resolved",
      level: "debug",
      detail: { host: target, security: found.security, addresses: found.addresses },
      ...(found.cause ? { cause: found.cause } : {}),
    });
    return found;
  }

  /** On behalf of a peer's request, never more than one request may cost. */
  #within(budget: Budget | undefined): Ask {
    return budget === undefined ? this.#ask : budget.limit(this.#ask);
  }
}

/** What log, events and the API show of a delegation. */
export function describe(delegation: Delegation): { [key: string]: Detail } {
  return {
    domain: delegation.domain,
    service: delegation.service,
    security: delegation.security,
    targets: delegation.targets.map(({ host, port, priority, weight, tls }) => ({
      host,
      port,
      priority,
      weight,
      tls,
    })),
    ttlMs: delegation.ttlMs,
    signedUntil: delegation.signedUntil === null ? null : new Date(delegation.signedUntil).toISOString(),
    why: delegation.why,
    lookups: delegation.lookups.map(describeLookup),
  };
}

function describeLookup(lookup: Lookup): Detail {
  return {
    name: lookup.name,
    type: lookup.type,
    status: lookup.status,
    security: lookup.security,
    witness: lookup.witness,
    why: lookup.why,
    chain: lookup.chain.map(({ zone, security, keyTags, algorithms, expiresAt }) => ({
      zone,
      security,
      keyTags,
      algorithms,
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    })),
  };
}
