/**
 * What the shells of all three kinds of streams share: one TCP connection, one machine, the read pump.
 * RFC 6120 4; protocol.md 4.8, 4.9.
 */
import { type Cause, CAUSES } from "../facts/cause.ts";
import type { TlsFacts } from "../facts/certificate.ts";
import type { Detail } from "../facts/event.ts";
import type { CommonEffect, CommonEvent } from "../machines/stream.ts";
import type { Batch, Connection, Ending, Sink } from "../wire/connection.ts";
import type { Element } from "../xml/element.ts";
import { type Declarations, parseElement, XmlFault } from "../xml/reader.ts";
import { type ContentNamespace, DECLARED } from "../xmpp/namespaces.ts";
import {
  parseStreamError,
  PeerFault,
  printStreamError,
  type Refusal,
  STANZA_TOO_BIG,
  type StreamCondition,
  type StreamError,
  type StreamErrorDetail,
} from "../xmpp/stream_error.ts";
import { CLOSING_TAG, parseStreamHeader, type StreamHeader } from "../xmpp/stream_header.ts";
import type { ServerContext } from "./context.ts";
import { ElementTrace } from "./element_trace.ts";
import { encode } from "./encode.ts";

/** Framer kinds (docs/architecture.md, stanza records). */
const IQ = 3, CONTROL = 4, HEADER = 5, CLOSING = 6;
export const KINDS = CLOSING + 1;

/** Stanzas without `xml:lang` mean this language on our own streams (RFC 6120 4.7.4). */
const OUR_LANGUAGE = "en";

export abstract class StreamShell implements Sink {
  abstract readonly id: string;
  connection!: Connection;
  /** The machine has reported its end. */
  over = false;
  /** The stream was ended for a fault: nothing more that comes on it counts. */
  ending = false;
  stanzasIn = 0;
  stanzasOut = 0;
  /** The peer's stream error, once it sent one. */
  peerError: StreamError | null = null;
  /** Why it ends, once that has begun. */
  protected leaving: Cause = "stream.closed";
  #farewell: Promise<void> | null = null;
  readonly trace: ElementTrace;
  /** The peer's latest header. */
  protected header: StreamHeader | null = null;
  /** Who opened the stream that we read headers of. */
  protected readonly role: "initial" | "response" = "initial";

  constructor(protected readonly server: ServerContext, protected readonly content: ContentNamespace) {
    this.trace = new ElementTrace(server.host, () => this.id, content);
  }

  protected abstract send(event: CommonEvent): void;
  /** A promise pauses reading until it settles. */
  protected abstract readHeader(header: StreamHeader): void | Promise<void>;
  /** A returned promise pauses reading until it settles. */
  protected abstract onElement(element: Element): void | Promise<void>;
  protected abstract onStanzas(batch: Batch, first: number, end: number): void | Promise<void>;
  protected abstract onOver(cause: Cause): void;
  abstract secured(facts: TlsFacts): void;

  /** What the peer's header declares: in scope for every element of its stream (RFC 6120 4.8.5). */
  get declared(): Declarations {
    return this.header?.declared ?? DECLARED[this.content];
  }

  /** The language of the peer's stanzas that name none, when it is not ours too (4.11). */
  get foreignLanguage(): string | null {
    const lang = this.header?.lang ?? null;
    return lang === null || lang.toLowerCase() === OUR_LANGUAGE ? null : lang;
  }

  /** Stanzas of the peer go on from here. */
  took(batch: Batch, first: number, end: number): void {
    this.stanzasIn += end - first;
    batch.tally(first, end, this.server.traffic.kindsIn);
  }

  /** Writes an element that is no stanza. What dialback says is told by those who say it. */
  print(text: string): void {
    const bytes = encode(text);
    this.trace.sent(text, bytes.length);
    this.connection.write(bytes);
  }

  /** Reads until the connection ends. */
  protected async pump(connection: Connection): Promise<void> {
    this.#ended(await connection.run(this));
  }

  batch(batch: Batch): void | Promise<void> {
    let wait: void | Promise<void> = undefined;
    for (let i = 0; i < batch.count && !this.over;) {
      if (this.ending) {
        // 4.9: after our own last words only the peer's closing tag counts, and what it says before it.
        this.#late(batch, i++);
        continue;
      }
      if (batch.kind(i) > IQ) {
        wait = this.#control(batch, i++) ?? wait;
        continue;
      }
      const first = i;
      while (i < batch.count && batch.kind(i) <= IQ) i++;
      wait = this.onStanzas(batch, first, i) ?? wait;
    }
    return wait;
  }

  /** Ends the stream for what the peer did. */
  fault(condition: StreamCondition, cause: Cause): void {
    this.leaving = cause;
    this.ending = true;
    this.send({ type: "fault.found", condition, cause });
  }

  protected performCommon(effect: CommonEffect): void {
    switch (effect.type) {
      case "send error":
        this.ending = true;
        this.tell("stream.error", { condition: effect.condition, by: "us" }, effect.cause, "warning");
        return this.connection.write(encode(printStreamError(effect.condition, this.errorDetail(effect))));
      case "close stream":
        return this.#closeStream();
      case "end connection":
        return void this.#endConnection();
      case "drop connection":
        return this.connection?.drop();
      case "report over":
        if (this.over) return;
        this.over = true;
        return this.onOver(effect.cause);
    }
  }

