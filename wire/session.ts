/**
 * One connection's session in the library: framing, and TLS when ordered. native.md 2.
 *
 * Calls are synchronous and on one thread, so all sessions share their scratch buffers.
 */
import type { TlsFacts } from "../facts/certificate.ts";
import { Batch, RECORD } from "./batch.ts";
import { WireFault } from "./fault.ts";
import { type Bytes, native, split } from "./native.ts";

/** Limits of the framer and of reading (protocol.md 10). */
export interface FrameLimits {
  readonly headerBytes: number;
  readonly stanzaBytes: number;
  readonly depth: number;
  readonly attributes: number;
  readonly elements: number;
  readonly valueBytes: number;
  readonly nameBytes: number;
  readonly namespaceBytes: number;
  /** A stanza over its limit is read so far and marked; 0: never (protocol.md 4.12). */
  readonly oversizeBytes: number;
  /** Faster it is not read; 0: as it comes. */
  readonly bytesPerSecond: number;
}

export type Content = "server" | "component";

/** The library's word for "more room, please" (`native/src/abi/`). */
const CAPACITY = -103;
/** A header's declarations fit here in all but a stranger's streams. */
const RESCOPE_ROOM = 16_384;

export type StartTls =
  | { readonly role: "initiating"; readonly sni: string; readonly identity: string }
  /** `preferred`: which certificate, when the peer names none by SNI (protocol.md 6.3). */
  | { readonly role: "receiving"; readonly preferred: string | null };

/** What one feed did; the items are in {@link framed}. */
export interface Fed {
  /** 0, or why the session cannot go on (`errors.ts`). */
  readonly failure: number;
  readonly consumed: number;
  readonly handshaking: boolean;
  /** The TLS library has something to send. */
  readonly pull: boolean;
  readonly peerClosed: boolean;
  /** Feed again, without input if there is none. */
  readonly more: boolean;
  /** The framer's fault, or 0. */
  readonly fault: number;
}

/** What a handshake showed, but for the judgement. */
export type Handshake = Omit<TlsFacts, "peer" | "handshakeMs"> & {
  readonly chain: readonly Bytes[];
  /** The OCSP response that came with it; empty when none did. */
  readonly staple: Bytes;
};

/** Room for what one bite of ciphertext gives beside a stanza that is nearly complete. */
const BITE = 64 * 1024;
const ITEMS = 4096;

