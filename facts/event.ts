/** What the servers tell: one typed event per decision, for the log, the event stream and the tables' history. */
import type { Cause } from "./cause.ts";

/** Every event with its one line of docs/events.md: what happened, and what its detail holds. */
export const EVENTS = {
  "server.listening": "the listeners are open: s2s, s2sTls, component",
  "server.ready": "everything runs: s2s, s2sTls, component, console",
  "config.warned": "a setting weakens something: key, text",
  "server.draining": "it was told to stop",
  "server.stopped": "every stream is closed",
  "server.reloaded": "a new configuration counts: applied, restart",
  "delegation.resolved":
    "who may act for a domain: domain, service, security, targets, lookups with their chains",
  "addresses.resolved": "where an SRV target listens: host, security, addresses",
  "tlsa.resolved": "which certificates an SRV target publishes: host, port, security, records",
  "posh.resolved": "what a domain's web server says of certificates: domain, url, fingerprints, expires, why",
  "connection.opened": "TCP is there: direction, peer, port",
  "connection.secured": "TLS is there: version, cipher, own, certificate, names, subject",
  "connection.established": "the stream is up: direction, local, remote, serverNames, bidi, dna",
  "connection.failed": "it ended before it was established: direction, peer, local, remote",
  "connection.closed":
    "it ended: direction, peer, local, remote, unacknowledged, requeued, unconfirmed: stanzas (8.3)",
  "stream.opened": "headers were exchanged: the names in them",
  "stream.error": "a stream error, by us or by the peer: by, condition",
  "sasl.finished": "SASL EXTERNAL was answered: by, outcome (success, or the condition), peer",
  "request.sent": "we asked the peer to let local -> remote in",
  "request.received": "the peer asked us to let remote -> local in",
  "verdict.sent": "our answer: verdict, condition",
  "verdict.received": "the peer's answer: verdict, condition, meaning, peer",
  "verify.answered": "a server asked whether a key for local -> remote is ours: answer, peer",
  "verify.sent":
    "we asked whether a key for remote -> local is its server's own: borrowed, server, dns, encrypted, certificate, peer",
  "verify.received": "the answer: answer, and the same",
  "verify.ignored": "dialback that has no place on its connection: kind, peer",
  "pair.granted": "we let remote -> local in: prooftype, dns, target, checkedAt, recheckAt, expires, peer",
  "pair.authorised": "the peer lets local -> remote in: the same",
  "pair.denied": "by us (direction in) or by the peer (out): direction, condition, prooftype, dns, peer",
  "pair.revoked": "a pair was taken away: by, direction, prooftype, dns, peer",
  "proof.rechecked": "a proof was looked at again: domain, prooftype, outcome (held, postponed, suspected)",
  "route.state": "the state of our side of a pair changed: state",
  "stanza.first": "the first stanza was delivered since the pair opened: direction",
  "stanza.bounced":
    "a stanza was answered with an error: condition, type, repeated: one that stands for so many",
  "stanza.discarded": "a stanza was dropped: condition, type, repeated",
  "component.attached": "a component is there: domain",
  "component.detached": "a component is gone: domain",
  "component.refused": "a component was not let in: domain",
  "certificate.loaded":
    "our certificate files changed and are in use now: certificates with names and notAfter",
  "certificate.kept": "our certificate files changed and cannot be used, the old ones stay: why",
  "certificate.changed":
    "a peer shows another certificate than last time (RFC 7590 3.6): name, peer, before, after, state, issuer",
  "certificate.expiring":
    "it ends within 30, 14, 7 or 1 days: whose (ours, peer), days, names, subject, notAfter",
  "dns.witness": "the two DNSSEC validators disagree: name, both words",
  "operator.acted": "somebody asked for it over the API: action",
  "actor.crashed": "a bug of ours: id, error",
} as const;

/** The stable id of what happened. */
export type EventType = keyof typeof EVENTS;

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
