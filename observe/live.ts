/**
 * Rows as they live in the server: looked at field by field, printed only where they are shown. A filter over a hundred
 * thousand of them copies none. Times are milliseconds since the epoch.
 */
import type {
  ConnectionRow,
  DelegatedName,
  DomainRow,
  PeerCertificateFacts,
  ProofRow,
  RouteConnection,
  RouteRow,
  Stage,
  Way,
} from "./contract.ts";
import type { Detail } from "../facts/event.ts";
import type { Refusal } from "../facts/refusal.ts";
import type { Domain } from "../xmpp/domain.ts";

/** The same with numbers in the places of times. */
type Timed<Row, Times extends keyof Row> = Omit<Row, Times> & { readonly [Key in Times]: number | null };

export type LiveDelegated = Timed<DelegatedName, "expires">;

export interface LiveConnection
  extends Omit<Timed<ConnectionRow, "closedAt">, "delegated" | "certificate" | "since"> {
  readonly since: number;
  readonly certificate: Timed<PeerCertificateFacts, "expires"> | null;
  delegated(): Iterable<LiveDelegated>;
}

export interface LiveRoute
  extends Timed<RouteRow, "queuedSince" | "expires" | "recheckAt" | "nextAttemptAt" | "blockedUntil"> {
  connections(): RouteConnection[];
}

export type LiveProof = Timed<ProofRow, "checkedAt" | "recheckAt" | "expires">;

export type LiveDomain = Timed<DomainRow, "since">;

/** One table. */
export interface Source<Live> {
  /** Rows that are there now. */
  readonly size: number;
  /** Rows may come and go while it is walked. */
  rows(): Iterable<Live>;
  /** What is remembered of rows that are gone, the latest first. */
  past(): Iterable<Live>;
  /** The same row, looked up anew; null when it is gone. */
  again(row: Live): Live | null;
  /** What a row is called, for good. */
  key(row: Live): string;
  /** How many rows have a value, of fields where that is known without looking at each. */
  counted(): Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** One actor: its machine, and the state that it is in as the chart has it. */
export type LivingActor = readonly [machine: string, state: string];

export interface Sources {
  readonly connections: Source<LiveConnection>;
  readonly routes: Source<LiveRoute>;
  readonly proofs: Source<LiveProof>;
  readonly domains: Source<LiveDomain>;
  actors(): Iterable<LivingActor>;
}

/** One direction of a pair as the tables have it now. */
export interface LiveWay extends Omit<Way, "sentence"> {
  /** Somebody is at it: what was decided before is about to be decided again. */
  readonly pending: boolean;
  /** What stands of it in the tables. */
  readonly standing: Readonly<Record<string, Detail>>;
}

/** What tables and DNS say of a pair; what was decided before is the recorder's. */
export interface LiveExplanation {
  readonly local: Domain;
  readonly remote: Domain;
  readonly directions: { readonly out: LiveWay; readonly in: LiveWay };
  /** Why we refuse it ourselves, in both directions, and until when. */
  readonly refusal: Refusal | null;
  /** What either direction has to pass before the one asks the other. */
  readonly stages: readonly Stage[];
}
