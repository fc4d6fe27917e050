/** Finds what the web server of a domain says of certificates: redirects, one reference, a document. protocol.md 3.6. */
import type { Cause } from "../facts/cause.ts";
import type { TargetAddresses } from "../facts/delegation.ts";
import type { HttpsAnswer, HttpsGet } from "../facts/https.ts";
import type { PoshEvidence } from "../facts/posh.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import { type WebAddress, webAddress } from "./address.ts";
import { parseDocument, type PoshDocument } from "./document.ts";

export interface PoshLimits {
  readonly poshBytes: number;
  /** On the whole way, with a reference in it. */
  readonly poshRedirects: number;
  readonly poshTimeoutMs: number;
}

/** How the network is asked. Both only throw the signal's reason. */
export interface Web {
  /** Filtered as those of SRV targets are. */
  addresses(host: string): Promise<TargetAddresses>;
  get(request: HttpsGet): Promise<HttpsAnswer>;
  now(): number;
}

const PATH = "/.well-known/posh/xmpp-server.json";
const MAX_LIFETIME_S = 7 * 24 * 3600;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** No document. */
type Missing = PoshEvidence & { readonly found: false };

type Valid = Exclude<PoshDocument, { readonly is: "invalid" }>;

/** It only throws the signal's reason. */
export async function findPosh(domain: Domain, limits: PoshLimits, web: Web): Promise<PoshEvidence> {
  const way = new Way(limits, web);
  const start = webAddress(`https://${toAscii(domain)}${PATH}`);
  if (start === null) return missing("posh.absent", "the domain is no host name", false);
  const first = await way.document(start);
  if (!("is" in first)) return first;
  if (first.is === "fingerprints") return evidence(first, first.expires, way, web);
  const there = webAddress(first.url);
  if (there === null) return invalid(`its url is no https: address of a host: ${first.url}`);
  const second = await way.document(there);
  if (!("is" in second)) return second;
  // RFC 7711 3.2: once.
  if (second.is === "reference") return invalid("its url leads to another reference");
  return evidence(second, Math.min(first.expires, second.expires), way, web);
}

function evidence(
  { fingerprints }: Valid & { readonly is: "fingerprints" },
  expires: number,
  { last }: Way,
  web: Web,
): PoshEvidence {
  const expiresAt = web.now() + Math.min(expires, MAX_LIFETIME_S) * 1000;
  return { found: true, fingerprints, expiresAt, url: last };
}

/** All requests for one domain. */
class Way {
  readonly #limits: PoshLimits;
  readonly #web: Web;
  #redirects = 0;
  #last = "";

  constructor(limits: PoshLimits, web: Web) {
    this.#limits = limits;
    this.#web = web;
  }

  /** Where we were sent at last. */
  get last(): string {
    return this.#last;
  }

  async document(start: WebAddress): Promise<Valid | Missing> {
    for (let at = start;;) {
      const answer = await this.#get(at);
      if ("found" in answer) return answer;
      const { status, location, body } = answer;
      if (!REDIRECTS.includes(status) || location === null) return read(status, body);
      const next = webAddress(location, at.url);
      if (next === null) return invalid(`a redirect leads to no https: address of a host: ${location}`);
      if (++this.#redirects > this.#limits.poshRedirects) return invalid("too many redirects");
      at = next;
    }
  }

  async #get(at: WebAddress): Promise<Exclude<HttpsAnswer, { readonly error: unknown }> | Missing> {
    this.#last = at.url;
    const { addresses, cause } = await this.#web.addresses(at.host);
    if (addresses.length === 0) return missing("posh.unreachable", `${at.host}: ${cause}`, true);
    const { poshTimeoutMs: timeoutMs, poshBytes: maxBytes } = this.#limits;
    const { host, port, path } = at;
    const request = { host, port, path, addresses, timeoutMs, maxBytes, nowMs: this.#web.now() };
    const answer = await this.#web.get(request);
    if (!("error" in answer)) return answer;
    const why = `${at.url}: ${answer.error}: ${answer.why}`;
    return answer.error === "too-large" ? invalid(why) : missing("posh.unreachable", why, true);
  }
}

function read(status: number, body: string | null): Valid | Missing {
  if (status === 404) return missing("posh.absent", null, false);
  if (body === null) return missing("posh.unreachable", `the web server answers ${status}`, true);
  const document = parseDocument(body);
  return document.is === "invalid" ? invalid(document.why) : document;
}

function invalid(why: string): Missing {
  return missing("posh.invalid", why, false);
}

/** Some of it is the web server's own words. */
const MAX_WORDS = 300;

function missing(cause: Cause, why: string | null, passing: boolean): Missing {
  return { found: false, passing, cause, why: why?.slice(0, MAX_WORDS) ?? null };
}