  /** 4.9: what is said right before our closing tag; a promise holds the tag back. */
  protected lastWords(): void | Promise<void> {}

  /** What the peer says between our closing tag and its own. */
  protected onLateElement(_element: Element): void {}

  /** What a stream error says beside its condition: RFC 6120 4.9.3.21, protocol.md 4.12. */
  protected errorDetail({ condition, cause }: Refusal): StreamErrorDetail {
    if (condition === "undefined-condition") return { text: CAUSES[cause].text };
    return cause === "xml.limit" ? { application: STANZA_TOO_BIG } : {};
  }

  #closeStream(): void {
    const close = () => {
      this.trace.closing("element.sent");
      this.connection.writeLast(encode(CLOSING_TAG));
    };
    const wait = this.lastWords();
    if (wait === undefined) return close();
    this.#farewell = wait.then(close);
  }

  async #endConnection(): Promise<void> {
    if (this.#farewell !== null) await this.#farewell;
    await this.connection.end();
    this.send({ type: "connection.ended", cause: "stream.closed" });
  }

  #late(batch: Batch, i: number): void {
    if (batch.kind(i) === CLOSING) return this.#closingTag();
    if (batch.kind(i) !== CONTROL) return;
    try {
      this.onLateElement(parseElement(batch.text(i), this.declared));
    } catch (error) {
      if (!(error instanceof XmlFault || error instanceof PeerFault)) throw error;
    }
  }

  protected tell(
    type:
      | "stream.error"
      | "stream.opened"
      | "stream.redirected"
      | "connection.secured"
      | "connection.established",
    detail: Record<string, Detail>,
    cause?: Cause,
    level: "debug" | "info" | "warning" = "info",
  ): void {
    const peer = this.connection?.peer.ip ?? null;
    this.server.host.tell({
      type,
      level,
      connection: this.id,
      detail: { ...detail, peer },
      ...(cause ? { cause } : {}),
    });
  }

  /** The TLS library refused what the peer sent. */
  protected tlsBroken(cause: Cause, detail: string): void {
    this.tell("stream.error", { by: "peer", found: detail }, cause, "warning");
    this.send({ type: "connection.ended", cause });
  }

  #control(batch: Batch, i: number): void | Promise<void> {
    const kind = batch.kind(i);
    if (kind === HEADER) return this.#header(batch.text(i));
    if (kind !== CONTROL) return this.#closingTag();
    try {
      const element = parseElement(batch.text(i), this.declared);
      this.trace.received(element, batch.end(i) - batch.start(i));
      return this.#element(element);
    } catch (error) {
      if (error instanceof PeerFault) return this.fault(error.condition, error.cause);
      if (error instanceof XmlFault) return this.fault("policy-violation", "xml.limit");
      throw error;
    }
  }

  #closingTag(): void {
    this.trace.closing("element.received");
    this.send({ type: "stream.closed" });
  }

  #header(text: string): void | Promise<void> {
    this.header = parseStreamHeader(text, this.role, this.content);
    const { from, to, id, fault } = this.header;
    this.tell(
      "stream.opened",
      { from: from?.domain ?? null, to: to?.domain ?? null, id },
      fault?.cause,
      "debug",
    );
    return this.readHeader(this.header);
  }

  #element(element: Element): void | Promise<void> {
    const error = parseStreamError(element);
    if (error === null) return this.onElement(element);
    const { condition } = error;
    this.tell(
      "stream.error",
      { by: "peer", ...saidWith(error) },
      saidBy(error),
      condition === "system-shutdown" ? "info" : "warning",
    );
    this.peerError = error;
    const cause = this.onPeerError(error);
    this.leaving = cause;
    this.send({ type: "error.received", condition, cause });
  }

  /** What the peer's stream error means for us. */
  protected onPeerError(error: StreamError): Cause {
    return saidBy(error);
  }

  #ended(ending: Ending): void {
    if (this.over) return;
    if (ending.how === "crashed") {
      this.server.crashed(this.id, ending.error);
      return this.send({ type: "connection.ended", cause: "server.internal" });
    }
    if (ending.how === "tls") return this.tlsBroken(ending.cause, ending.detail);
    if (ending.how !== "fault") return this.send({ type: "connection.ended", cause: causeOf(ending.how) });
    const { condition, cause, detail } = ending.fault;
    this.tell("stream.error", { condition, by: "peer", found: detail }, cause, "warning");
    this.fault(condition, cause);
    // Nothing more is read: the peer's closing tag cannot come.
    this.send({ type: "stream.closed" });
  }
}

/** Of a peer's words no more is kept. */
const MOST_WORDS = 200;

/** A stream error in the detail of an event; nothing when there was none. */
export function saidWith(error: StreamError | null): { condition?: StreamCondition; text?: string | null } {
  return error === null ? {} : { condition: error.condition, text: error.text?.slice(0, MOST_WORDS) ?? null };
}

/** Who is not authorised should hear whose affair that is; a machine that is switched off has no fault (4.8). */
function saidBy({ condition }: StreamError): Cause {
  if (condition === "system-shutdown") return "stream.shutdown";
  return condition === "not-authorized" ? "stream.not-authorized" : "stream.error";
}

/** TCP ended without the closing handshake of 4.9: how it ended says whose fault it looks like. */
function causeOf(how: "closed" | "truncated" | "reset" | "dropped"): Cause {
  if (how === "reset") return "tcp.reset";
  return how === "truncated" ? "tls.truncated" : "tcp.lost";
}
