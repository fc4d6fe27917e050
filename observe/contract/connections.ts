/** The connection table as JSON. design.md 2.4; protocol.md 2.2. */
import type { Cause } from "../../facts/cause.ts";
import type { ListAnswer } from "./list.ts";

export type ConnectionState = "connecting" | "negotiating" | "established" | "closing" | "closed";

export interface PeerCertificateFacts {
  readonly state: "accepted" | "refused";
  readonly subject: string | null;
  readonly issuer: string | null;
  readonly sha256: string | null;
  readonly expires: string | null;
}

export interface DelegatedName {
  readonly domain: string;
  readonly prooftype: string;
  readonly expires: string | null;
}

export interface ConnectionRow {
  /** `c-12`. */
  readonly id: string;
  readonly direction: "in" | "out";
  readonly purpose: "federation" | "verify";
  readonly state: ConnectionState;
  /** The state of its machine, as `machines/` names it. */
  readonly machine: string;
  /** The names of the stream header. */
  readonly local: string | null;
  readonly remote: string | null;
  /** The peer's address. */
  readonly peer: string | null;
  /** Of the peer's accepted certificate. */
  readonly serverNames: readonly string[];
  /** Domains that the peer is proven to speak for: in a list at most 50 of them. */
  readonly delegated: readonly DelegatedName[];
  readonly delegatedCount: number;
  /** Pairs that may use it, in either direction. */
  readonly pairs: number;
  readonly bidi: boolean;
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  /** What the peer showed; null before TLS, and when it showed none. */
  readonly certificate: PeerCertificateFacts | null;
  readonly streamId: string | null;
  readonly since: string;
  readonly stanzas: { readonly in: number; readonly out: number };
  readonly bytes: { readonly in: number; readonly out: number };
  /** Stanzas that the peer has acknowledged, and those that it has yet to (protocol.md 8.3). */
  readonly acknowledged: number;
  readonly unacknowledged: number;
  readonly writtenUnconfirmed: number;
  /** Of the last question that the peer answered; null when it has answered none. */
  readonly rttMs: number | null;
  /** Only of closed ones: the last thousand are remembered, and listed where `q` asks for `state:closed`. */
  readonly closedAt: string | null;
  readonly cause: Cause | null;
}

export interface ConnectionList extends ListAnswer {
  readonly connections: readonly ConnectionRow[];
}
