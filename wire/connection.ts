/**
 * One TCP connection: bytes in as framed items, bytes out gathered, TLS when ordered. native.md 2.
 *
 * Calls into the library are synchronous and on one thread, so all connections share their scratch buffers.
 */
import type { Cause } from "../facts/cause.ts";
import type { TlsFacts } from "../facts/certificate.ts";
import { Batch, RECORD } from "./batch.ts";
import { CAPACITY, type FrameFault, frameFault, INJECTION, RENEGOTIATION } from "./errors.ts";
import { WireFault } from "./fault.ts";
import type { Identities } from "./identity.ts";
import { type Bytes, native, split } from "./native.ts";
import { Outlet } from "./outlet.ts";
import type { Trust } from "./trust.ts";

export { Batch } from "./batch.ts";

/** Limits of the framer (protocol.md 10). */
export interface FrameLimits {
  readonly headerBytes: number;
  readonly stanzaBytes: number;
  readonly depth: number;
  readonly attributes: number;
  readonly elements: number;
  readonly valueBytes: number;
  readonly nameBytes: number;
  readonly namespaceBytes: number;
}

export interface Sink {
  /** Handles a batch at once; a returned promise pauses reading until it settles. */
  batch(batch: Batch): void | Promise<void>;
  secured(facts: TlsFacts): void;
}

/** How the reading ended. `tls`: the TLS library refused; `fault`: the framer did, and writing still works. */
export type Ending =
  | { readonly how: "closed" | "truncated" | "reset" | "dropped" }
  | { readonly how: "tls"; readonly cause: Cause; readonly detail: string }
  | { readonly how: "fault"; readonly fault: FrameFault };

export type StartTls =
  | { readonly role: "initiating"; readonly sni: string; readonly identity: string }
  /** `preferred`: which certificate, when the peer names none by SNI (protocol.md 6.3). */
  | { readonly role: "receiving"; readonly preferred: string | null };

/** What every connection of one server shares; asked anew each time, because certificates are reloaded. */
export interface Surroundings {
  identities(): Identities;
  trust(): Trust;
  /** Milliseconds since the epoch. */
  now(): number;
  closeNotifyTimeoutMs(): number;
}

export interface ConnectionOptions {
  readonly content: "server" | "component";
  readonly frame: FrameLimits;
  readonly surroundings: Surroundings;
}

/** Largest stanza that the configuration may allow plus what TLS gives in one bite. */
const SCRATCH = 1 << 20;
const batch = new Batch(SCRATCH, 4096);
const state = new Uint32Array(4);
const info = new Uint8Array(256 * 1024);

