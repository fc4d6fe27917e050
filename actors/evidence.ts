/** Fetches what the judges look at: delegations and addresses, told as they come. protocol.md 5, 10. */
import { isIP } from "node:net";
import { showStep, showZone } from "../facts/chain.ts";
import type { Delegation, TargetAddresses } from "../facts/delegation.ts";
import type { Lookup } from "../facts/dns.ts";
import type { Detail, Subject } from "../facts/event.ts";
import { type AddressSettings, findAddresses, literalAddress } from "../dnssec/addresses.ts";
import { findDelegation } from "../dnssec/delegation.ts";
import type { Ask, LookupOptions } from "../dnssec/resolver.ts";
import { findTlsa, type Naming } from "../dnssec/tlsa.ts";
import type { PoshEvidence } from "../facts/posh.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import { targetsBy } from "../policy/delegation.ts";
import type { Endpoint } from "../policy/judge.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import type { Budget } from "./budget.ts";
import type { ServerContext } from "./context.ts";
import { PoshDesk } from "./posh.ts";
import { type Passage, Turnstile } from "./turnstile.ts";

/** `fresh` asks past our caches (3.9). */
export interface Asking {
  readonly fresh?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** What the request may still cost that it is asked for; without one it is our own affair. */
  readonly budget?: Budget | undefined;
  /** In whose traces the answer stands. */
  readonly about?: Subject;
}

export class Evidence {
  readonly #server: ServerContext;
  readonly #proofs: Turnstile;
  readonly #posh: PoshDesk;

