/**
 * One side of a stream, played by a script: what arrives is a queue of happenings that the script takes strictly in
 * order, so an element that should not be there fails the next expectation. Silence is proven by a later exchange,
 * never by waiting.
 */
import assert from "node:assert/strict";
import type net from "node:net";
import { Buffer } from "node:buffer";
import { deadline, PATIENCE_MS } from "./deadline.ts";
import { NS } from "./names.ts";
import { Transcript } from "./transcript.ts";
import { type TlsFacts, type TlsOptions, Wire } from "./wire.ts";
import { child, type Element, type Header, StreamReader, type XmlItem } from "./xml.ts";

export type Happening =
  | XmlItem
  | { kind: "ill-formed"; error: Error }
  | { kind: "close_notify" }
  | { kind: "fin" }
  | { kind: "reset" };

/** How the other side left: which of the closing signs were seen, and the first-level elements before them. */
export interface Farewell {
  readonly elements: readonly Element[];
  readonly closingTag: boolean;
  readonly closeNotify: boolean;
  readonly end: "fin" | "reset";
}

export type Attributes = Readonly<Record<string, string>>;

export class Conversation implements AsyncDisposable {
  readonly transcript = new Transcript();
  readonly wire: Wire;
  tls: TlsFacts | undefined;
  readonly #queue: Happening[] = [];
  #reader = new StreamReader();
  #wake = Promise.withResolvers<void>();

  constructor(socket: net.Socket, readonly name: string) {
    this.wire = new Wire(socket, {
      bytes: (bytes, secure) => this.#read(bytes, secure),
      ended: (how) => {
        this.transcript.add("noted", this.wire.secure, how);
        this.#push({ kind: how });
      },
    });
  }

  // ------------------------------------------------------------------------------------------ what the script sends

  send(xml: string | Uint8Array): void {
    this.transcript.add("sent", this.wire.secure, xml);
    this.wire.write(xml);
  }

