/**
 * A federation as OpenTelemetry spans, made of the decisions that the recorder hands on: a span for each attempt to open a
 * pair, each connection's set-up and each request of a peer, below it one per stage. console.md 4.2.
 */
import type { Cause } from "../../facts/cause.ts";
import { CAUSES } from "../../facts/cause.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import { attributesOf } from "./attributes.ts";
import { type Open, OpenSpans } from "./open_spans.ts";
import type { Begun, Kind, Tracer } from "./span.ts";

const END_OF_ROUTE: ReadonlySet<unknown> = new Set(["authorised", "denied", "backoff", "draining"]);

/** What a span is about, and what it stands below and beside. */
interface Place extends Partial<Pick<Open, "under" | "on" | "asked">> {
  readonly key: string;
  readonly beside?: Begun | undefined;
}

export class Spans {
  readonly #tracer: Tracer;
  readonly #open = new OpenSpans();
  /** The spans of streams that are up: requests on them are linked to their set-up. */
  readonly #streams = new Map<string, Begun>();
  /** What ended last: what it means is told right behind it. */
  #ended: Pick<Open, "key" | "span"> | null = null;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** How many have begun and not ended. */
  get open(): number {
    return this.#open.size;
  }

  /** The span that the event began, ended or is a stage of; null when it is none's. */
  hear(event: RecordedEvent): Begun | null {
    return HEARD[event.type]?.(this, event, Date.parse(event.at)) ?? null;
  }

  // ---- attempts to open a pair

  route(event: RecordedEvent, at: number): Begun | null {
    const key = routeKey(event);
    // What had no beginning was open before, or is in back-off anew.
    if (END_OF_ROUTE.has(event.detail?.state)) return this.#end(key, at, event);
    return (this.#open.get(key) ?? this.#begin("s2s.route", "client", at, event, { key })).span;
  }

  request(event: RecordedEvent, at: number): Begun {
    const connection = event.connection!;
    return this.#begin("request", "client", at, event, {
      key: requestKey(event),
      on: connection,
      under: this.#open.get(routeKey(event)),
      beside: this.#streams.get(connection),
    }).span;
  }

  requestAnswered(event: RecordedEvent, at: number): Begun | null {
    const under = this.#open.get(requestKey(event))?.under ?? null;
    if (under !== null) under.mark = at;
    return this.#end(requestKey(event), at, event);
  }

  /** What the answer means for the pair. */
  requestSettled(event: RecordedEvent, at: number): Begun | null {
    return this.requestAnswered(event, at) ?? this.#endedAs(requestKey(event));
  }

  // ---- connections

  /** What is asked for a connection of ours tells whose it is: its span stands below that attempt. */
  found(stage: string, event: RecordedEvent, at: number): Begun | null {
    const assertion = this.#open.get(assertKey(event));
    if (assertion !== null) return this.#stage(assertion, stage, at, event);
    const route = this.#open.get(routeKey(event));
    if (route === null) return null;
    const key = event.connection;
    // On a stream that is up its set-up is over: what is asked then is the attempt's.
    if (key === undefined || this.#streams.has(key)) return this.#stage(route, stage, at, event);
    const opened = this.#open.get(key) ??
      this.#begin("s2s.connect", "client", route.mark, event, { key, under: route });
    return this.#stage(opened, stage, at, event);
  }

  opened(event: RecordedEvent, at: number): Begun {
    const { direction, elapsedMs } = event.detail ?? {};
    const key = event.connection!;
    const began = at - (typeof elapsedMs === "number" ? elapsedMs : 0);
    const outward = direction === "out";
    const open = this.#open.get(key) ??
      this.#begin(outward ? "s2s.connect" : "s2s.accept", outward ? "client" : "server", began, event, {
        key,
      });
    open.span.set(() => attributesOf(event));
    return outward ? this.#stage(open, "tcp", at, event) : open.span;
  }

  /** One stage of a connection's set-up; after it is up there are none. */
  stage(name: string, event: RecordedEvent, at: number): Begun | null {
    const open = this.#open.get(event.connection!);
    return open === null ? null : this.#stage(open, name, at, event);
  }

  established(event: RecordedEvent, at: number): Begun | null {
    const open = this.#open.get(event.connection!);
    if (open === null) return null;
    this.#streams.set(event.connection!, open.span);
    if (open.under !== null) open.under.mark = at;
    return this.#end(event.connection!, at, event);
  }

  streamError(event: RecordedEvent, at: number): Begun | null {
    const span = this.#open.get(event.connection!)?.span ?? null;
    span?.event("stream.error", () => attributesOf(event), at);
    return span;
  }

  /** With it everything that waited on it. */
  over(event: RecordedEvent, at: number): Begun | null {
    const connection = event.connection!;
    this.#streams.delete(connection);
    for (const { key } of this.#open.on(connection)) this.#end(key, at, event);
    return this.#end(connection, at, event);
  }

  // ---- requests of peers

  asked(event: RecordedEvent, at: number): Begun {
    const connection = event.connection!;
    return this.#begin("s2s.assert", "server", at, event, {
      key: assertKey(event),
      on: connection,
      asked: pairOf(event),
      beside: this.#streams.get(connection),
    }).span;
  }

  /** A question to an authoritative server goes over a connection of its own. */
  callBack(event: RecordedEvent, at: number): Begun | null {
    const open = this.#open.get(assertKey(event)) ?? this.#open.askedFor(pairOf(event));
    return open === null ? null : this.#stage(open, "dialback", at, event);
  }

  granted(event: RecordedEvent, at: number): Begun | null {
    const open = this.#open.get(assertKey(event));
    return open === null ? null : this.#stage(open, "proof", at, event);
  }

  answered(event: RecordedEvent, at: number): Begun | null {
    const open = this.#open.get(assertKey(event));
    if (open !== null && event.cause !== undefined) this.#stage(open, "proof", at, event);
    return this.#end(assertKey(event), at, event);
  }

  /** The same of our answer. */
  settled(event: RecordedEvent, at: number): Begun | null {
    return this.answered(event, at) ?? this.#endedAs(assertKey(event));
  }

  // ---- within

  #endedAs(key: string): Begun | null {
    return this.#ended?.key === key ? this.#ended.span : null;
  }

  #begin(name: string, kind: Kind, at: number, event: RecordedEvent, place: Place): Open {
    const { key, under = null, on = null, asked = null, beside = null } = place;
    this.#end(key, at, event);
    const span = this.#tracer.begin(name, kind, at, under?.span ?? null, beside);
    span.set(() => attributesOf(event));
    const open = { key, span, mark: at, under, on, asked };
    this.#open.add(open);
    return open;
  }

  /** From where the stages before it ended, or for as long as it says. */
  #stage(open: Open, name: string, at: number, event: RecordedEvent): Begun {
    const { elapsedMs, handshakeMs } = event.detail ?? {};
    const took = typeof elapsedMs === "number"
      ? elapsedMs
      : typeof handshakeMs === "number"
      ? handshakeMs
      : null;
    const span = this.#tracer.begin(name, "internal", took === null ? open.mark : at - took, open.span, null);
    span.set(() => attributesOf(event));
    span.end(at, why(event));
    open.mark = at;
    return span;
  }

  #end(key: string, at: number, event: RecordedEvent): Begun | null {
    const open = this.#open.take(key);
    if (open === null) return null;
    this.#ended = open;
    open.span.set(() => attributesOf(event));
    open.span.end(at, why(event));
    return open.span;
  }
}

