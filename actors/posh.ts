/** Fetches POSH documents on behalf of requests and re-checks: in time, within a budget, from a cache. protocol.md 3.6, 10. */
import type { TargetAddresses } from "../facts/delegation.ts";
import type { Detail } from "../facts/event.ts";
import type { PoshEvidence } from "../facts/posh.ts";
import { PoshCache } from "../posh/cache.ts";
import { findPosh } from "../posh/find.ts";
import type { Domain } from "../xmpp/domain.ts";
import type { ServerContext } from "./context.ts";
import type { Asking } from "./evidence.ts";

type Addresses = (host: string, asking: Asking) => Promise<TargetAddresses>;

export class PoshDesk {
  readonly #server: ServerContext;
  readonly #addresses: Addresses;
  readonly #cache = new PoshCache();

  constructor(server: ServerContext, addresses: Addresses) {
    this.#server = server;
    this.#addresses = addresses;
  }

  /** What fails is in the evidence; it only rejects with the signal's reason. */
  async find(domain: Domain, asking: Asking): Promise<PoshEvidence> {
    const { clock } = this.#server.host;
    const known = asking.fresh ? null : this.#cache.get(domain, clock.now());
    if (known !== null) return known;
    // LIM-13: what a request may not cost says nothing about the domain, so it is not remembered.
    if (asking.budget?.take("https") === false) return BEYOND_BUDGET;
    const started = clock.now();
    const evidence = await this.#fetch(domain, asking);
    this.#cache.put(domain, evidence, clock.now());
    this.#server.host.tell({
      type: "posh.resolved",
      ...asking.about,
      detail: { domain, ...describe(evidence), elapsedMs: clock.now() - started },
      ...(evidence.found ? {} : { cause: evidence.cause }),
    });
    return evidence;
  }

  /** All of it, redirects and reference and addresses, in one time. */
  async #fetch(domain: Domain, asking: Asking): Promise<PoshEvidence> {
    const { config: { limits }, host: { clock }, resolver, trust } = this.#server;
    const late = new AbortController();
    const timer = clock.setTimeout(() => late.abort(LATE), limits.poshTimeoutMs);
    const signal = asking.signal ? AbortSignal.any([asking.signal, late.signal]) : late.signal;
    try {
      return await findPosh(domain, limits, {
        addresses: (host) => this.#addresses(host, { ...asking, signal }),
        get: (request) => resolver.get(request, trust.handle, signal),
        now: () => clock.now(),
      });
    } catch (error) {
      if (error === LATE) return TOO_LATE;
      throw error;
    } finally {
      clock.clearTimeout(timer);
    }
  }
}

/** One for all: making an error costs a stack. */
const LATE = new Error("the POSH document was not there in time");

const TOO_LATE: PoshEvidence = {
  found: false,
  passing: true,
  cause: "posh.unreachable",
  why: "it did not arrive within limits.posh_timeout",
};

const BEYOND_BUDGET: PoshEvidence = {
  found: false,
  passing: true,
  cause: "limit.work",
  why: "no more is fetched for one request",
};

function describe(evidence: PoshEvidence): { [key: string]: Detail } {
  if (!evidence.found) return { why: evidence.why };
  const { url, fingerprints, expiresAt } = evidence;
  return { url, fingerprints: fingerprints.length, expires: new Date(expiresAt).toISOString() };
}
