/** What the servers tell: one typed event per decision, for the log, the event stream and the tables' history. */
import type { Cause } from "./cause.ts";

/** Every event with its one line of docs/events.md: what happened, and what its detail holds. */
export const EVENTS = {
  "server.listening": "the listeners are open: s2s, s2sTls, component",
  "server.ready": "everything was started: s2s, s2sTls, component, console",
  "server.readiness": "whether others may send to it changed, as /readyz has it: ready, reasons",
  "config.warned": "a setting weakens something: key, text",
  "server.draining": "it was told to stop",
  "server.stopped": "every stream is closed",
  "server.starved":
    "no file descriptor was left for a connection, so the console ends its own: wanted (a key of `listen`, or `dial`)",
  "server.reloaded": "a new configuration counts: applied, restart",
  "config.refused": "a new configuration has mistakes, everything stays as it was: mistakes",
  "delegation.resolved":
    "who may act for a domain: domain, service, security, targets, lookups with their chains",
  "addresses.resolved":
    "where an SRV target listens: host, security, addresses; forbidden: those that were found and are not dialled (`tcp.forbidden`)",
  "tlsa.resolved": "which certificates an SRV target publishes: host, port, security, records",
  "posh.resolved": "what a domain's web server says of certificates: domain, url, fingerprints, expires, why",
  "connection.opened": "TCP is there: direction, peer, port, elapsedMs (of those that we opened)",
  "connection.secured":
    "TLS is there: version, cipher, group, handshakeMs, own, certificate, names (proven), and what it says: subject, issuer, identifiers, notBefore, notAfter, ocsp (the stapled response)",
  "connection.established":
    "the stream is up: direction, local, remote, serverNames, bidi, dna, errors, dialback (of those that we opened)",
  "connection.failed":
    "it ended before it was established: direction, peer, local, remote; condition, text: of the stream error by which the peer ended it",
  "connection.closed":
    "it ended: direction, peer, local, remote; condition, text: the same; unacknowledged, requeued, unconfirmed: stanzas (8.3)",
  "stream.opened": "headers were exchanged: the names in them",
  "stream.error": "a stream error, by us or by the peer: by, condition, text (the peer's own words)",
  "machine.judged":
    "whether its own records prove the name of a peer's machine (R-7): name, prooftype, dns, target, expires, peer",
  "stream.redirected": "the peer sends us elsewhere (`see-other-host`): from, to, hop, peer, followed",
  "sasl.finished": "SASL EXTERNAL was answered: by, outcome (success, or the condition), peer",
  "request.sent": "we asked the peer to let local -> remote in",
  "request.received": "the peer asked us to let remote -> local in",
  "verdict.sent": "our answer: verdict, condition",
  "verdict.received": "the peer's answer: verdict, condition, text (its own words), meaning, peer",
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
  "route.state":
    "the state of our side of a pair changed: state; condition, text: where the peer's stream error is behind it",
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
  "dns.witness":
    "one DNSSEC validator calls an answer secure and the second one does not, so it counts as bogus: name, type, why (the second one's words)",
  "operator.acted": "somebody asked for it over the API: action",
  "audit.failed":
    "the audit log could not be written: why, what (method and path); what was asked was refused, or stands there as begun",
  "console.entered": "somebody logged in to the page: role, peer",
  "console.refused":
    "a wrong token or log-in code was shown: peer, waitMs: nothing more is told of wrong ones from there until then",
  "console.failed":
    "its port could not go on: its connections ended, and it is opened again after pauseMs: error",
  "recorder.sampling":
    "under load only one pair or connection in so many is traced, warnings always: oneIn (1: all again), shed",
  "actor.crashed": "a bug of ours: id, error",
} as const;

/**
 * What lies between decisions: only in the trace of a connection or a pair (`/connections/:id/events`,
 * `/routes/:local/:remote`, `verona trace`), never in the log. The same one line each.
 */
export const STEPS = {
  "machine.moved":
    "a machine took a transition: machine, actor, on (its event), from, to, edges, state (all of it, afterwards)",
  "element.received":
    "an element that is no stanza came: name, ns, word, from, to, bytes; dialback, headers and stream errors are decisions",
  "element.sent": "an element that is no stanza went: the same",
  "address.tried": "one TCP connection was tried: host, address, port, elapsedMs",
  "endpoint.judged":
    "what the machine that we dialled is proven to be: domain, prooftype (null: nothing), names, target; tlsa: the kind of record that matched",
  "retry.planned": "it is tried again by itself: afterMs, failures (in a row)",
} as const;

/** The stable id of what happened. */
export type EventType = keyof typeof EVENTS | keyof typeof STEPS;

/** Values that print; never a stanza's body, a key, a secret. */
export type Detail = string | number | boolean | null | readonly Detail[] | {
  readonly [key: string]: Detail;
};

/** Whom an event is about: it stands in the traces of both. */
export interface Subject {
  /** `c-12`, of a component `k-3`. */
  readonly connection?: string;
  readonly pair?: { readonly local: string; readonly remote: string };
}

/** Where an event stands among the spans of OpenTelemetry: lower-case hexadecimal, as W3C Trace Context has it. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** One decision as an actor tells it; the recorder adds `seq` and `at`, and the span where that is exported. */
export interface Happening extends Subject, Partial<SpanIds> {
  readonly type: keyof typeof EVENTS;
  readonly level?: "debug" | "info" | "warning" | "error";
  readonly cause?: Cause;
  readonly detail?: { readonly [key: string]: Detail };
}

/** States and edges are those of docs/machines: dotted from the machine's root, without its id. */
export type Move = {
  readonly machine: string;
  /** Which one of that machine. */
  readonly actor: string;
  /** The event; `started` at first, `after ...` for a timer. */
  readonly on: string;
  /** Where the edges began and where they lead: null when the machine stays where it is, and at the start. */
  readonly from: string | null;
  readonly to: string | null;
  /** `source|event|n`: the n-th alternative, from 0, that the source state lists for the event. */
  readonly edges: readonly string[];
  readonly state: string;
};

/** An element as it may be shown: no text, no attribute but these, localparts hidden. */
export type Sketch = {
  readonly name: string;
  readonly ns: string;
  /** Its `type`, its mechanism or its condition. */
  readonly word: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly bytes: number;
};

/** One step between decisions; whom it is about is told apart, by who made it. */
export type Step =
  & { readonly cause?: Cause }
  & (
    | { readonly type: "machine.moved"; readonly detail: Move }
    | { readonly type: "element.received" | "element.sent"; readonly detail: Sketch }
    | {
      readonly type: "address.tried";
      readonly detail: {
        readonly host: string;
        readonly address: string;
        readonly port: number;
        readonly elapsedMs: number;
      };
    }
    | {
      readonly type: "endpoint.judged";
      readonly detail: {
        readonly domain: string;
        readonly prooftype: string | null;
        readonly names: readonly string[];
        readonly target: string | null;
        readonly tlsa?: string;
      };
    }
    | {
      readonly type: "retry.planned";
      readonly detail: { readonly afterMs: number; readonly failures: number };
    }
  );

/** As it stands in a ring and in `/api/v1/events`. */
export interface RecordedEvent extends Subject, Partial<SpanIds> {
  readonly type: EventType;
  readonly level?: "debug" | "info" | "warning" | "error";
  readonly cause?: Cause;
  readonly detail?: { readonly [key: string]: Detail };
  /** Counts from 1 at every start of the server, decisions and steps together. */
  readonly seq: number;
  /** RFC 3339 UTC with milliseconds. */
  readonly at: string;
}
