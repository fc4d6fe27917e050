/**
 * The named actions, guards and delays of the initiating stream, and the rows that several of its states share.
 * protocol.md 2.5 I-6 to I-13. Pure.
 */
import { and, assign, emit, setup, stateIn } from "xstate";
import { capped } from "./delay.ts";
import { idleActions, type IdleContext, idleDelays } from "./idle.ts";
import type {
  Offer,
  OutboundStreamEffect,
  OutboundStreamEvent,
  OutboundStreamInput,
  OutboundStreamTimers,
} from "./outbound_stream.ts";
import { type Offered, saslOutOfTurn } from "./sasl_initiating.ts";
import {
  streamActions,
  type StreamContext,
  streamDelays,
  streamGuards,
  type StreamTag,
  unexpected,
} from "./stream.ts";
import type { TlsUse } from "./tls_initiating.ts";

interface Context extends StreamContext, IdleContext {
  readonly timers: OutboundStreamTimers;
  readonly wantBidi: boolean;
  readonly wantExternal: boolean;
  readonly tls: TlsUse;
  /** The features inside TLS; `bidi`: we enabled it. */
  readonly offered: Offered;
  readonly authenticated: boolean;
}

export const NOTHING_OFFERED: Offered = { bidi: false, dna: false, errors: false, dialback: false };

/** The peer's own words have their one place; anywhere else they are out of turn. */
export const outOfTurn = {
  ...saslOutOfTurn,
  "header.received": unexpected,
  "features.received": unexpected,
  "tls.proceed": unexpected,
  "tls.refused": unexpected,
} as const;

/** Features count once TLS is there; ours or not, bidi is settled by them. */
export const noteOffer = (bidi: boolean) => ({
  type: "note offer",
  params: ({ event: { dna, errors, dialback } }: { readonly event: Offer }) => ({
    bidi,
    dna,
    errors,
    dialback,
  }),
} as const);

export const noteWay = {
  type: "note way",
  params: ({ event: { tls, external } }: {
    readonly event: { readonly tls: TlsUse; readonly external: boolean };
  }) => ({ tls, wantExternal: external }),
} as const;

export const outboundSetup = setup({
  types: {
    context: {} as Context,
    input: {} as OutboundStreamInput,
    events: {} as OutboundStreamEvent,
    emitted: {} as OutboundStreamEffect,
    tags: {} as StreamTag,
  },
  actions: {
    ...streamActions<Context, OutboundStreamEvent, OutboundStreamEffect>(),
    ...idleActions<Context, OutboundStreamEvent, OutboundStreamEffect>(),
    "connect": emit({ type: "connect" }),
    "open stream": emit({ type: "open stream" }),
    "send starttls": emit({ type: "send starttls" }),
    "start tls": emit({ type: "start tls" }),
    "send bidi": emit({ type: "send bidi" }),
    "note way": assign((_, way: { tls: TlsUse; wantExternal: boolean }) => way),
    "send auth": emit({ type: "send auth" }),
    "send response": emit({ type: "send response" }),
    "note offer": assign((_, offered: Offered) => ({ offered })),
    // What it offered before SASL, it need not repeat.
    "note further offer": assign(({ context: { offered } }, further: Pick<Offered, "dna" | "errors">) => ({
      offered: { ...offered, dna: offered.dna || further.dna, errors: offered.errors || further.errors },
    })),
    "note authenticated": assign({ authenticated: true }),
    "report established": emit(({ context: { offered: { bidi, dna, errors }, authenticated } }) => ({
      type: "report established",
      ...{ bidi, dna, errors, authenticated },
    })),
  },
  guards: {
    ...streamGuards,
    "demands the unknown": ({ event }) => event.type === "features.received" && event.unknownRequired,
    "demands the unknown without TLS": and(["does without TLS", "demands the unknown"]),
    "bidi is offered and wanted": ({ context, event }) =>
      event.type === "features.received" && event.bidi && context.wantBidi,
    "bidi and EXTERNAL are offered and wanted": and([
      "bidi is offered and wanted",
      "EXTERNAL is offered and wanted",
    ]),
    "EXTERNAL is offered and wanted": ({ context, event }) =>
      event.type === "features.received" && event.external && context.wantExternal,
    "dialback is known": ({ context }) => context.offered.dialback,
    "is handshaking": stateIn({ negotiating: "securing" }),
    "speaks TLS first": ({ event }) => event.type === "tcp.connected" && event.tls === "direct",
    "does without TLS": ({ context, event }) =>
      event.type === "features.received" && context.tls === "offered" && !event.starttls,
    "does without features": ({ context, event }) =>
      event.type === "header.received" && context.tls === "offered" && event.old,
  },
  delays: {
    ...streamDelays,
    ...idleDelays,
    connect: ({ context }) => capped(context.timers.connectTotalMs),
    header: ({ context }) => capped(context.timers.headerTimeoutMs),
    negotiation: ({ context }) => capped(context.timers.negotiationTimeoutMs),
    tls: ({ context }) => capped(context.timers.tlsTimeoutMs),
  },
});
