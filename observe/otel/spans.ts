/**
 * A federation as OpenTelemetry spans, made of the decisions that the recorder hands on: a span for each attempt to open a
 * pair, each connection's set-up and each request of a peer, below it one per stage. console.md 4.2.
 */
import type { Cause } from "../../facts/cause.ts";
import { CAUSES } from "../../facts/cause.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import { type Attributes, attributesOf } from "./attributes.ts";

export type Kind = "client" | "server" | "internal";

/** A span that has begun. */
export interface Begun {
  event(name: string, attributes: Attributes, at: number): void;
  set(attributes: Attributes): void;
  /** @param cause Why it failed; null: it did not. */
  end(at: number, cause: { readonly id: Cause; readonly text: string } | null): void;
}

/** Begins spans; `under` is the parent, `beside` another trace that it belongs to. Times are milliseconds since the epoch. */
export interface Tracer {
  begin(name: string, kind: Kind, at: number, under: Begun | null, beside: Begun | null): Begun;
}

interface Open {
  readonly span: Begun;
  /** Until when its stages are known. */
  mark: number;
  /** The attempt below which it stands. */
  readonly under: Open | null;
}

/** What is begun and never told the end of must not be kept for ever. */
const MOST_OPEN = 10_000;

const END_OF_ROUTE: ReadonlySet<unknown> = new Set(["authorised", "denied", "backoff", "draining"]);

export class Spans {
  readonly #tracer: Tracer;
  readonly #open = new Map<string, Open>();
  /** The spans of streams that are up: requests on them are linked to their set-up. */
  readonly #streams = new Map<string, Begun>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** How many have begun and not ended. */
  get open(): number {
    return this.#open.size;
  }

  hear(event: RecordedEvent): void {
    const at = Date.parse(event.at);
    HEARD[event.type]?.(this, event, at);
  }

  // ---- attempts to open a pair

  route(event: RecordedEvent, at: number): void {
    const key = routeKey(event), state = event.detail?.state;
    if (!END_OF_ROUTE.has(state)) {
      if (!this.#open.has(key)) this.#begin(key, "s2s.route", "client", at, event);
      return;
    }
    // What had no beginning was open before, or is in back-off anew.
    this.#end(key, at, event);
  }

  request(event: RecordedEvent, at: number): void {
    const under = this.#open.get(routeKey(event)) ?? null;
    this.#begin(
      requestKey(event),
      "request",
      "client",
      at,
      event,
      under,
      this.#streams.get(event.connection!),
    );
  }

  requestAnswered(event: RecordedEvent, at: number): void {
    const under = this.#open.get(requestKey(event))?.under ?? null;
    this.#end(requestKey(event), at, event);
    if (under !== null) under.mark = at;
  }

  // ---- connections

  /** What is asked for a connection of ours tells whose it is: its span stands below that attempt. */
  found(stage: string, event: RecordedEvent, at: number): void {
    const assertion = this.#open.get(assertKey(event));
    if (assertion !== undefined) return this.#stage(assertion, stage, at, event);
    const route = this.#open.get(routeKey(event));
    if (event.connection === undefined) {
      return route === undefined ? undefined : this.#stage(route, stage, at, event);
    }
    if (route === undefined) return;
    const opened = this.#open.get(event.connection) ??
      this.#begin(event.connection, "s2s.connect", "client", route.mark, event, route);
    this.#stage(opened, stage, at, event);
  }

