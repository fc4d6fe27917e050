/**
 * The receiving side of one stream. RFC 6120 4, 5; protocol.md 2.6. Pure.
 *  opening -> securing -> handshaking -> reopening -> (proving | vouching ->) offering -> requesting -> established
 *  opening -> handshaking (direct TLS, XEP-0368); offering | requesting -> restarting (SASL EXTERNAL, `sasl_receiving.ts`)
 *  opening -> choosing -> handshaking | clear -> established (TLS optional, policy `legacy` alone); opening -> clear (4.1)
 */
import { assign, emit, or, setup, stateIn } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { TlsNeed } from "../policy/header.ts";
import type { Refusal } from "../xmpp/stream_error.ts";
import { capped } from "./delay.ts";
import {
  askIdle,
  firstIdleMs,
  idleActions,
  type IdleContext,
  idleDelays,
  type IdleEffect,
  type IdleEvent,
  trafficSeen,
} from "./idle.ts";
import {
  restarting,
  type SaslContext,
  saslGuards,
  saslInClear,
  saslReceiving,
  type SaslReceivingEffect,
  type SaslReceivingEvent,
  saslRefused,
} from "./sasl_receiving.ts";
import type { SaslCondition } from "../xmpp/sasl_external.ts";
import {
  closed,
  closing,
  type ClosingTimers,
  type CommonEffect,
  type CommonEvent,
  drop,
  endings,
  fail,
  failHeaderless,
  headerlessEndings,
  noteCause,
  noteRefusal,
  refusedHeader,
  sendRefusal,
  silentEndings,
  streamActions,
  type StreamContext,
  streamDelays,
  streamGuards,
  type StreamTag,
  unexpected,
} from "./stream.ts";

/** Which names the peer's header carries (protocol.md R-2). */
export type HeaderMode = "server-name" | "classic";

export type InboundStreamEvent =
  | CommonEvent
  | IdleEvent
  | SaslReceivingEvent
  /** The connection came in where TLS is spoken first. */
  | { type: "tls.expected" }
  /** `named`: of a server-name stream inside TLS, that an accepted certificate carries its `from`. */
  | { type: "header.received"; mode: HeaderMode; named: boolean; refusal: Refusal | null; tls: TlsNeed }
  /** Whether the certificate proves the `from` of a classic stream. */
  | { type: "name.judged"; proven: boolean }
  /** Whether its own TLSA records prove the `from` of a server-name stream. */
  | { type: "machine.judged"; refusal: Refusal | null }
  | { type: "starttls.received" }
  | { type: "tls.secured" }
  | { type: "tls.failed"; cause: Cause }
  | { type: "bidi.received" }
  /** Something that is neither STARTTLS nor bidi nor SASL came without TLS: the peer goes on so. */
  | { type: "clear.spoken" }
  /** Any `<db:result/>` without `type`. */
  | { type: "request.received" }
  /** The first authorised pair that counts: ends the negotiation timer. */
  | { type: "pair.opened" };

export type InboundStreamEffect =
  | CommonEffect
  | IdleEffect
  /** Also ordered before `send error` when the fault lies in or before the peer's header. */
  | { type: "answer header" }
  | SaslReceivingEffect
  | { type: "send features" } & Features
  /** Answer with `name.judged`; nothing is read until then. */
  | { type: "prove name" }
  /** Answer with `machine.judged`; nothing is read until then. */
  | { type: "prove machine" }
  | { type: "send proceed" }
  /** `<failure/>` of STARTTLS; `close stream` follows. */
  | { type: "send tls failure" }
  | { type: "start tls" }
  | { type: "enable bidi" }
  /** The connection is proven: the limits for unproven peers end. */
  | { type: "raise limits" }
  | { type: "report established"; mode: HeaderMode };

/** Which set of protocol.md 4.5. `external`: SASL EXTERNAL is among it. */
export interface Features {
  readonly stage: "plain" | "optional" | "secure" | "authenticated";
  readonly external: boolean;
}

/** How long the evidence for a name may take: then the features are sent without EXTERNAL, or the stream ends. */
export const PROVING_MS = 5_000;

