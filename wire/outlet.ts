/** What waits for a socket: gathered while a write is under way, sent as one. native.md 2 (one write per tick). */
import type { Bytes } from "./native.ts";

/** Above it whoever feeds us stops reading (native.md 2). */
const HIGH_WATER = 256 * 1024;
/** Above it we stop reading the control elements whose answers nobody takes. */
const RELIEF = 4 * HIGH_WATER;
/** Two servers that both wait for each other's answers must not wait for ever. */
const RELIEF_MS = 1000;
/** A buffer larger than this is given back when it is empty. */
const KEEP = 4096;
const FIRST = 2048;
/** Large buffers that nobody uses now: zeroing a new one for every burst costs more than encrypting it. */
const idle: Bytes[] = [];
const IDLE = 4;
/** Above the high water and one batch; rare larger ones are left to the collector. */
const IDLE_BYTES = 512 * 1024;

const NONE: Bytes = new Uint8Array(0);

function obtain(length: number): Bytes {
  if (length <= KEEP) return new Uint8Array(length);
  const at = idle.findIndex((buffer) => buffer.length >= length);
  if (at >= 0) return idle.splice(at, 1)[0]!;
  return new Uint8Array(length <= IDLE_BYTES ? roundUp(length) : length);
}

/** The next power of two, so that a buffer fits the next burst as well. */
const roundUp = (length: number): number => 2 ** Math.ceil(Math.log2(length));

/** Only what nobody reads or writes any more. */
function giveBack(buffer: Bytes): void {
  if (buffer.length > KEEP && buffer.length <= IDLE_BYTES && idle.length < IDLE) idle.push(buffer);
}

export class Outlet {
  /** Written to the socket so far. */
  bytes = 0;
  /** Settles when the socket is closed, by whomever. */
  readonly gone: Promise<void>;
  readonly #conn: Deno.TcpConn;
  #buffer = NONE;
  #length = 0;
  #sending = 0;
  #pumping: Promise<void> | null = null;
  #closed = false;
  #full = false;
  readonly #waiters: (() => void)[] = [];
  #leave!: () => void;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.gone = new Promise((resolve) => this.#leave = resolve);
  }

  get waiting(): number {
    return this.#length + this.#sending;
  }

  /** The last fill used all its room: there may be more. */
  get full(): boolean {
    return this.#full;
  }

  /** Gives `fill` at least `room` bytes behind what waits; its result is how many it used, or an error below zero. */
  append(room: number, fill: (out: Bytes, at: number, room: number) => number): number {
    if (this.#closed) return 0;
    if (this.#buffer.length - this.#length < room) this.#grow(this.#length + room);
    const free = this.#buffer.length - this.#length;
    const used = fill(this.#buffer, this.#length, free);
    this.#full = used === free;
    if (used > 0) {
      this.#length += used;
      this.#pumping ??= this.#pump();
    }
    return used;
  }

  #grow(needed: number): void {
    // Always by a part of what there is: a queue that is flushed piece by piece is copied a few times, not every time.
    const larger = obtain(Math.max(FIRST, needed, Math.floor(this.#buffer.length * 1.5)));
    larger.set(this.#buffer.subarray(0, this.#length));
    giveBack(this.#buffer);
    this.#buffer = larger;
  }

  async #pump(): Promise<void> {
    // Whatever else this tick has to say comes along.
    await Promise.resolve();
    try {
      let spare = NONE;
      while (this.#length > 0 && !this.#closed) {
        const full = this.#buffer.subarray(0, this.#length);
        const taken = this.#buffer;
        [this.#buffer, this.#sending, this.#length] = [spare, this.#length, 0];
        await this.#send(full);
        this.#sending = 0;
        spare = taken;
        this.#wake();
      }
      giveBack(this.#buffer);
      this.#buffer = spare.length > KEEP ? NONE : spare;
      giveBack(spare);
    } catch {
      this.close();
    } finally {
      this.#pumping = null;
      this.#wake();
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#closed;) {
      const n = await this.#conn.write(at === 0 ? bytes : bytes.subarray(at));
      at += n;
      this.bytes += n;
    }
  }

  /** Undefined while there is room. */
  drained(): Promise<void> | undefined {
    if (this.waiting <= HIGH_WATER || this.#closed) return undefined;
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Undefined unless far too much waits; settles when there is room, or after a while. */
  relief(): Promise<void> | undefined {
    const room = this.waiting > RELIEF ? this.drained() : undefined;
    return room && within(RELIEF_MS, room);
  }

  /** When everything queued has been written, or never will be, or the time is up. */
  flushed(timeoutMs: number): Promise<void> {
    return within(timeoutMs, Promise.race([this.#pumping, this.gone]));
  }

  close(): void {
    this.#closed = true;
    this.#wake();
    this.#leave();
  }

  #wake(): void {
    if (this.waiting > HIGH_WATER && !this.#closed) return;
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

/** Waits for what never rejects, but not longer than `ms`. */
function within(ms: number, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