  opened(event: RecordedEvent, at: number): void {
    const { direction, elapsedMs } = event.detail ?? {};
    const began = at - (typeof elapsedMs === "number" ? elapsedMs : 0);
    const outward = direction === "out";
    const open = this.#open.get(event.connection!) ??
      this.#begin(
        event.connection!,
        outward ? "s2s.connect" : "s2s.accept",
        outward ? "client" : "server",
        began,
        event,
      );
    open.span.set(attributesOf(event));
    if (outward) this.#stage(open, "tcp", at, event);
  }

  /** One stage of a connection's set-up; after it is up there are none. */
  stage(name: string, event: RecordedEvent, at: number): void {
    const open = this.#open.get(event.connection!);
    if (open !== undefined) this.#stage(open, name, at, event);
  }

  established(event: RecordedEvent, at: number): void {
    const open = this.#open.get(event.connection!);
    if (open === undefined) return;
    this.#streams.set(event.connection!, open.span);
    if (open.under !== null) open.under.mark = at;
    this.#end(event.connection!, at, event);
  }

  streamError(event: RecordedEvent, at: number): void {
    this.#open.get(event.connection!)?.span.event("stream.error", attributesOf(event), at);
  }

  /** With it everything that waited on it. */
  over(event: RecordedEvent, at: number): void {
    this.#end(event.connection!, at, event);
    this.#streams.delete(event.connection!);
    for (const key of this.#open.keys()) {
      if (key.startsWith(`${event.connection} `)) this.#end(key, at, event);
    }
  }

  // ---- requests of peers

  asked(event: RecordedEvent, at: number): void {
    this.#begin(
      assertKey(event),
      "s2s.assert",
      "server",
      at,
      event,
      null,
      this.#streams.get(event.connection!),
    );
  }

  callBack(event: RecordedEvent, at: number): void {
    const open = this.#open.get(assertKey(event)) ?? this.#assertionOf(event);
    if (open !== undefined) this.#stage(open, "dialback", at, event);
  }

  granted(event: RecordedEvent, at: number): void {
    const open = this.#open.get(assertKey(event));
    if (open !== undefined) this.#stage(open, "proof", at, event);
  }

  answered(event: RecordedEvent, at: number): void {
    const open = this.#open.get(assertKey(event));
    if (open !== undefined && event.cause !== undefined) this.#stage(open, "proof", at, event);
    this.#end(assertKey(event), at, event);
  }

  // ---- within

  /** A question to an authoritative server goes over a connection of its own. */
  #assertionOf({ pair }: RecordedEvent): Open | undefined {
    for (const [key, open] of this.#open) if (key.endsWith(` in ${pair!.local} ${pair!.remote}`)) return open;
    return undefined;
  }

  #begin(
    key: string,
    name: string,
    kind: Kind,
    at: number,
    event: RecordedEvent,
    under: Open | null = null,
    beside: Begun | null = null,
  ): Open {
    this.#end(key, at, event);
    if (this.#open.size >= MOST_OPEN) this.#end(this.#open.keys().next().value!, at, null);
    const span = this.#tracer.begin(name, kind, at, under?.span ?? null, beside);
    span.set(attributesOf(event));
    const open = { span, mark: at, under };
    this.#open.set(key, open);
    return open;
  }

  /** From where the stages before it ended, or for as long as it says. */
  #stage(open: Open, name: string, at: number, event: RecordedEvent): void {
    const { elapsedMs, handshakeMs } = event.detail ?? {};
    const took = typeof elapsedMs === "number"
      ? elapsedMs
      : typeof handshakeMs === "number"
      ? handshakeMs
      : null;
    const span = this.#tracer.begin(name, "internal", took === null ? open.mark : at - took, open.span, null);
    span.set(attributesOf(event));
    span.end(at, why(event));
    open.mark = at;
  }

  #end(key: string, at: number, event: RecordedEvent | null): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    this.#open.delete(key);
    if (event !== null) open.span.set(attributesOf(event));
    open.span.end(at, event === null ? null : why(event));
  }
}

type Hear = (spans: Spans, event: RecordedEvent, at: number) => void;

const stage = (name: string): Hear => (spans, event, at) => spans.stage(name, event, at);
const found = (name: string): Hear => (spans, event, at) => spans.found(name, event, at);
const requestAnswered: Hear = (spans, event, at) => spans.requestAnswered(event, at);

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
  "verdict.received": requestAnswered,
  "pair.denied": (spans, event, at) =>
    event.detail?.direction === "out" ? spans.requestAnswered(event, at) : spans.answered(event, at),
  "request.received": (spans, event, at) => spans.asked(event, at),
  "verify.received": (spans, event, at) => spans.callBack(event, at),
  "pair.granted": (spans, event, at) => spans.granted(event, at),
  "verdict.sent": (spans, event, at) => spans.answered(event, at),
};

const routeKey = ({ pair }: RecordedEvent) => pair === undefined ? "" : `route ${pair.local} ${pair.remote}`;
const requestKey = ({ connection, pair }: RecordedEvent) =>
  `${connection} out ${pair!.local} ${pair!.remote}`;
const assertKey = ({ connection, pair }: RecordedEvent) =>
  pair === undefined ? "" : `${connection} in ${pair.local} ${pair.remote}`;

function why({ cause }: RecordedEvent): { id: Cause; text: string } | null {
  return cause === undefined ? null : { id: cause, text: CAUSES[cause].text };
}
