/** Every machine with everything that may happen to it, one event of each kind that makes a difference. */
import { assertionIn } from "../../machines/assertion_in.ts";
import { assertionOut } from "../../machines/assertion_out.ts";
import { componentStream } from "../../machines/component_stream.ts";
import { inboundStream } from "../../machines/inbound_stream.ts";
import { outboundStream } from "../../machines/outbound_stream.ts";
import type { TlsUse } from "../../machines/tls_initiating.ts";
import { proof, PROOF_TIMERS } from "../../machines/proof.ts";
import { route, ROUTE_TIMERS } from "../../machines/route.ts";
import type { CommonEvent } from "../../machines/stream.ts";
import { verification } from "../../machines/verification.ts";
import type { World } from "./explore.ts";
import { TIMERS } from "./timers.ts";

const COMMON: CommonEvent[] = [
  { type: "fault.found", condition: "not-well-formed", cause: "xml.not-well-formed" },
  { type: "error.received", condition: "reset", cause: "stream.error" },
  { type: "stream.closed" },
  { type: "close.requested", cause: "operator.closed" },
  { type: "close.requested", cause: "server.shutdown", condition: "system-shutdown" },
  { type: "connection.ended", cause: "tcp.lost" },
];
const REFUSAL = { condition: "host-unknown", cause: "stream.host-unknown" } as const;
const OFFER = {
  ...{ starttls: true, external: true, bidi: true, dna: true, errors: true, dialback: true },
  unknownRequired: false,
} as const;

export const OUTBOUND: World<typeof outboundStream> = {
  machine: outboundStream,
  input: { wantBidi: true, timers: TIMERS },
  events: [
    ...COMMON,
    { type: "tcp.connected", tls: "required", external: true },
    { type: "tcp.failed", cause: "tcp.refused" },
    { type: "header.received", refusal: null, old: false },
    { type: "header.received", refusal: null, old: true },
    { type: "header.received", refusal: REFUSAL, old: false },
    { type: "features.received", ...OFFER },
    { type: "features.received", ...OFFER, external: false },
    { type: "features.received", ...OFFER, bidi: false, dialback: false },
    { type: "features.received", ...OFFER, starttls: false, external: false, bidi: false },
    { type: "features.received", ...OFFER, unknownRequired: true },
    { type: "tls.proceed" },
    { type: "tls.refused" },
    { type: "tls.secured", refusal: null },
    { type: "tls.secured", refusal: "tls.names" },
    { type: "tls.failed", cause: "tls.handshake" },
    { type: "sasl.succeeded" },
    { type: "sasl.failed" },
    { type: "sasl.challenged" },
    { type: "request.written" },
    { type: "traffic.seen", leftMs: 1000 },
  ],
};

/** Rung 4 of protocol.md 2.10: policy `legacy`, without TLS where it is not offered. */
export const CLEARTEXT: World<typeof outboundStream> = over("offered");

/** XEP-0368: TLS from the first byte. */
export const DIRECT: World<typeof outboundStream> = over("direct");

function over(tls: TlsUse): World<typeof outboundStream> {
  const others = OUTBOUND.events.filter(({ type }) => type !== "tcp.connected");
  return { ...OUTBOUND, events: [{ type: "tcp.connected", tls, external: true }, ...others] };
}

export const INBOUND: World<typeof inboundStream> = {
  machine: inboundStream,
  input: { timers: TIMERS },
  events: [
    ...COMMON,
    { type: "header.received", mode: "server-name", named: true, refusal: null, tls: "required" },
    { type: "header.received", mode: "server-name", named: false, refusal: null, tls: "required" },
    { type: "header.received", mode: "classic", named: false, refusal: null, tls: "required" },
    { type: "header.received", mode: "classic", named: false, refusal: REFUSAL, tls: "required" },
    { type: "starttls.received" },
    { type: "tls.expected" },
    { type: "tls.secured" },
    { type: "tls.failed", cause: "tls.injection" },
    { type: "name.judged", proven: true },
    { type: "name.judged", proven: false },
    { type: "machine.judged", refusal: null },
    { type: "machine.judged", refusal: { condition: "not-authorized", cause: "dane.mismatch" } },
    { type: "auth.received", outcome: "accepted" },
    { type: "auth.received", outcome: "challenge" },
    { type: "auth.received", outcome: "invalid-authzid" },
    { type: "response.received", outcome: "accepted" },
    { type: "response.received", outcome: "incorrect-encoding" },
    { type: "auth.aborted" },
    { type: "bidi.received" },
    { type: "clear.spoken" },
    { type: "request.received" },
    { type: "pair.opened" },
    { type: "traffic.seen", leftMs: 1000 },
  ],
};

