/** The peer's claim to a domain on one connection: how it is judged, now and at every re-check. protocol.md 3.2, 3.9. */
import type { Callback } from "../facts/callback.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { PairPolicy } from "../policy/admission.ts";
import { weakest } from "../dnssec/delegation.ts";
import { takesCleartext } from "../policy/cleartext.ts";
import { decide, type Verdict } from "../policy/decide.ts";
import { targetsBy } from "../policy/delegation.ts";
import { samecert } from "../policy/dialback.ts";
import { endpoint } from "../policy/endpoint.ts";
import type { HeaderMode } from "../policy/header.ts";
import { type Endpoint, type Reached, UNASKED } from "../policy/judge.ts";
import { matchesName } from "../policy/names.ts";
import type { DialbackRequest } from "../xmpp/dialback.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import { site } from "../xmpp/network.ts";
import { Budget } from "./budget.ts";
import { collect, type Fetchers, type Found } from "./collector.ts";
import type { ServerContext } from "./context.ts";
import type { Asking } from "./evidence.ts";
import type { S2sShell } from "./s2s_stream.ts";
import type { Passage } from "./turnstile.ts";

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
      certificate: this.#shell.certificateUnder(found.tlsa),
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
      ...certificateEvidence(this.#server, this.#pair.remote, this.#asking(terms)),
      callback: (found, signal) => this.#callBack(found, terms.budget ?? new Budget(), signal),
    };
  }

  /** Fetches what is needed, in the turn of the peer that claims (protocol.md 10). */
  collected(
    budget: Budget,
    wanted: () => boolean,
    over: AbortSignal,
  ): Promise<Passage<Awaited<ReturnType<typeof collect>>>> {
    const fetchers = this.fetchers({ budget });
    const work = () => collect((found) => this.judge(found), fetchers, wanted, over);
    return this.#server.evidence.onBehalfOf(this.#shell.asPeer(), wanted, work);
  }

  #asking(terms: Terms): Asking {
    return { ...terms, about: { connection: this.#shell.id, pair: this.#pair } };
  }

  /** Asks the authoritative server of the sender domain (7.2, step 2). */
  #callBack(found: Found, budget: Budget, signal: AbortSignal): Promise<Callback> {
    const { verifications, host } = this.#server;
    const delegation = found.delegation!;
    const spares = (callback: Callback) => {
      const [domain, certificate, now] = [this.#pair.remote, this.#shell.peerCertificate, host.clock.now()];
      return samecert.judge({ ...UNASKED, domain, certificate, callback, now }).holds;
    };
    const tls = takesCleartext(this.policy()) ? "offered" : "required";
    const [pair, request, streamId] = [this.#pair, this.#request!, this.#streamId];
    return verifications.verify({
      pair,
      asker: site(this.#shell.connection.peer.ip),
      request,
      streamId,
      spares,
      delegation,
      tlsa: found.tlsa ?? [],
      tls,
      budget,
    }, signal);
  }
}

/** Our own claim that the peer of a connection speaks for a domain that we send to (I-4, I-10). */
export class EndpointClaim implements Claim {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #pair: DomainPair;
  readonly #mode: HeaderMode;

  constructor(
    server: ServerContext,
    shell: S2sShell,
    pair: DomainPair,
    mode: HeaderMode = shell.row.mode ?? "classic",
  ) {
    this.#server = server;
    this.#shell = shell;
    this.#pair = pair;
    this.#mode = mode;
  }

  judge(found: Found): Verdict {
    const { row, dialled } = this.#shell;
    return endpoint({
      ...found,
      domain: this.#pair.remote,
      certificate: this.#shell.certificateUnder(found.tlsa),
      reached: this.#reached(found.delegation),
      // Who is dialled has to be that target; of a connection that is there any target counts (I-4, I-10).
      host: row.state === "established" ? null : dialled?.host ?? null,
      mode: this.#mode,
      dialled: dialled !== null,
      policy: this.policy(),
      now: this.#server.host.clock.now(),
      timing: this.#server.timing(),
    });
  }

  /** TF-9 speaks of the machine that DNS led to, not of one that is there for somebody else, or that a peer led to. */
  #reached(delegation: Delegation | null): Reached | null {
    const { dialled, row, connection } = this.#shell;
    if (dialled === null || delegation === null || dialled.domain !== this.#pair.remote) return null;
    if (dialled.redirected) return null;
    const { host, port } = dialled;
    const encrypted = connection.tls !== null;
    return { host, port, security: weakest([delegation, dialled]), encrypted, streamId: row.streamId };
  }

  policy(): PairPolicy {
    return this.#server.policyFor(this.#pair);
  }

  fetchers(terms: Terms): Fetchers {
    const { evidence } = this.#server;
    const asking: Asking = { ...terms, about: { connection: this.#shell.id, pair: this.#pair } };
    return {
      ...certificateEvidence(this.#server, this.#pair.remote, asking),
      tlsa: ({ delegation }, signal) =>
        evidence.tlsa(delegation!, { ...asking, signal }, this.#endpoints(delegation!)),
    };
  }

  /** Whose TLSA records speak of this peer: the machine that we dialled, and those whose names are proven to be its own. */
  #endpoints(delegation: Delegation): readonly Endpoint[] {
    const { dialled, row } = this.#shell;
    if (delegation.service === "absent") return dialled === null ? [] : [dialled];
    return targetsBy(delegation, "secure").filter(({ host, port }) =>
      (dialled?.host === host && dialled.port === port) || matchesName(row.serverNames, host)
    );
  }
}

/** What certificate-based prooftypes rest on; nobody is called back. */
function certificateEvidence({ evidence }: ServerContext, domain: Domain, asking: Asking): Fetchers {
  return {
    delegation: (_, signal) => evidence.delegation(domain, { ...asking, signal }),
    tlsa: ({ delegation }, signal) => evidence.tlsa(delegation!, { ...asking, signal }),
    posh: (_, signal) => evidence.posh(domain, { ...asking, signal }),
    callback: () => Promise.reject(new Error(`Nobody is called back for ${domain}`)),
  };
}