/** Items of the last feed. */
export let framed: Batch = new Batch(8 * BITE, ITEMS);
const state = new Uint32Array(4);
const info = new Uint8Array(256 * 1024);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Session {
  readonly #handle: number;
  #freed = false;

  /**
   * @param limits Null for what was framed before.
   * @throws {WireFault} when there are too many.
   */
  constructor(content: Content, limits: FrameLimits | null) {
    this.#handle = native().session_new(content === "component" ? 1 : 0, limits ? words(limits) : NO_LIMITS);
    if (this.#handle < 0) throw new WireFault("native.panic", `Cannot open a session: error ${this.#handle}`);
  }

  get freed(): boolean {
    return this.#freed;
  }

  limits(limits: FrameLimits): void {
    if (!this.#freed) native().session_limits(this.#handle, words(limits));
  }

  restart(): void {
    if (!this.#freed) native().session_restart(this.#handle);
  }

  feed(input: Bytes, offset: number, length: number, into: Batch = framed): Fed {
    const { bytes, records } = into;
    const result = native().session_feed(
      this.#handle,
      input,
      offset,
      length,
      bytes,
      bytes.length,
      state,
      records,
      records.length,
    );
    const [consumed = 0, bits = 0, items = 0, fault = 0] = state;
    into.count = result < 0 ? 0 : items;
    return {
      failure: Math.min(result, 0),
      consumed,
      handshaking: (bits & 1) !== 0,
      pull: (bits & 2) !== 0,
      peerClosed: (bits & 4) !== 0,
      more: (bits & 8) !== 0,
      fault,
    };
  }

  /** 0, or below it why TLS cannot start. */
  startTls(context: number, start: StartTls): number {
    if (start.role === "receiving") {
      const name = encoder.encode(start.preferred ?? "");
      return native().session_start_server(this.#handle, context, name, name.length);
    }
    const [sni, own] = [encoder.encode(start.sni), encoder.encode(start.identity)];
    return native().session_start_client(this.#handle, context, sni, sni.length, own, own.length);
  }

  /** What the peer showed, leaf first; one empty entry when nobody can read its leaf. */
  get chain(): readonly Bytes[] {
    return this.#freed ? [] : split(this.#read(0));
  }

  /** What the finished handshake showed. `sent`: the SNI, when we sent it. */
  handshake(sent: string | null): Handshake {
    const [version, cipher = "", group = "none"] = this.#info(3).split(" ");
    return {
      chain: this.chain,
      staple: this.#read(6).slice(),
      version: version === "TLSv1_3" ? "TLSv1.3" : "TLSv1.2",
      cipher: cipher.replace("TLS13_", "TLS_"), // as IANA has it
      group,
      alpn: this.#info(1) || null,
      sni: sent ?? (this.#info(2) || null),
      own: this.#info(5) || null,
    };
  }

  /** The TLS library's words for its failure. */
  get words(): string {
    return this.#info(4);
  }

  /** Encrypts, or in plaintext copies, into `out`; what does not fit comes with {@link pull}. Below zero: an error. */
  write(bytes: Bytes, out: Bytes, at: number, room: number): number {
    return native().session_write(this.#handle, bytes, 0, bytes.length, out, at, room);
  }

  /** As {@link write}, of items of a batch. */
  forward(batch: Batch, first: number, end: number, out: Bytes, at: number, room: number): number {
    const { bytes, records } = batch;
    const count = end - first;
    return native().session_writev(
      this.#handle,
      bytes,
      bytes.length,
      records,
      first,
      count,
      RECORD,
      out,
      at,
      room,
    );
  }

  pull(out: Bytes, at: number, room: number): number {
    return native().session_pull(this.#handle, out, at, room);
  }

  closeNotify(): void {
    native().session_close_notify(this.#handle);
  }

  learnPair(from: string, to: string, id: number): void {
    if (this.#freed) return;
    const [f, t] = [encoder.encode(from), encoder.encode(to)];
    native().session_learn_pair(this.#handle, f, f.length, t, t.length, id);
  }

  /** One item of the batch as it must stand in a stream of `target`; null when the session is gone. */
  rescope(batch: Batch, i: number, target: Content, lang: string | null): Bytes | null {
    if (this.#freed) return null;
    const [start, end] = [batch.start(i), batch.end(i)];
    const name = encoder.encode(lang ?? "");
    const component = target === "component" ? 1 : 0;
    // What it inherits from the header is declared anew: at most the header again.
    for (let room = 2 * (end - start) + RESCOPE_ROOM;; room *= 4) {
      const out = new Uint8Array(room);
      const { bytes } = batch;
      const n = native()
        .session_rescope(this.#handle, bytes, start, end, component, name, name.length, out, room);
      if (n !== CAPACITY) return n > 0 ? out.subarray(0, n) : null;
    }
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    native().session_free(this.#handle);
  }

  #info(what: number): string {
    return decoder.decode(this.#read(what));
  }

  #read(what: number): Bytes {
    const length = native().session_info(this.#handle, what, info, info.length);
    return info.subarray(0, Math.max(length, 0));
  }
}

const NO_LIMITS = new Uint32Array(9).fill(2 ** 32 - 1);

function words(limits: FrameLimits): Uint32Array<ArrayBuffer> {
  const { headerBytes, stanzaBytes, depth, attributes, elements, valueBytes, nameBytes, namespaceBytes } =
    limits;
  const { oversizeBytes } = limits;
  const needed = Math.max(headerBytes, stanzaBytes, oversizeBytes) + BITE;
  if (framed.bytes.length < needed) framed = new Batch(needed, ITEMS);
  return Uint32Array.of(
    headerBytes,
    stanzaBytes,
    depth,
    attributes,
    elements,
    valueBytes,
    nameBytes,
    namespaceBytes,
    oversizeBytes,
  );
}