/** The same where the policy does without TLS. */
export const LENIENT: World<typeof inboundStream> = {
  ...INBOUND,
  events: [
    ...INBOUND.events,
    { type: "header.received", mode: "classic", named: false, refusal: null, tls: "optional" },
    { type: "header.received", mode: "classic", named: false, refusal: null, tls: "impossible" },
  ],
};

export const COMPONENT: World<typeof componentStream> = {
  machine: componentStream,
  input: { timers: TIMERS },
  events: [
    ...COMMON,
    { type: "header.received", refusal: null },
    { type: "header.received", refusal: REFUSAL },
    { type: "handshake.received", right: true },
    { type: "handshake.received", right: false },
  ],
};

export const ASKING: World<typeof assertionOut> = {
  machine: assertionOut,
  input: { timers: TIMERS },
  events: [
    { type: "turn.came" },
    { type: "verdict.valid" },
    { type: "verdict.invalid" },
    { type: "verdict.error", condition: "not-authorized" },
    { type: "connection.over", cause: "tcp.lost" },
    { type: "proof.ended", cause: "proof.expired" },
  ],
};

const WHY = { cause: "proof.none", denial: { type: "auth", condition: "not-authorized" } } as const;
export const ANSWERING: World<typeof assertionIn> = {
  machine: assertionIn,
  input: { timers: TIMERS },
  events: [
    { type: "request.admitted" },
    { type: "request.known" },
    { type: "request.refused", ...WHY },
    { type: "proof.found" },
    { type: "proof.missing", ...WHY },
    { type: "connection.over" },
  ],
};

export const PROOF: World<typeof proof> = {
  machine: proof,
  input: { softMs: 600_000, hardMs: 3_600_000, timers: { ...TIMERS, ...PROOF_TIMERS } },
  events: [
    { type: "recheck.held", softMs: 600_000, hardMs: 3_600_000 },
    { type: "recheck.failed", cause: "dns.servfail" },
    { type: "recheck.bogus" },
    { type: "recheck.negative", cause: "proof.delegation" },
    { type: "recheck.wanted" },
    { type: "proof.unused" },
    { type: "connection.over" },
  ],
};

const FAILURE = { outcome: "unreachable", cause: "tcp.refused" } as const;
export const VERIFYING: World<typeof verification> = {
  machine: verification,
  input: { timers: TIMERS },
  events: [
    { type: "server.found" },
    { type: "server.missing", outcome: "unresolved", cause: "dns.nxdomain" },
    { type: "connection.ready", same: true },
    { type: "connection.ready", same: false },
    { type: "connection.failed", ...FAILURE },
    { type: "answer.received", verdict: "valid" },
    { type: "answer.received", verdict: "invalid" },
    { type: "answer.received", verdict: "error" },
    { type: "connection.over", ...FAILURE },
    { type: "request.over" },
  ],
};

const RETRY = { cause: "tcp.lost", retryMs: 1000 } as const;
export const ROUTE: World<typeof route> = {
  machine: route,
  input: { timers: { ...TIMERS, ...ROUTE_TIMERS } },
  events: [
    { type: "delegation.found", reuse: true },
    { type: "delegation.found", reuse: false },
    { type: "delegation.refused", permanent: true, ...RETRY },
    { type: "delegation.refused", permanent: false, ...RETRY },
    { type: "connection.ready", reused: true },
    { type: "connection.ready", reused: false },
    { type: "connection.failed", next: true, gone: false, ...RETRY },
    { type: "connection.failed", next: false, gone: false, ...RETRY },
    { type: "connection.failed", next: false, gone: true, ...RETRY },
    { type: "connection.postponed", ...RETRY },
    { type: "assertion.authorised" },
    ...[true, false].flatMap((next) => [
      { type: "assertion.denied", condition: "item-not-found", kind: "error", next, ...RETRY } as const,
      { type: "assertion.denied", condition: "not-authorized", kind: "error", next, ...RETRY } as const,
      { type: "assertion.denied", condition: "resource-constraint", kind: "error", next, ...RETRY } as const,
      { type: "assertion.denied", condition: null, kind: "invalid", next, ...RETRY } as const,
      { type: "assertion.denied", condition: null, kind: "lost", next, ...RETRY } as const,
    ]),
    { type: "assertion.revoked", waiting: true, ...RETRY },
    { type: "assertion.revoked", waiting: false, ...RETRY },
    { type: "assertion.lost", waiting: true, cause: "tcp.lost", retryMs: 0 },
    { type: "assertion.lost", waiting: false, ...RETRY },
    { type: "demand.came" },
    { type: "drain.wanted", cause: "server.shutdown" },
    { type: "retry.wanted" },
  ],
};
