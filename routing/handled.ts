/**
 * What came in on one connection and what of it is handled: delivered to a component's socket, answered by the server,
 * or answered with an error. Merely queued is not handled. XEP-0198; protocol.md 8.1.
 */

/** Where stanzas wait for a component's socket. */
export interface Sink {
  /** Bytes written to the socket so far. */
  readonly bytesOut: number;
  /** Bytes that wait for it. */
  readonly buffered: number;
  /** It is gone, and what was left in it has been answered. */
  readonly settled: boolean;
  /** Undefined when byte number `at` is written; else it settles when it is, or will never be. */
  reached(at: number): Promise<void> | undefined;
  /** Others wait for it: it is let go, and what is left in it is answered. */
  giveUp(): void;
}

/** Everything up to the `upTo`th stanza is handled when `sink` has written its byte number `at`. */
export interface Mark {
  readonly sink: Sink;
  readonly at: number;
  readonly upTo: number;
}

interface OpenMark extends Mark {
  upTo: number;
}

/** So many marks that are over are cut off at once. */
const MANY = 256;

export class Handled {
  /** Stanzas taken from the connection, and those before the counting began. */
  #taken = 0;
  #uncounted = 0;
  #handled = 0;
  readonly #marks: OpenMark[] = [];
  #first = 0;

  /** The peer wants to know from now on. */
  count(): void {
    this.#uncounted = this.#taken;
  }

  /** What is known to the peer as its stanza number so and so. */
  get taken(): number {
    return this.#taken - this.#uncounted;
  }

  /** The `h` for the peer: a prefix of what was taken. */
  get handled(): number {
    this.#settle();
    return Math.max(0, this.#handled - this.#uncounted);
  }

  /** `stanzas` more wait in `sink`; null: they are answered, or go nowhere. */
  took(stanzas: number, sink: Sink | null): void {
    if (sink !== null) this.#settle();
    this.#taken += stanzas;
    const last = this.#marks.at(-1);
    if (sink !== null) this.#marks.push({ sink, at: sink.bytesOut + sink.buffered, upTo: this.#taken });
    else if (last !== undefined) last.upTo = this.#taken;
  }

  /** What holds the count back; null when nothing does. */
  get waitingFor(): Mark | null {
    this.#settle();
    return this.#marks[this.#first] ?? null;
  }

  #settle(): void {
    const marks = this.#marks;
    while (this.#first < marks.length && isDone(marks[this.#first]!)) {
      this.#handled = marks[this.#first++]!.upTo;
    }
    if (this.#first === marks.length) {
      marks.length = this.#first = 0;
      this.#handled = this.#taken;
    } else if (this.#first > MANY) {
      marks.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

function isDone({ sink, at }: Mark): boolean {
  return sink.bytesOut >= at || sink.settled;
}