  /** Sends each byte in a segment of its own (STR-28). */
  async sendBytewise(xml: string): Promise<void> {
    this.transcript.add("sent", this.wire.secure, xml);
    for (const byte of Buffer.from(xml)) {
      this.wire.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** TLS as the initiating side, right after `<proceed/>`. */
  async startTls(options: TlsOptions): Promise<TlsFacts> {
    this.restart();
    return this.tls = await this.wire.startTls(options);
  }

  /** TLS as the receiving side, right after sending `<proceed/>`. */
  async acceptTls(options: TlsOptions): Promise<TlsFacts> {
    this.restart();
    return this.tls = await this.wire.acceptTls(options);
  }

  /** Forgets the old stream: the next header begins a new one (RFC 6120 4.3.3). */
  restart(): void {
    this.#reader = new StreamReader();
  }

  // ------------------------------------------------------------------------------------- what the script waits for

  /** The next happening, whatever it is. */
  async next(waitingFor = "anything", ms: number = PATIENCE_MS): Promise<Happening> {
    if (this.#queue.length === 0) {
      const limit = deadline(`${waitingFor} at ${this.name}`, ms, () => `\n${this.transcript}`);
      try {
        while (this.#queue.length === 0) await limit.race(this.#wake.promise);
      } finally {
        limit.clear();
      }
    }
    return this.#queue.shift()!;
  }

  async header(): Promise<Header> {
    const item = await this.next("a stream header");
    if (item.kind !== "header") this.#unexpected("a stream header", item);
    return item.header;
  }

  /** The next first-level element, whatever it is. */
  async anyElement(waitingFor = "an element", ms?: number): Promise<Element> {
    const item = await this.next(waitingFor, ms);
    if (item.kind !== "element") this.#unexpected(waitingFor, item);
    return item.element;
  }

  /** The next happening, which must be this element with at least these attributes. */
  async element(uri: string, name: string, attributes: Attributes = {}, ms?: number): Promise<Element> {
    const wanted = `<${name} xmlns='${uri}'> ${JSON.stringify(attributes)}`;
    const element = await this.anyElement(wanted, ms);
    const seen = Object.fromEntries(Object.keys(attributes).map((key) => [key, element.attributes[key]]));
    const actual = { uri: element.uri, name: element.name, ...seen };
    assert.deepEqual(
      actual,
      { uri, name, ...attributes },
      `${this.name} expected ${wanted}\n${this.transcript}`,
    );
    return element;
  }

  features(): Promise<Element> {
    return this.element(NS.stream, "features");
  }

  message(attributes: Attributes = {}): Promise<Element> {
    return this.element(NS.server, "message", attributes);
  }

  iq(attributes: Attributes = {}): Promise<Element> {
    return this.element(NS.server, "iq", attributes);
  }

  /** A request: `<db:result/>` without type. */
  async request(from: string, to: string): Promise<Element> {
    const element = await this.element(NS.db, "result", { from, to });
    assert.equal(element.attributes.type, undefined, `a verdict came for a request\n${this.transcript}`);
    return element;
  }

  /** A verdict about our request (from, to): its addresses are swapped (protocol.md A-1). */
  verdict(sender: string, target: string, type: "valid" | "invalid" | "error"): Promise<Element> {
    return this.element(NS.db, "result", { from: target, to: sender, type });
  }

  /** A denial with its condition and error type; exactly one RFC 6120 condition (DNA-69). */
  async denial(sender: string, target: string, type: string, condition: string): Promise<Element> {
    const verdict = await this.verdict(sender, target, "error");
    assert.deepEqual(errorOf(verdict), { type, condition }, this.transcript.toString());
    return verdict;
  }

  /** A stream error with `condition`, then the closing tag. */
  async streamError(condition: string): Promise<Element> {
    const error = await this.element(NS.stream, "error");
    const conditions = error.children.filter((one) => one.uri === NS.streamErrors && one.name !== "text");
    assert.deepEqual(conditions.map((one) => one.name), [condition], this.transcript.toString());
    await this.closing();
    return error;
  }

  async closing(): Promise<void> {
    const item = await this.next("the closing tag");
    if (item.kind !== "closing") this.#unexpected("the closing tag", item);
  }

  /** Everything until TCP ends. */
  async farewell(ms?: number): Promise<Farewell> {
    const elements: Element[] = [];
    let [closingTag, closeNotify] = [false, false];
    for (;;) {
      const item = await this.next("the end of the connection", ms);
      if (item.kind === "fin" || item.kind === "reset") {
        return { elements, closingTag, closeNotify, end: item.kind };
      }
      if (item.kind === "element") elements.push(item.element);
      else if (item.kind === "closing") closingTag = true;
      else if (item.kind === "close_notify") closeNotify = true;
      else this.#unexpected("the end of the connection", item);
    }
  }

  /** Everything up to the first element that `stop` accepts; that one is last. */
  async until(stop: (element: Element) => boolean, waitingFor = "an element"): Promise<Element[]> {
    const elements: Element[] = [];
    for (;;) {
      const element = await this.anyElement(waitingFor);
      elements.push(element);
      if (stop(element)) return elements;
    }
  }

  /** Waits until some element has arrived, taken or not, without taking any; `n` is its number among those that wait. */
  async arrived(is: (element: Element, n: number) => boolean, waitingFor: string): Promise<void> {
    await this.#until(
      () => {
        const elements = this.#queue.flatMap((item) => item.kind === "element" ? [item.element] : []);
        return elements.some(is);
      },
      waitingFor,
    );
  }

  /** Waits for the end of the connection, without taking anything. */
  async ended(): Promise<void> {
    const over = (item: Happening) => item.kind === "fin" || item.kind === "reset";
    await this.#until(() => this.#queue.some(over), "the end of the connection");
  }

  /** Takes whatever has arrived. */
  take(): Happening[] {
    return this.#queue.splice(0);
  }

  async #until(done: () => boolean, waitingFor: string): Promise<void> {
    const limit = deadline(`${waitingFor} at ${this.name}`, PATIENCE_MS, () => `\n${this.transcript}`);
    try {
      while (!done()) await limit.race(this.#wake.promise);
    } finally {
      limit.clear();
    }
  }

  /** Whatever has already arrived and was not taken. */
  get waiting(): readonly Happening[] {
    return this.#queue;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.wire.destroy();
    return Promise.resolve();
  }

  #read(bytes: Uint8Array, secure: boolean): void {
    this.transcript.add("received", secure, bytes);
    try {
      for (const item of this.#reader.feed(bytes)) this.#push(item);
    } catch (error) {
      this.#push({ kind: "ill-formed", error: error as Error });
    }
  }

  #push(happening: Happening): void {
    this.#queue.push(happening);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  #unexpected(wanted: string, item: Happening): never {
    const seen = item.kind === "element" ? item.element.raw : item.kind;
    const why = item.kind === "ill-formed" ? `: ${item.error.message}` : "";
    assert.fail(`${this.name} expected ${wanted}, saw ${seen}${why}\n${this.transcript}`);
  }
}

/** Type and condition of an element's `<error/>`; fails when there is not exactly one RFC 6120 condition. */
export function errorOf(element: Element): { type: string | undefined; condition: string } {
  const error = child(element, element.uri === NS.db ? NS.server : element.uri, "error");
  assert.ok(error, `no <error/> in ${element.raw}`);
  const conditions = error.children.filter((one) => one.uri === NS.stanzaErrors && one.name !== "text");
  assert.equal(conditions.length, 1, `not exactly one condition in ${element.raw}`);
  return { type: error.attributes.type, condition: conditions[0]!.name };
}