/** As in `[limits]`. */
export interface InboundStreamTimers extends ClosingTimers {
  readonly headerTimeoutMs: number;
  readonly negotiationTimeoutMs: number;
  readonly tlsTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface InboundStreamInput {
  readonly timers: InboundStreamTimers;
}

interface Context extends StreamContext, IdleContext, SaslContext {
  readonly timers: InboundStreamTimers;
  readonly mode: HeaderMode;
  /** The limits for unproven peers have ended. */
  readonly raised: boolean;
  /** It goes on without TLS (policy `legacy`). */
  readonly clear: boolean;
}

const noteMode = {
  type: "note mode",
  params: ({ event: { mode } }: { readonly event: { readonly mode: HeaderMode } }) => ({ mode }),
} as const;

const offerSecure = (external: boolean) =>
  ({ type: "send features", params: { stage: "secure", external } }) as const;
const offerPlain = { type: "send features", params: { stage: "plain", external: false } } as const;
const offerOptional = { type: "send features", params: { stage: "optional", external: false } } as const;

const opened = [
  { guard: "was unproven", target: "#established", actions: ["raise limits", "note raised"] },
  { target: "#established" },
] as const;

/** The `from` of the header is proven. */
const proven = {
  target: "offering",
  actions: ["raise limits", "note raised", offerSecure(true), "report established"],
} as const;

const unproven = { target: "offering", actions: [offerSecure(false), "report established"] } as const;

/** The peer's own words have their one place; anywhere else they are out of turn. RFC 6120 5.4.2.2 for STARTTLS. */
const outOfTurn = {
  ...saslRefused,
  "header.received": unexpected,
  "starttls.received": {
    target: "#closing",
    actions: [
      { type: "note cause", params: { cause: "stream.unexpected" } },
      "send tls failure",
      "close stream",
    ],
  },
} as const;

/** What the framer cannot bring where there is no open stream. */
const neverHere = {
  "auth.received": drop("stream.unexpected"),
  "response.received": drop("stream.unexpected"),
  "auth.aborted": drop("stream.unexpected"),
  "header.received": drop("stream.unexpected"),
  "starttls.received": drop("stream.unexpected"),
} as const;

export const inboundStream = setup({
  types: {
    context: {} as Context,
    input: {} as InboundStreamInput,
    events: {} as InboundStreamEvent,
    emitted: {} as InboundStreamEffect,
    tags: {} as StreamTag,
  },
  actions: {
    ...streamActions<Context, InboundStreamEvent, InboundStreamEffect>(),
    ...idleActions<Context, InboundStreamEvent, InboundStreamEffect>(),
    "answer header": emit({ type: "answer header" }),
    "send features": emit((_, features: Features) => ({ type: "send features", ...features })),
    "prove name": emit({ type: "prove name" }),
    "prove machine": emit({ type: "prove machine" }),
    "send challenge": emit({ type: "send challenge" }),
    "admit header pair": emit({ type: "admit header pair" }),
    "send success": emit({ type: "send success" }),
    "send failure": emit((_, { condition }: { condition: SaslCondition }) => ({
      type: "send failure",
      condition,
    })),
    "note challenge": assign({ challenged: true }),
    "note failure": assign({ challenged: false, claimsFailed: ({ context }) => context.claimsFailed + 1 }),
    "note authenticated": assign({ challenged: false, authenticated: true }),
    "note raised": assign({ raised: true }),
    "note clear": assign({ clear: true }),
    "send proceed": emit({ type: "send proceed" }),
    "send tls failure": emit({ type: "send tls failure" }),
    "start tls": emit({ type: "start tls" }),
    "enable bidi": emit({ type: "enable bidi" }),
    "raise limits": emit({ type: "raise limits" }),
    "report established": emit(({ context: { mode } }) => ({ type: "report established", mode })),
    "note mode": assign((_, { mode }: { mode: HeaderMode }) => ({ mode })),
  },
  guards: {
    ...streamGuards,
    ...saslGuards,
    "is a server-name stream": ({ event }) =>
      event.type === "header.received" && event.mode === "server-name",
    "is a named machine's": ({ event }) =>
      event.type === "header.received" && event.mode === "server-name" && event.named,
    "TLS is optional": ({ event }) => event.type === "header.received" && event.tls === "optional",
    "TLS is impossible": ({ event }) => event.type === "header.received" && event.tls === "impossible",
    "was unproven": ({ context }) => !context.raised,
    "is proven": ({ event }) => event.type === "name.judged" && event.proven,
    "is handshaking": stateIn({ negotiating: "handshaking" }),
    "owes a header": or([
      stateIn({ negotiating: "opening" }),
      stateIn({ negotiating: "reopening" }),
      stateIn({ negotiating: "restarting" }),
    ]),
  },
  delays: {
    ...streamDelays,
    ...idleDelays,
    header: ({ context }) => capped(context.timers.headerTimeoutMs),
    negotiation: ({ context }) => capped(context.timers.negotiationTimeoutMs),
    tls: ({ context }) => capped(context.timers.tlsTimeoutMs),
    proving: () => PROVING_MS,
  },
}).createMachine({
  id: "inbound stream",
  context: ({ input: { timers } }) => ({
    timers,
    mode: "classic",
    raised: false,
    clear: false,
    challenged: false,
    claimsFailed: 0,
    authenticated: false,
    idleMs: firstIdleMs(timers),
    cause: "stream.closed",
  }),
  initial: "negotiating",
  states: {
    negotiating: {
      initial: "opening",
      // protocol.md 8.5: from TCP accept to the first authorised pair.
      after: {
        negotiation: [
          { guard: "is handshaking", ...drop("stream.negotiation-timeout") },
          { guard: "owes a header", ...failHeaderless("connection-timeout", "stream.negotiation-timeout") },
          fail("connection-timeout", "stream.negotiation-timeout"),
        ],
      },
      on: { ...endings, ...outOfTurn },
      states: {
        opening: {
          tags: "negotiating",
          on: {
            ...headerlessEndings,
            ...neverHere,
            "header.received": [
              refusedHeader,
              { guard: "TLS is optional", target: "choosing", actions: ["answer header", offerOptional] },
              { guard: "TLS is impossible", target: "clear", actions: "answer header" },
              { target: "securing", actions: ["answer header", offerPlain] },
            ],
            "tls.expected": { target: "handshaking", actions: "start tls" },
          },
          after: { header: drop("stream.header-timeout") },
        },
        // `<bidi/>` is ignored here.
        securing: {
          tags: "negotiating",
          on: {
            "starttls.received": { target: "handshaking", actions: ["send proceed", "start tls"] },
            "request.received": fail("policy-violation", "tls.required"),
            "clear.spoken": fail("policy-violation", "tls.required"),
          },
        },
        // The same, but who does not take STARTTLS may go on.
        choosing: {
          tags: "negotiating",
          on: {
            ...saslInClear,
            "starttls.received": { target: "handshaking", actions: ["send proceed", "start tls"] },
            "clear.spoken": "clear",
          },
        },
        // Nothing rests on TLS here: no EXTERNAL, no bidi. STARTTLS comes too late.
        clear: {
          tags: "established",
          entry: ["note clear", "report established"],
          on: { ...saslInClear, "pair.opened": opened },
        },
        handshaking: {
          tags: "negotiating",
          on: {
            ...silentEndings,
            ...neverHere,
            "tls.secured": "reopening",
            "tls.failed": { target: "#closed", actions: [noteCause, "drop connection"] },
          },
          after: { tls: drop("tls.timeout") },
        },
        reopening: {
          tags: "negotiating",
          on: {
            ...headerlessEndings,
            ...neverHere,
            "header.received": [
              refusedHeader,
              {
                guard: "is a named machine's",
                ...proven,
                actions: [noteMode, "answer header", ...proven.actions],
              },
              {
                guard: "is a server-name stream",
                target: "vouching",
                actions: [noteMode, "answer header", "prove machine"],
              },
              { target: "proving", actions: [noteMode, "answer header", "prove name"] },
            ],
          },
          after: { header: drop("stream.header-timeout") },
        },
        // EXTERNAL is offered only to whom the certificate proves.
        proving: {
          tags: "negotiating",
          on: {
            "name.judged": [
              { guard: "is proven", ...proven },
              unproven,
            ],
          },
          after: { proving: unproven },
        },
        // no accepted certificate carries the name, the machine's own records may prove it.
        vouching: {
          tags: "negotiating",
          on: {
            "machine.judged": [
              {
                guard: "is refused",
                target: "#closing",
                actions: [noteRefusal, sendRefusal, "close stream"],
              },
              proven,
            ],
          },
          after: { proving: fail("not-authorized", "proof.timeout") },
        },
        // Before the first request, and only once, `<bidi/>` counts (XEP-0288; protocol.md 2.8).
        offering: {
          tags: "established",
          on: {
            ...saslReceiving,
            "bidi.received": { target: "requesting", actions: "enable bidi" },
            "request.received": "requesting",
            "pair.opened": opened,
          },
        },
        requesting: { tags: "established", on: { ...saslReceiving, "pair.opened": opened } },
        restarting,
      },
    },
    established: {
      id: "established",
      tags: "established",
      on: { ...endings, ...outOfTurn, "traffic.seen": trafficSeen },
      after: { idle: askIdle },
    },
    closing,
    closed,
  },
});
