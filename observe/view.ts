/** What the API shows of a running server, and the few things it may ask of it. design.md 2.4. */
import type { Cause } from "../facts/cause.ts";
import type { Detail } from "../facts/event.ts";

export interface PeerCertificateView {
  readonly state: "accepted" | "refused";
  readonly subject: string | null;
  readonly issuer: string | null;
  readonly sha256: string | null;
  readonly expires: string | null;
}

export interface ConnectionView {
  readonly id: string;
  readonly direction: "in" | "out";
  readonly purpose: "federation" | "verify";
  readonly state: "connecting" | "negotiating" | "established" | "closing" | "closed";
  readonly machine: string;
  readonly local: string | null;
  readonly remote: string | null;
  readonly peer: string | null;
  readonly serverNames: readonly string[];
  readonly delegated: readonly { domain: string; prooftype: string; expires: string | null }[];
  readonly bidi: boolean;
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  /** What the peer showed; null before TLS, and when it showed none. */
  readonly certificate: PeerCertificateView | null;
  readonly streamId: string | null;
  readonly since: string;
  readonly stanzas: { readonly in: number; readonly out: number };
  readonly bytes: { readonly in: number; readonly out: number };
  /** Stanzas that the peer has acknowledged, and those that it has yet to (protocol.md 8.3). */
  readonly acknowledged: number;
  readonly unacknowledged: number;
  readonly writtenUnconfirmed: number;
}

export interface RouteView {
  readonly local: string;
  readonly remote: string;
  readonly state:
    | "resolving"
    | "connecting"
    | "requesting"
    | "authorised"
    | "denied"
    | "backoff"
    | "draining";
  readonly send: readonly string[];
  readonly recv: readonly string[];
  readonly queued: number;
  /** The hard bound of the proof, and the soft one. */
  readonly expires: string | null;
  readonly recheckAt: string | null;
  /** The revocation bound that we state for this pair, in ms (protocol.md 3.9). */
  readonly boundMs: number | null;
  readonly reason: Cause | null;
}

export interface ProofView {
  readonly domain: string;
  readonly prooftype: string;
  readonly state: string;
  readonly target: string | null;
  readonly connection: string;
  readonly checkedAt: string;
  readonly recheckAt: string | null;
  readonly expires: string | null;
  readonly links: readonly Detail[];
}

export interface DomainView {
  readonly name: string;
  readonly component: "connected" | "away" | "none";
  readonly policy: string;
  readonly since: string;
}

export interface Stage {
  readonly id: string;
  readonly title: string;
  readonly verdict: "ok" | "warn" | "fail" | "skip" | "unknown";
  readonly evidence: Detail;
  readonly elapsedMs: number | null;
  readonly hint: string | null;
}

export interface Explanation {
  readonly local: string;
  readonly remote: string;
  readonly verdict: "open" | "closed" | "unknown";
  readonly cause: Cause | null;
  readonly stages: readonly Stage[];
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** Stanzas and bytes since the start. */
export interface TrafficView {
  readonly stanzasIn: number;
  readonly stanzasOut: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly acknowledged: number;
  readonly unacknowledged: number;
  readonly writtenUnconfirmed: number;
}

export interface CertificateView {
  readonly names: readonly string[];
  /** Milliseconds since the epoch; the earliest of its chain. */
  readonly notAfter: number;
}

export interface ServerView {
  connections(): ConnectionView[];
  routes(): RouteView[];
  proofs(): ProofView[];
  domains(): DomainView[];
  traffic(): TrafficView;
  /** Ours. */
  certificates(): CertificateView[];
  /** Touches nothing live: tables are only read; DNS may be asked. */
  explain(local: string, remote: string): Promise<Explanation | null>;
  readiness(): Promise<Readiness>;
  /** False when there is no such connection. */
  close(connection: string): boolean;
  /** False when there is no such pair. `blockMs` 0: only revoked, not blocked. */
  revoke(local: string, remote: string, blockMs: number): boolean;
  /** What changed, and what needs a restart; mistakes leave everything as it was. */
  reload(): Promise<{ applied: string[]; restart: string[]; mistakes: string[] }>;
}