type Hear = (spans: Spans, event: RecordedEvent, at: number) => Begun | null;

const stage = (name: string): Hear => (spans, event, at) => spans.stage(name, event, at);
const found = (name: string): Hear => (spans, event, at) => spans.found(name, event, at);

const HEARD: Readonly<Partial<Record<RecordedEvent["type"], Hear>>> = {
  "route.state": (spans, event, at) => spans.route(event, at),
  "delegation.resolved": found("dns"),
  "addresses.resolved": found("dns.addresses"),
  "tlsa.resolved": found("dns.tlsa"),
  "posh.resolved": found("posh"),
  "connection.opened": (spans, event, at) => spans.opened(event, at),
  "stream.opened": stage("stream"),
  "connection.secured": stage("tls"),
  "sasl.finished": stage("sasl"),
  "connection.established": (spans, event, at) => spans.established(event, at),
  "connection.failed": (spans, event, at) => spans.over(event, at),
  "connection.closed": (spans, event, at) => spans.over(event, at),
  "stream.error": (spans, event, at) => spans.streamError(event, at),
  "request.sent": (spans, event, at) => spans.request(event, at),
  "verdict.received": (spans, event, at) => spans.requestAnswered(event, at),
  "pair.authorised": (spans, event, at) => spans.requestSettled(event, at),
  "pair.denied": (spans, event, at) =>
    event.detail?.direction === "out" ? spans.requestSettled(event, at) : spans.settled(event, at),
  "request.received": (spans, event, at) => spans.asked(event, at),
  "verify.received": (spans, event, at) => spans.callBack(event, at),
  "pair.granted": (spans, event, at) => spans.granted(event, at),
  "verdict.sent": (spans, event, at) => spans.answered(event, at),
};

const pairOf = ({ pair }: RecordedEvent) => pair === undefined ? "" : `${pair.local} ${pair.remote}`;
const routeKey = (event: RecordedEvent) => event.pair === undefined ? "" : `route ${pairOf(event)}`;
const requestKey = (event: RecordedEvent) => `${event.connection} out ${pairOf(event)}`;
const assertKey = (event: RecordedEvent) =>
  event.pair === undefined ? "" : `${event.connection} in ${pairOf(event)}`;

function why({ cause }: RecordedEvent): { id: Cause; text: string } | null {
  return cause === undefined ? null : { id: cause, text: CAUSES[cause].text };
}
