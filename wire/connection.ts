/**
 * One TCP connection: bytes in as framed items, bytes out gathered, TLS when ordered. native.md 2.
 */
import type { Cause } from "../facts/cause.ts";
import type { ChainAnchor, TlsFacts } from "../facts/certificate.ts";
import type { Batch } from "./batch.ts";
import { failureCause, type FrameFault, frameFault, INJECTION } from "./errors.ts";
import { WireFault } from "./fault.ts";
import type { Identities } from "./identity.ts";
import type { Bytes } from "./native.ts";
import { Outlet, type Unsent } from "./outlet.ts";
import { Pace } from "./pace.ts";
import { ReadBuffer } from "./read_buffer.ts";
import { type Content, framed, type FrameLimits, Session, type StartTls } from "./session.ts";
import { timers } from "./timers.ts";
import { chainAnchor, type Trust } from "./trust.ts";

export { Batch } from "./batch.ts";
export type { Unsent } from "./outlet.ts";
export type { FrameLimits, StartTls } from "./session.ts";

export interface Sink {
  /** Handles a batch at once; a returned promise pauses reading until it settles. */
  batch(batch: Batch): void | Promise<void>;
  secured(facts: TlsFacts): void;
}

/**
 * How the reading ended. `tls`: the TLS library refused. `fault`: the framer did, and only then writing still works,
 * until `end` or `drop`; in all other cases the socket is closed, after what was queued if that could still leave.
 * `crashed`: the sink threw.
 */
export type Ending =
  | { readonly how: "closed" | "truncated" | "reset" | "dropped" }
  | { readonly how: "tls"; readonly cause: Cause; readonly detail: string }
  | { readonly how: "fault"; readonly fault: FrameFault }
  | { readonly how: "crashed"; readonly error: unknown };

/** What every connection of one server shares; asked anew each time, because certificates are reloaded. */
export interface Surroundings {
  identities(): Identities;
  trust(): Trust;
  /** Milliseconds since the epoch. */
  now(): number;
  closeNotifyTimeoutMs(): number;
}

/** Bytes on the wire. */
export interface Carried {
  in: number;
  out: number;
}

export interface ConnectionOptions {
  readonly content: Content;
  readonly frame: FrameLimits;
  readonly surroundings: Surroundings;
  /** Bytes of many connections together: this one adds its own. */
  readonly carried?: Carried | null;
}

export class Connection {
  readonly peer: { readonly ip: string; readonly port: number };
  tls: TlsFacts | null = null;
  bytesIn = 0;
  lastReadAt: number;
  lastWriteAt = 0;
  readonly #conn: Deno.TcpConn;
  readonly #around: Surroundings;
  readonly #carried: Carried;
  readonly #outlet: Outlet;
  readonly #session: Session;
  readonly #pace: Pace;
  #dropped = false;
  #silent = false;
  #peerClosed = false;
  #starting: StartTls | null = null;
  #startedAt = 0;
  #peerRole: "client" | "server" = "client";
  #reading = false;

  /** @throws {WireFault} when the library takes no more sessions. */
  constructor(conn: Deno.TcpConn, { content, frame, surroundings, carried }: ConnectionOptions) {
    const { hostname, port } = conn.remoteAddr;
    this.peer = { ip: unmapped(hostname), port };
    this.#conn = conn;
    this.#around = surroundings;
    this.lastReadAt = surroundings.now();
    this.#session = new Session(content, frame);
    this.#pace = new Pace(frame.bytesPerSecond);
    // Only plaintext can be taken back: what a peer's TLS has is answered for by the count of XEP-0198.
    this.#carried = carried ?? { in: 0, out: 0 };
    this.#outlet = new Outlet(conn, content === "component", this.#carried);
  }

  get bytesOut(): number {
    return this.#outlet.bytes;
  }

