/** What the servers tell: one typed event per decision, for the log, the event stream and the tables' history. */
import type { Cause } from "./cause.ts";

export type EventType =
  | "server.listening"
  | "server.ready"
  | "server.draining"
  | "server.stopped"
  | "server.reloaded"
  | "delegation.resolved" // domain, security, service, targets, chain, cause
  | "addresses.resolved" // host, security, addresses
  | "connection.opened" // direction, peer
  | "connection.secured" // tls, certificate: state, names; own
  | "connection.established" // local, remote, serverNames, bidi, dna
  | "connection.failed" // cause: it never was established
  | "connection.closed" // cause
  | "stream.opened" // header names, both directions
  | "stream.error" // condition, by: "us" | "peer"
  | "request.sent"
  | "request.received"
  | "verdict.sent"
  | "verdict.received" // verdict, condition
  | "pair.granted" // we let remote -> local in: prooftype, expires, recheckAt
  | "pair.authorised" // the peer lets local -> remote in
  | "pair.denied" // direction: "in" (by us) | "out" (by the peer), cause, condition
  | "pair.revoked" // by: "us" | "peer", cause
  | "proof.rechecked" // outcome: "held" | "postponed" | "suspected", cause
  | "route.state" // state, cause
  | "stanza.first" // the first stanza delivered for a pair since it opened: direction
  | "stanza.bounced" // cause, condition, kind
  | "stanza.discarded" // cause, kind
  | "component.attached"
  | "component.detached"
  | "component.refused"
  | "dns.witness" // the validators disagree: name, both words
  | "operator.acted" // action
  | "actor.crashed"; // id, error

/** Values that print; never a stanza's body, a key, a secret. */
export type Detail = string | number | boolean | null | readonly Detail[] | {
  readonly [key: string]: Detail;
};

/** One event as an actor tells it; the recorder adds `seq` and `at`. */
export interface Happening {
  readonly type: EventType;
  readonly level?: "debug" | "info" | "warning" | "error";
  /** `c-12`. */
  readonly connection?: string;
  readonly pair?: { readonly local: string; readonly remote: string };
  readonly cause?: Cause;
  readonly detail?: { readonly [key: string]: Detail };
}

/** As it stands in the ring and in `/api/v1/events`. */
export interface RecordedEvent extends Happening {
  readonly seq: number;
  /** RFC 3339 UTC with milliseconds. */
  readonly at: string;
}
