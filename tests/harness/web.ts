/** A web server over real HTTPS, that keeps who came; and what POSH documents say (RFC 7711). */
import { createHash, X509Certificate } from "node:crypto";
import type { Identity } from "../peer/wire.ts";

export const POSH_PATH = "/.well-known/posh/xmpp-server.json";

export type Answer = (url: URL) => Response | Promise<Response>;

export class WebServer implements AsyncDisposable {
  /** URLs in the order of the requests. */
  readonly visits: string[] = [];
  /** May be replaced in the middle of a scenario. */
  answer: Answer;
  readonly #server: Deno.HttpServer;

  /** @param identity Null: plaintext. */
  constructor(
    hostname: string,
    identity: Identity | null,
    answer: Answer,
    port = identity === null ? 80 : 443,
  ) {
    this.answer = answer;
    const tls = identity === null ? {} : { cert: identity.certificate, key: identity.key };
    this.#server = Deno.serve({ hostname, port, onListen() {}, ...tls }, ({ url }) => {
      this.visits.push(url);
      return this.answer(new URL(url));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Over the DER certificate, in base64. */
export function fingerprint({ certificate }: Identity, hash: "sha-256" | "sha-512" = "sha-256"): string {
  const { raw } = new X509Certificate(certificate);
  return createHash(hash.replace("-", "")).update(raw).digest("base64");
}

export const document = (identity: Identity, expires: unknown = 3600) => ({
  fingerprints: [{ "sha-256": fingerprint(identity) }],
  expires,
});

export const redirect = (location: string): Response =>
  new Response(null, { status: 302, headers: { location } });