  /** Reads until the connection ends. Never rejects. */
  async run(sink: Sink): Promise<Ending> {
    this.#reading = true;
    const ending = await this.#read(sink).catch((error): Ending => ({ how: "crashed", error }));
    this.#reading = false;
    if (ending.how === "fault" && !this.#dropped) return ending;
    if (ending.how === "closed") this.#closeNotify(); // RFC 8446 6.1: each side sends its own
    if (ending.how === "closed" || ending.how === "tls") await this.#flushed();
    this.drop();
    this.#session.free();
    return ending;
  }

  async #read(sink: Sink): Promise<Ending> {
    const buffer = new ReadBuffer();
    for (;;) {
      let length: number | null;
      try {
        length = await this.#conn.read(buffer.bytes);
      } catch {
        return { how: this.#dropped ? "dropped" : "reset" };
      }
      if (this.#dropped) return { how: "dropped" };
      if (length === null) return { how: this.#secure && !this.#peerClosed ? "truncated" : "closed" };
      this.bytesIn += length;
      this.#carried.in += length;
      this.lastReadAt = this.#around.now();
      const ending = await this.#take(buffer.bytes, length, sink);
      if (ending !== null) return ending;
      buffer.adapt(length);
      const wait = this.#pace.took(length);
      if (wait !== undefined) await wait;
      if (this.#dropped) return { how: "dropped" };
    }
  }

  /** Whether TLS has begun. */
  get #secure(): boolean {
    return this.tls !== null || this.#starting !== null;
  }

  /** Feeds what was read, and hands on item batch by item batch. */
  async #take(input: Bytes, length: number, sink: Sink): Promise<Ending | null> {
    for (let offset = 0, more = true; more;) {
      const fed = this.#session.feed(input, offset, length - offset);
      offset += fed.consumed;
      if (fed.failure < 0) return this.#broken(fed.failure);
      if (fed.pull) this.#pull();
      this.#peerClosed = fed.peerClosed;
      if (this.#starting !== null && !fed.handshaking) this.#secured(this.#starting, sink);
      const wait = this.#hand(sink);
      if (wait !== undefined) await wait;
      if (this.#dropped) return { how: "dropped" };
      if (fed.fault !== 0) return { how: "fault", fault: frameFault(fed.fault) };
      more = fed.more || offset < length;
    }
    return null;
  }

  #hand(sink: Sink): void | Promise<void> {
    if (framed.count === 0 || this.#dropped) return;
    return sink.batch(framed) ?? this.#outlet.relief();
  }

  #broken(failure: number): Ending {
    const cause = failureCause(failure);
    const detail = this.#session.words || `error ${failure}`;
    this.#pull(); // the alert
    return { how: "tls", cause, detail };
  }

  #secured(starting: StartTls, sink: Sink): void {
    this.#starting = null;
    const { chain, staple, ...shown } = this.#session.handshake(
      starting.role === "initiating" ? starting.sni : null,
    );
    const role = this.#peerRole = starting.role === "initiating" ? "server" : "client";
    const handshakeMs = Math.round(performance.now() - this.#startedAt);
    this.tls = {
      ...shown,
      handshakeMs,
      peer: this.#around.trust().judge(chain, role, this.#around.now(), staple),
    };
    sink.secured(this.tls);
  }

  /** The peer's chain under an authority that was published whole; null when that is no certificate. TLSA `2 0 0`. */
  anchoredBy(authority: Bytes): ChainAnchor | null {
    return chainAnchor(this.#session.chain, authority, this.#peerRole, this.#around.now());
  }

  /**
   * Begins the handshake; only while the element that starts it is being handled.
   *
   * @throws {WireFault} `tls.injection` when plaintext waits behind that element.
   */
  startTls(options: StartTls): void {
    const result = this.#session.startTls(this.#around.identities().context, options);
    if (result === INJECTION) {
      throw new WireFault("tls.injection", "Cannot start TLS: plaintext waits behind its element");
    }
    if (result < 0) throw new WireFault(failureCause(result), `Cannot start TLS: error ${result}`);
    this.#starting = options;
    this.#startedAt = performance.now();
    this.#pull();
  }

  /** A new stream follows on this one, which is not closed (RFC 6120 4.3.3): the next bytes begin with its header. */
  restart(): void {
    this.#session.restart();
  }

  limits(frame: FrameLimits): void {
    this.#session.limits(frame);
    this.#pace.set(frame.bytesPerSecond);
  }

  /** From now on records of stanzas between these domains, spelt so, carry `id`. */
  learnPair(from: string, to: string, id: number): void {
    this.#session.learnPair(from, to, id);
  }

  /**
   * One stanza of a batch of this connection as it must stand in a stream that declares nothing but ours (4.7), in
   * `lang` when it names none itself; null when it cannot be made.
   */
  rescope(batch: Batch, i: number, target: Content, lang: string | null): Uint8Array | null {
    return this.#session.rescope(batch, i, target, lang);
  }

  /** Queues bytes; everything queued within a tick leaves in one write. */
  write(bytes: Uint8Array): void {
    if (this.#silent) return;
    this.lastWriteAt = this.#around.now();
    this.#fill(bytes.length, (...room) => this.#session.write(bytes as Bytes, ...room));
  }

  /** Queues items `first` to `end` of another connection's batch, straight from the shared buffer. */
  forward(from: Batch, first: number, end: number): void {
    if (end <= first || this.#silent) return;
    const length = from.end(end - 1) - from.start(first);
    this.lastWriteAt = this.#around.now();
    this.#fill(length, (...room) => this.#session.forward(from, first, end, ...room));
  }

  /** The last that is written: whatever follows is not (protocol.md 4.9). */
  writeLast(bytes: Uint8Array): void {
    this.write(bytes);
    this.#silent = true;
  }

  #pull(): void {
    this.#fill(4096, (...room) => this.#session.pull(...room));
  }

  /** Lets the library append to what waits for the socket. */
  #fill(length: number, append: (out: Bytes, at: number, room: number) => number): void {
    if (this.#session.freed) return;
    // Records of 16 KiB with at most 64 bytes around each, and what the library wants to say itself.
    const room = length + (Math.ceil(length / 16_384) + 1) * 64 + 1024;
    let result = this.#outlet.append(room, append);
    while (result > 0 && this.#outlet.full) {
      result = this.#outlet.append(room, (...r) => this.#session.pull(...r));
    }
    if (result < 0) this.drop();
  }

  /** Undefined while there is room; else it settles when there is, or the connection is gone. */
  drained(): Promise<void> | undefined {
    return this.#outlet.drained();
  }

  /** Undefined when the socket has taken byte number `at`; else it settles when it has, or is closed. */
  reached(at: number): Promise<void> | undefined {
    return this.#outlet.reached(at);
  }

  /** What is written now may still arrive. */
  get open(): boolean {
    return !this.#dropped && !this.#outlet.closed;
  }

  /** What a component's closed connection still held; null when it was nothing. */
  get unsent(): Unsent | null {
    return this.#outlet.unsent;
  }

  /** What waits for the socket, in bytes. */
  get buffered(): number {
    return this.#outlet.waiting;
  }

  /** Flushes, sends close_notify and FIN, waits for the peer's at most `close_notify_timeout`, closes the socket. */
  async end(): Promise<void> {
    if (this.#session.freed) return;
    this.#closeNotify();
    await this.#flushed();
    const timer = timers.set(() => this.drop(), this.#around.closeNotifyTimeoutMs());
    try {
      if (!this.#dropped) await this.#conn.closeWrite();
      await this.#discard();
    } catch {
      // The peer was quicker: there is nothing left to be said.
    } finally {
      timers.clear(timer);
      this.drop();
    }
  }

  #closeNotify(): void {
    if (!this.#secure || this.#session.freed) return;
    this.#session.closeNotify();
    this.#pull();
  }

  /** When all that was queued is written; given up when nothing moves for `close_notify_timeout`. */
  async #flushed(): Promise<void> {
    for (let before = -1; !this.#dropped && this.#outlet.waiting > 0 && this.#outlet.bytes !== before;) {
      before = this.#outlet.bytes;
      await this.#outlet.flushed(this.#around.closeNotifyTimeoutMs());
    }
  }

  /** Reads the rest that nobody wants, so that closing does not reset what we said last. */
  async #discard(): Promise<void> {
    if (this.#reading) return await this.#outlet.gone;
    const { bytes } = new ReadBuffer();
    while (!this.#dropped && await this.#conn.read(bytes) !== null);
  }

  /** Closes the socket at once. */
  drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.#outlet.close();
    this.#pace.set(0);
    try {
      this.#conn.close();
    } catch {
      // It is closed already.
    }
    if (!this.#reading) this.#session.free();
  }
}

/** An IPv4 peer of a dual-stack listener: else all of IPv4 shares one /64 (protocol.md 10). */
export function unmapped(ip: string): string {
  return ip.toLowerCase().startsWith("::ffff:") && ip.includes(".") ? ip.slice(7) : ip;
}
