/** What waits for a socket: gathered while a write is under way, sent as one. native.md 2 (one write per tick). */
import type { Bytes } from "./native.ts";
import { timers } from "./timers.ts";

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

/** What a closed outlet still held: whole pieces, of which the first `written` bytes had left already. */
export interface Unsent {
  readonly bytes: Bytes;
  readonly written: number;
}

export class Outlet {
  /** Written to the socket so far. */
  bytes = 0;
  /** Only with `keepsUnsent`, and once it is closed. */
  unsent: Unsent | null = null;
  /** Settles when the socket is closed, by whomever. */
  readonly gone: Promise<void>;
  readonly #conn: Deno.TcpConn;
  readonly #carried: { out: number };
  #buffer = NONE;
  #length = 0;
  #sending = 0;
  #pumping: Promise<void> | null = null;
  #closed = false;
  #full = false;
  readonly #waiters: (() => void)[] = [];
  readonly #goals: { readonly at: number; readonly reached: () => void }[] = [];
  /** Where the pieces begin that are not written yet, and the last one before them; null: nobody will ask. */
  readonly #starts: number[] | null;
  #leaving = NONE;
  #leave!: () => void;

  /**
   * @param keepsUnsent What is not written when the socket is closed has to be answered for.
   * @param carried Counts what leaves, beside others.
   */
  constructor(conn: Deno.TcpConn, keepsUnsent = false, carried = { out: 0 }) {
    this.#carried = carried;
    this.#starts = keepsUnsent ? [] : null;
    this.#conn = conn;
    this.gone = new Promise((resolve) => this.#leave = resolve);
  }

  get waiting(): number {
    return this.#length + this.#sending;
  }

  get closed(): boolean {
    return this.#closed;
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
      this.#begin();
      this.#length += used;
      this.#pumping ??= this.#pump();
    }
    return used;
  }

  /** A piece begins behind what waits. */
  #begin(): void {
    const starts = this.#starts;
    if (starts === null) return;
    const next = starts.findIndex((start) => start > this.bytes);
    const over = (next === -1 ? starts.length : next) - 1;
    if (over > 0) starts.splice(0, over);
    starts.push(this.bytes + this.waiting);
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
        this.#leaving = full;
        await this.#send(full);
        this.#sending = 0;
        this.#leaving = NONE;
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
      this.#carried.out += n;
      this.#sending -= n;
      if (this.#goals.length > 0) this.#reach();
    }
  }

  /** Undefined when the socket has taken byte number `at`; else it settles when it has, or is closed. */
  reached(at: number): Promise<void> | undefined {
    if (this.#closed || this.bytes >= at) return undefined;
    return new Promise((reached) => this.#goals.push({ at, reached }));
  }

  #reach(): void {
    const goals = this.#goals.splice(0);
    for (const goal of goals) {
      if (this.#closed || this.bytes >= goal.at) goal.reached();
      else this.#goals.push(goal);
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
    if (this.#closed) return;
    this.unsent = this.#rest();
    this.#closed = true;
    this.#reach();
    this.#wake();
    this.#leave();
  }

  /** From the beginning of the piece that the socket is in. */
  #rest(): Unsent | null {
    if (this.#starts === null || this.waiting === 0) return null;
    const start = this.#starts.findLast((start) => start <= this.bytes) ?? this.bytes;
    const written = this.bytes - start;
    const first = this.#leaving.length - this.#sending - written;
    const bytes = new Uint8Array(written + this.waiting);
    bytes.set(this.#leaving.subarray(Math.max(0, first)));
    bytes.set(this.#buffer.subarray(0, this.#length), written + this.#sending);
    return { bytes, written };
  }

  #wake(): void {
    if (this.waiting > HIGH_WATER && !this.#closed) return;
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

/** Waits for what never rejects, but not longer than `ms`. */
function within(ms: number, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = timers.set(resolve, ms);
    void promise.then(() => {
      timers.clear(timer);
      resolve();
    });
  });
}
