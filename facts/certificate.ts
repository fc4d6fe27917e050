/** What a TLS handshake showed of the peer. RFC 6125, RFC 9525; protocol.md 6.5, 6.6. */
import type { Cause } from "./cause.ts";

/** A name that a certificate presents, A-labels in lower case; only `dns` may start with `*.` (protocol.md 6.5). */
export interface Identifier {
  readonly kind: "dns" | "srv" | "xmpp";
  readonly name: string;
}

/** What TLSA records and POSH documents are compared with, lower-case hex. */
export interface Digests {
  /** Over the DER certificate. */
  readonly sha256: string;
  readonly sha512: string;
  /** Over its SubjectPublicKeyInfo. */
  readonly spkiSha256: string;
  readonly spkiSha512: string;
}

/** A certificate that the peer sent behind its own, or that a TLSA record publishes whole, as an anchor (RFC 7671 5.2). */
export interface ChainAnchor extends Digests {
  /** The earliest end of validity from the leaf up to and with it; null where the leaf does not lead to it. */
  readonly until: number | null;
  /** An authority on the way is bound to certain names: only the DNS names of the leaf count (RFC 9525 6.1). */
  readonly dnsNamesOnly: boolean;
}

/** A stapled OCSP response (RFC 6960) of the authority that issued an accepted certificate: until when it says good, or why it says nothing. */
export type Stapled = { readonly goodUntil: number } | { readonly nothing: string };

/** What a certificate says. Times are milliseconds since the epoch. */
export interface CertificateFacts extends Digests {
  readonly identifiers: readonly Identifier[];
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: number;
  /** The earliest end of validity along an accepted chain, else the leaf's own. */
  readonly notAfter: number;
  /** The certificates that came behind it, in their order. */
  readonly chain: readonly ChainAnchor[];
  /** Null where none came, or the chain is not accepted. */
  readonly stapled: Stapled | null;
}

/** The peer's certificate as judged by its chain alone; names are judged by the prooftypes. */
export type PeerCertificate =
  | { readonly state: "absent" }
  | { readonly state: "accepted"; readonly facts: CertificateFacts }
  | { readonly state: "refused"; readonly cause: Cause; readonly facts: CertificateFacts | null };

/** A finished TLS handshake. */
export interface TlsFacts {
  readonly version: "TLSv1.2" | "TLSv1.3";
  readonly cipher: string;
  /** The key exchange, as IANA names it. */
  readonly group: string;
  /** From when it was begun. */
  readonly handshakeMs: number;
  readonly alpn: string | null;
  /** The SNI that was sent (initiating) or received (receiving). */
  readonly sni: string | null;
  readonly peer: PeerCertificate;
  /** What we showed: the first DNS name of our certificate, null when none. */
  readonly own: string | null;
}
