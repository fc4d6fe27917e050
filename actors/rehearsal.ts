/**
 * Walks what every first stanza needs once, before one comes: code is compiled when it first runs, and a quarter of the time
 * that a first stanza took was that (docs/bench.md). No socket, no look-up, no table; nobody hears of it.
 */
import type { AnyMachineSnapshot, AnyStateMachine, EventFrom, InputFrom } from "xstate";
import { assertionIn } from "../machines/assertion_in.ts";
import { assertionOut } from "../machines/assertion_out.ts";
import { inboundStream } from "../machines/inbound_stream.ts";
import { outboundStream } from "../machines/outbound_stream.ts";
import { route, ROUTE_TIMERS } from "../machines/route.ts";
import { verification } from "../machines/verification.ts";
import { parseElement } from "../xml/reader.ts";
import { parseDialback, printRequest, printVerify } from "../xmpp/dialback.ts";
import { type Domain, parseDomain } from "../xmpp/domain.ts";
import { parseFeatures, printFeatures } from "../xmpp/features.ts";
import { DECLARED, NS } from "../xmpp/namespaces.ts";
import { printStarttls } from "../xmpp/starttls.ts";
import { parseStreamHeader, printInitialHeader, printResponseHeader } from "../xmpp/stream_header.ts";
import type { ServerContext } from "./context.ts";
import type { Host } from "./host.ts";
import { actorOf } from "./start.ts";

/** Of this name there is nobody (RFC 6761). */
const NOBODY = parseDomain("rehearsal.invalid");
const OVER = { type: "connection.ended", cause: "stream.closed" } as const;
const OFFER = { dialback: true, bidi: false, dna: false, errors: true, unknownRequired: false } as const;

const LIMITS = { maxBytes: 10_000, idleSeconds: 1 };

/** Time stands still, and nobody is told. */
const STAGE: Host = {
  clock: { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} },
  random: () => 0,
  tell: () => {},
  trace: { of: () => ({ step: (make) => void make(), ended: () => {} }), wants: () => true, hide: () => "" },
};

/** @returns the state that each machine came to, by its id. */
export function rehearse(timers: ServerContext["config"]["limits"]): ReadonlyMap<string, unknown> {
  say();
  const { negativePairMs, shutdownGraceMs } = timers;
  return new Map([
    walk(outboundStream, { wantBidi: true, timers }, [
      { type: "tcp.connected", tls: "required", external: true },
      { type: "header.received", refusal: null, old: false },
      { type: "features.received", starttls: true, external: false, ...OFFER },
      { type: "tls.proceed" },
      { type: "tls.secured", refusal: null },
      { type: "header.received", refusal: null, old: false },
      { type: "features.received", starttls: false, external: true, ...OFFER },
      { type: "sasl.failed" },
      { type: "request.written" },
      { type: "close.requested", cause: "stream.idle" },
      { type: "stream.closed" },
      OVER,
    ]),
    walk(inboundStream, { timers }, [
      { type: "header.received", mode: "classic", named: true, refusal: null, tls: "required" },
      { type: "starttls.received" },
      { type: "tls.secured" },
      { type: "header.received", mode: "classic", named: true, refusal: null, tls: "required" },
      { type: "name.judged", proven: false },
      { type: "request.received" },
      { type: "pair.opened" },
      { type: "stream.closed" },
      OVER,
    ]),
    walk(route, { timers: { ...ROUTE_TIMERS, negativePairMs, shutdownGraceMs } }, [
      { type: "delegation.found", reuse: false },
      { type: "connection.ready", reused: false },
      { type: "assertion.authorised" },
      { type: "drain.wanted", cause: "server.shutdown" },
    ]),
    walk(assertionOut, { timers }, [
      { type: "turn.came" },
      { type: "verdict.valid" },
      { type: "connection.over", cause: "stream.closed" },
    ]),
    walk(assertionIn, { timers }, [{ type: "request.admitted" }, { type: "proof.found" }]),
    walk(verification, { timers }, [
      { type: "server.found" },
      { type: "connection.ready", same: false },
      { type: "answer.received", verdict: "valid" },
    ]),
  ]);
}

function walk<M extends AnyStateMachine>(
  machine: M,
  input: InputFrom<M>,
  events: readonly EventFrom<M>[],
): [id: string, state: unknown] {
  const about = { pair: { local: NOBODY, remote: NOBODY } };
  const actor = actorOf(machine, machine.id, about, input, () => {}, STAGE, () => {});
  actor.start();
  for (const event of events) actor.send(event);
  return [machine.id, (actor.getSnapshot() as AnyMachineSnapshot).value];
}

/** The words of a classic stream with dialback, printed and read. */
function say(): void {
  const names: { from: Domain; to: Domain } = { from: NOBODY, to: NOBODY };
  const peer = parseStreamHeader(printInitialHeader(names), "initial", NS.server);
  parseStreamHeader(printResponseHeader(names, "0", peer), "response", NS.server);
  const read = (text: string) => parseElement(text, DECLARED[NS.server]);
  parseFeatures(read(printFeatures({ stage: "secure", external: true, bidi: true, limits: LIMITS })));
  read(printStarttls("proceed"));
  const request = parseDialback(read(printRequest(NOBODY, NOBODY, "0")));
  if (request?.kind === "request") parseDialback(read(printVerify(request, "0")));
}