/** 20 kB RSS per idle connection instead of 73 (native.md 2): buffers grow with what arrives and shrink again. */
const SMALL_READ = 2048;
const LARGE_READ = 65_536;
const SHRINK_AFTER = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Connection {
  readonly peer: { readonly ip: string; readonly port: number };
  tls: TlsFacts | null = null;
  bytesIn = 0;
  lastReadAt: number;
  readonly #conn: Deno.TcpConn;
  readonly #around: Surroundings;
  readonly #outlet: Outlet;
  readonly #session: number;
  #freed = false;
  #dropped = false;
  #peerClosed = false;
  #starting: StartTls | null = null;
  #reading = false;

  constructor(conn: Deno.TcpConn, { content, frame, surroundings }: ConnectionOptions) {
    const { hostname, port } = conn.remoteAddr;
    this.peer = { ip: unmapped(hostname), port };
    this.#conn = conn;
    this.#around = surroundings;
    this.lastReadAt = surroundings.now();
    this.#session = native().session_new(content === "component" ? 1 : 0, limitWords(frame));
    if (this.#session < 0) {
      throw new WireFault("native.panic", `Cannot open a session: error ${this.#session}`);
    }
    this.#outlet = new Outlet(conn);
  }

  get bytesOut(): number {
    return this.#outlet.bytes;
  }

  /** Reads until the connection ends. Never rejects. */
  async run(sink: Sink): Promise<Ending> {
    this.#reading = true;
    const ending = await this.#read(sink);
    this.#reading = false;
    if (ending.how !== "fault") await this.#release(ending.how === "tls");
    return ending;
  }

  async #read(sink: Sink): Promise<Ending> {
    let buffer = new Uint8Array(SMALL_READ);
    let small = 0;
    for (;;) {
      let n: number | null;
      try {
        n = await this.#conn.read(buffer);
      } catch {
        return { how: this.#dropped ? "dropped" : "reset" };
      }
      if (this.#dropped) return { how: "dropped" };
      if (n === null) return { how: this.#started && !this.#peerClosed ? "truncated" : "closed" };
      this.bytesIn += n;
      this.lastReadAt = this.#around.now();
      const ending = await this.#take(buffer, n, sink);
      if (ending !== null) return ending;
      if (n === buffer.length && n < LARGE_READ) buffer = new Uint8Array(LARGE_READ);
      else if (n > SMALL_READ || buffer.length === SMALL_READ) small = 0;
      else if (++small > SHRINK_AFTER) buffer = new Uint8Array(SMALL_READ);
    }
  }

  get #started(): boolean {
    return this.tls !== null || this.#starting !== null;
  }

  /** Feeds what was read, item batch by item batch. */
  async #take(input: Bytes, length: number, sink: Sink): Promise<Ending | null> {
    for (let offset = 0, more = true; more && !this.#dropped;) {
      const { bytes, records } = batch;
      const fed = native().session_feed(
        this.#session,
        input,
        offset,
        length - offset,
        bytes,
        bytes.length,
        state,
        records,
        records.length,
      );
      if (fed < 0) return this.#broken(fed);
      const [consumed, bits, items, fault] = [state[0]!, state[1]!, state[2]!, state[3]!];
      offset += consumed;
      if (bits & 2) this.#pull();
      if (this.#starting !== null && !(bits & 1)) this.#secured(sink);
      if (bits & 4) this.#peerClosed = true;
      if (items > 0) {
        batch.count = items;
        const wait = sink.batch(batch);
        if (wait !== undefined) await wait;
      }
      if (fault !== 0) return { how: "fault", fault: frameFault(fault) };
      more = (bits & 8) !== 0 || offset < length;
    }
    return this.#dropped ? { how: "dropped" } : null;
  }

  #broken(code: number): Ending {
    if (code <= -100) {
      const fault = {
        condition: "internal-server-error",
        cause: "native.panic",
        detail: `error ${code}`,
      } as const;
      this.drop();
      return { how: "tls", cause: fault.cause, detail: fault.detail };
    }
    if (code === RENEGOTIATION) return { how: "tls", cause: "tls.renegotiation", detail: "renegotiation" };
    const detail = this.#info(4);
    this.#pull(); // the alert
    return { how: "tls", cause: "tls.handshake", detail };
  }

  #secured(sink: Sink): void {
    const starting = this.#starting!;
    this.#starting = null;
    const role = starting.role === "initiating" ? "server" : "client";
    const length = native().session_info(this.#session, 0, info, info.length);
    const chain = length > 0 ? split(info.subarray(0, length)) : [];
    const [version, cipher] = this.#info(3).split(" ");
    this.tls = {
      version: version === "TLSv1_3" ? "TLSv1.3" : "TLSv1.2",
      cipher: cipher ?? "",
      alpn: this.#info(1) || null,
      sni: starting.role === "initiating" ? starting.sni : this.#info(2) || null,
      peer: this.#around.trust().judge(chain, role, this.#around.now()),
      own: this.#around.identities().facts[0]?.identifiers.find(({ kind }) => kind === "dns")?.name ?? null,
    };
    sink.secured(this.tls);
  }

  #info(what: number): string {
    const length = native().session_info(this.#session, what, info, info.length);
    return length > 0 ? decoder.decode(info.subarray(0, length)) : "";
  }

  /**
   * Begins the handshake; only while the element that starts it is being handled.
   *
   * @throws {WireFault} `tls.injection` when plaintext waits behind that element.
   */
  startTls(options: StartTls): void {
    const { context } = this.#around.identities();
    const result = options.role === "initiating"
      ? this.#startClient(context, options.sni, options.identity)
      : this.#startServer(context, options.preferred);
    if (result === INJECTION) {
      throw new WireFault("tls.injection", "Cannot start TLS: plaintext waits behind its element");
    }
    if (result < 0) throw new WireFault("tls.handshake", `Cannot start TLS: error ${result}`);
    this.#starting = options;
    this.#pull();
  }

  #startClient(context: number, sni: string, identity: string): number {
    const [name, own] = [encoder.encode(sni), encoder.encode(identity)];
    return native().session_start_client(this.#session, context, name, name.length, own, own.length);
  }

  #startServer(context: number, preferred: string | null): number {
    const name = encoder.encode(preferred ?? "");
    return native().session_start_server(this.#session, context, name, name.length);
  }

  limits(frame: FrameLimits): void {
    if (!this.#freed) native().session_limits(this.#session, limitWords(frame));
  }

  /** From now on records of stanzas between these domains, spelt so, carry `id`. */
  learnPair(from: string, to: string, id: number): void {
    if (this.#freed) return;
    const [f, t] = [encoder.encode(from), encoder.encode(to)];
    native().session_learn_pair(this.#session, f, f.length, t, t.length, id);
  }

  /** Queues bytes; everything queued within a tick leaves in one write. */
  write(bytes: Uint8Array): void {
    if (this.#freed) return;
    this.#fill(
      bytes.length,
      (out, at, room) =>
        native().session_write(this.#session, bytes as Bytes, 0, bytes.length, out, at, room),
    );
  }

  /** Queues items `first` to `end` of another connection's batch, straight from the shared buffer. */
  forward(from: Batch, first: number, end: number): void {
    if (this.#freed) return;
    const length = from.end(end - 1) - from.start(first);
    this.#fill(length, (out, at, room) =>
      native().session_writev(
        this.#session,
        from.bytes,
        from.bytes.length,
        from.records,
        first,
        end - first,
        RECORD,
        out,
        at,
        room,
      ));
  }

  #pull(): void {
    this.#fill(16_384, (out, at, room) => native().session_pull(this.#session, out, at, room));
  }

  /** Lets the library append to what waits for the socket; more room once, when it asks. */
  #fill(length: number, append: (out: Bytes, at: number, room: number) => number): void {
    // Records of 16 KiB with at most 64 bytes around each, and what the library wants to say itself.
    const room = length + (Math.ceil(length / 16_384) + 1) * 64 + 4096;
    const result = this.#outlet.append(room, append);
    if (result >= 0) return;
    const why = result === CAPACITY ? "capacity" : `error ${result}`;
    this.#outlet.fail(new WireFault("tls.handshake", `Cannot write: ${why}`));
    this.drop();
  }

  /** Undefined while there is room; else it settles when there is, or the connection is gone. */
  drained(): Promise<void> | undefined {
    return this.#outlet.drained();
  }

  /** What waits for the socket, in bytes. */
  get buffered(): number {
    return this.#outlet.waiting;
  }

  /** close_notify, FIN, then the peer's for at most `close_notify_timeout`; resolves when the socket is closed. */
  async end(): Promise<void> {
    if (this.#freed) return;
    if (this.#started) {
      native().session_close_notify(this.#session);
      this.#pull();
    }
    const timer = setTimeout(() => this.drop(), this.#around.closeNotifyTimeoutMs());
    try {
      await this.#outlet.flushed();
      if (!this.#dropped) await this.#conn.closeWrite();
      await this.#discard();
    } catch {
      // The peer was quicker: there is nothing left to be said.
    } finally {
      clearTimeout(timer);
      this.drop();
      this.#free();
    }
  }

  /** Reads the rest that nobody wants, so that closing does not reset what we said last. */
  async #discard(): Promise<void> {
    if (this.#reading) return await this.#outlet.gone;
    const buffer = new Uint8Array(SMALL_READ);
    while (!this.#dropped && await this.#conn.read(buffer) !== null);
  }

  /** Closes the socket at once. */
  drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.#outlet.close();
    try {
      this.#conn.close();
    } catch {
      // It is closed already.
    }
    if (!this.#reading) this.#free();
  }

  async #release(sayLast: boolean): Promise<void> {
    if (sayLast) await this.#outlet.flushed();
    this.drop();
    this.#free();
  }

  #free(): void {
    if (this.#freed) return;
    this.#freed = true;
    native().session_free(this.#session);
  }
}

/** An IPv4 peer of a dual-stack listener: else all of IPv4 shares one /64 (protocol.md 10). */
export function unmapped(ip: string): string {
  return ip.toLowerCase().startsWith("::ffff:") && ip.includes(".") ? ip.slice(7) : ip;
}

function limitWords(limits: FrameLimits): Uint32Array<ArrayBuffer> {
  const { headerBytes, stanzaBytes, depth, attributes, elements, valueBytes, nameBytes, namespaceBytes } =
    limits;
  return Uint32Array.of(
    headerBytes,
    stanzaBytes,
    depth,
    attributes,
    elements,
    valueBytes,
    nameBytes,
    namespaceBytes,
  );
}