  constructor(server: ServerContext) {
    this.#server = server;
    this.#posh = new PoshDesk(server, (host, asking) => this.addresses(host, asking));
    this.#proofs = new Turnstile(() => {
      const { proofs, proofsWaiting } = server.config.limits;
      return { inside: proofs, waiting: proofsWaiting };
    });
  }

  /** The delegation of a remote domain. What fails is in the answer; it only rejects with the signal's reason. */
  async delegation(domain: Domain, asking: Asking = {}): Promise<Delegation> {
    const { config, host } = this.#server;
    const started = host.clock.now();
    const delegation = await findDelegation(domain, config.dns, this.#within(asking), options(asking));
    host.tell({
      type: "delegation.resolved",
      ...asking.about,
      detail: {
        ...describe(delegation),
        fresh: asking.fresh ?? false,
        elapsedMs: host.clock.now() - started,
      },
      ...(delegation.cause ? { cause: delegation.cause } : {}),
    });
    return delegation;
  }

  /** Work on behalf of a peer: bounded in all and per peer (protocol.md 10). */
  onBehalfOf<T>(
    peer: { address: string; proven: boolean },
    wanted: () => boolean,
    work: () => Promise<T>,
  ): Promise<Passage<T>> {
    const { limits } = this.#server.config;
    const most = peer.proven ? limits.proofsPerAddress : limits.proofsPerAddressUnproven;
    // Proven and unproven peers of one address have limits of their own.
    return this.#proofs.run(`${peer.address} ${peer.proven}`, most, wanted, work);
  }

  /** Where an SRV target listens, private addresses left out unless they are allowed. */
  async addresses(target: string, asking: Asking = {}): Promise<TargetAddresses> {
    if (this.#isConfigured(target)) return this.literalAddress(target, asking);
    const settings = this.#addressSettings;
    return this.#told(await findAddresses(target, settings, this.#within(asking), options(asking)), asking);
  }

  /** `dns.static` may name an address; SRV records never do (RFC 2782). */
  #isConfigured(target: string): boolean {
    return isIP(target) !== 0 &&
      [...this.#server.config.dns.static.values()].some(({ host }) => host === target);
  }

  /** The same for an address that a peer names in place of a host. */
  literalAddress(ip: string, asking: Asking): TargetAddresses {
    return this.#told(literalAddress(ip, this.#addressSettings), asking);
  }

  get #addressSettings(): AddressSettings {
    const { dns, dial } = this.#server.config;
    return { hosts: dns.hosts, allowPrivateAddresses: dial.allowPrivateAddresses };
  }

  #told(found: TargetAddresses, asking: Asking): TargetAddresses {
    this.#server.host.tell({
      type: "addresses.resolved",
      ...asking.about,
      // What the operator's own setting forbids has to be named where it is looked for first.
      level: found.cause === "tcp.forbidden" ? "info" : "debug",
      detail: {
        host: found.host,
        security: found.security,
        addresses: found.addresses,
        ...(found.forbidden === undefined ? {} : { forbidden: found.forbidden }),
      },
      ...(found.cause ? { cause: found.cause } : {}),
    });
    return found;
  }

  /** What the machines of a domain publish of their certificates (3.4): of the first few, so that it is bounded. */
  tlsa(
    delegation: Delegation,
    asking: Asking = {},
    endpoints: readonly Endpoint[] = endpointsOf(delegation),
  ): Promise<readonly EndpointTlsa[]> {
    return Promise.all(
      firstOf(endpoints).map(async ({ host, port }) => {
        const addresses = await this.addresses(host, asking);
        return await this.endpointTlsa(delegation, { host, port }, addresses, asking);
      }),
    );
  }

  /** The same of one endpoint whose addresses are known (3.4, outgoing). */
  async endpointTlsa(
    naming: Naming,
    endpoint: Endpoint,
    addresses: TargetAddresses,
    asking: Asking = {},
  ): Promise<EndpointTlsa> {
    const found = await findTlsa(endpoint, naming, addresses, this.#within(asking), options(asking));
    this.#server.host.tell({
      type: "tlsa.resolved",
      ...asking.about,
      level: "debug",
      detail: {
        host: endpoint.host,
        port: endpoint.port,
        security: found.security,
        records: found.records.map(({ usage, selector, matching }) => `${usage} ${selector} ${matching}`),
      },
      ...(found.cause ? { cause: found.cause } : {}),
    });
    return found;
  }

  /** Of a machine by its own name, whoever delegates to it. */
  async machineTlsa(host: string, asking: Asking = {}): Promise<EndpointTlsa> {
    const addresses = await this.addresses(host, asking);
    return await this.endpointTlsa(ITSELF, { host, port: S2S_PORT }, addresses, asking);
  }

  /** On behalf of a peer's request, never more than one request may cost. */
  #within({ budget, about }: Asking): Ask {
    const ask: Ask = async (...question) => {
      const lookup = await this.#server.resolver.lookup(...question);
      if (lookup.witness === "disagreed") this.#tellOfWitness(lookup, about);
      return lookup;
    };
    return budget === undefined ? ask : budget.limit(ask);
  }

  /** native.md 1: nobody's zone is broken by that; it is a bug in one of the two, or somebody found a way around one. */
  #tellOfWitness({ name, type, why }: Lookup, about: Subject = {}): void {
    this.#server.digest.tell(`dns.witness ${name}`, {
      type: "dns.witness",
      ...about,
      level: "warning",
      cause: "dns.witness",
      detail: { name, type, why },
    });
  }

  /** What the domain's own web server says of certificates. */
  posh(domain: Domain, asking: Asking = {}): Promise<PoshEvidence> {
    return this.#posh.find(domain, asking);
  }
}

/** protocol.md 0.2: of a name that no SRV gives another one (3.4, TF-4, R-7). */
const S2S_PORT = 5269;

/** A name that stands in no SRV is bounded by its own records alone. */
const ITSELF: Naming = { security: "secure", ttlMs: Infinity, signedUntil: null };

/** protocol.md 10: one request causes at most 8 address questions, and a target has two families. */
const MAX_ENDPOINTS = 4;

/** The endpoints whose TLSA records speak for a domain, at the ports that SRV names; without SRV the domain itself (3.4, TF-4). */
function endpointsOf(delegation: Delegation): readonly Endpoint[] {
  if (delegation.service === "absent") return [{ host: toAscii(delegation.domain), port: S2S_PORT }];
  return targetsBy(delegation, "secure");
}

function firstOf(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const each = endpoints.map(({ host, port }) => [`${host}:${port}`, { host, port }] as const);
  return [...new Map(each).values()].slice(0, MAX_ENDPOINTS);
}

function options({ fresh = false, signal }: Asking): LookupOptions {
  return { fresh, ...(signal ? { signal } : {}) };
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
    chain: lookup.chain.map(showZone),
    steps: (lookup.steps ?? []).map(showStep),
    ...(lookup.denial === undefined ? {} : { denial: lookup.denial }),
  };
}
