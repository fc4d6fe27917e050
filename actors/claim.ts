/** The peer's claim to a domain on one connection: how it is judged, now and at every re-check. protocol.md 3.2, 3.9. */
import type { Callback } from "../facts/callback.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { PairPolicy } from "../policy/admission.ts";
import { ask, decide, type Verdict } from "../policy/decide.ts";
import { samecert } from "../policy/dialback.ts";
import { endpoint } from "../policy/endpoint.ts";
import type { DialbackRequest } from "../xmpp/dialback.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import { Budget } from "./budget.ts";
import type { Fetchers, Found } from "./collector.ts";
import type { ServerContext } from "./context.ts";
import type { Asking } from "./evidence.ts";
import type { S2sShell } from "./s2s_stream.ts";

/** `fresh` asks past our caches (3.9); the budget is that of the request on whose behalf it is asked (LIM-13). */
export type Terms = Pick<Asking, "fresh" | "budget">;

/** How a proof is found, and found again. */
export interface Claim {
  judge(found: Found): Verdict;
  /** What holds for the pair now; a reload may change it. */
  policy(): PairPolicy;
  fetchers(terms: Terms): Fetchers;
}

export class PeerClaim implements Claim {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #pair: DomainPair;
  /** What carried the key; null when nothing did (EXTERNAL). */
  readonly #request: DialbackRequest | null;
  /** That the key was made for: of our latest header when the request came (7.2). */
  readonly #streamId: string;

  constructor(server: ServerContext, shell: S2sShell, pair: DomainPair, request: DialbackRequest | null) {
    this.#server = server;
    this.#shell = shell;
    this.#pair = pair;
    this.#request = request;
    this.#streamId = shell.row.streamId ?? "";
  }

  /** BID-9: on a stream that we opened the peer chose the id, so a key proves nothing fresh there. */
  get #key(): boolean {
    const carried = this.#request !== null && this.#request.key !== "";
    return carried && this.#shell.row.direction === "in";
  }

  /** Of the live connection, at this moment (3.8). */
  judge(found: Found): Verdict {
    const { bindings, host } = this.#server;
    return decide({
      ...found,
      domain: this.#pair.remote,
      certificate: this.#shell.peerCertificate,
      key: this.#key,
      others: bindings.pairsOn(this.#shell.row) > 0,
      policy: this.policy(),
      now: host.clock.now(),
      timing: this.#server.timing(),
    });
  }

  policy(): PairPolicy {
    return this.#server.policyFor(this.#pair);
  }

  fetchers(terms: Terms): Fetchers {
    return {
      ...certificateEvidence(this.#server, this.#pair.remote, terms),
      callback: ({ delegation }, signal) => this.#callBack(delegation!, terms.budget ?? new Budget(), signal),
    };
  }

  /** Asks the authoritative server of the sender domain (7.2, step 2). */
  #callBack(delegation: Delegation, budget: Budget, signal: AbortSignal): Promise<Callback> {
    const { verifications, host } = this.#server;
    const { remote: domain } = this.#pair;
    const spares = (callback: Callback) => {
      const certificate = this.#shell.peerCertificate;
      const evidence = { domain, certificate, delegation, tlsa: null, posh: null, callback };
      return samecert.judge({ ...evidence, now: host.clock.now() }).holds;
    };
    const tls = this.policy().proof === "legacy" ? "offered" : "required";
    const [pair, request, streamId] = [this.#pair, this.#request!, this.#streamId];
    return verifications.verify({ pair, request, streamId, spares, delegation, tls, budget }, signal);
  }
}

/** Our own claim that the peer of a connection speaks for a domain that we send to (I-4, I-10). */
export class EndpointClaim implements Claim {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #pair: DomainPair;

  constructor(server: ServerContext, shell: S2sShell, pair: DomainPair) {
    this.#server = server;
    this.#shell = shell;
    this.#pair = pair;
  }

  judge({ delegation }: Found): Verdict {
    if (delegation === null) return ask("delegation");
    return endpoint({
      domain: this.#pair.remote,
      host: null,
      certificate: this.#shell.peerCertificate,
      delegation,
      now: this.#server.host.clock.now(),
      timing: this.#server.timing(),
    });
  }

  policy(): PairPolicy {
    return this.#server.policyFor(this.#pair);
  }

  fetchers(terms: Terms): Fetchers {
    return certificateEvidence(this.#server, this.#pair.remote, terms);
  }
}

/** What certificate-based prooftypes rest on; nobody is called back. */
function certificateEvidence({ evidence }: ServerContext, domain: Domain, terms: Terms): Fetchers {
  return {
    delegation: (_, signal) => evidence.delegation(domain, { ...terms, signal }),
    tlsa: ({ delegation }, signal) => evidence.tlsa(delegation!, { ...terms, signal }),
    posh: (_, signal) => evidence.posh(domain, { ...terms, signal }),
    callback: () => Promise.reject(new Error(`Nobody is called back for ${domain}`)),
  };
}
