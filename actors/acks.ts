/**
 * Stream management on one connection: who counts, who asks, who answers. XEP-0198; protocol.md 8.1, 8.5.
 *
 * The counts are the ledger's (what we wrote) and `Handled`'s (what the peer wrote); both work by the batch.
 */
import { Handled } from "../routing/handled.ts";
import { askAt } from "../policy/asking.ts";
import type { Element } from "../xml/element.ts";
import {
  ENABLE,
  ENABLED,
  handledTooHigh,
  type Management,
  NO_RESUMPTION,
  printAnswer,
  REQUEST,
  UNEXPECTED,
} from "../xmpp/stream_management.ts";
import { Alarm } from "./alarm.ts";
import type { ServerContext } from "./context.ts";
import { Fence } from "./fence.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { encode } from "./encode.ts";

/** 8.1 allows an answer one second: what is on its way to a component's socket gets most of it. */
const ANSWER_WITHIN_MS = 500;
/** A component that takes nothing for this long while a peer waits for the count is let go (as in `sink.ts`). */
const SLOW_MS = 5000;
/** How long a peer may take to enable it, until what was written before counts as unconfirmed (decision 0040). */
const ENABLE_WITHIN_MS = 10_000;

const REQUEST_BYTES = encode(REQUEST);

export class Acks {
  /** The peer's features after TLS offer it. */
  offered = false;
  readonly handled = new Handled();
  /** What the stream error says of an impossible count. */
  tooHigh: Element | null = null;
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #ask: Alarm;
  readonly #silence: Alarm;
  readonly #enabling: Alarm;
  /** Where the peer does without. */
  readonly #fence: Fence;
  #state: "new" | "waiting" | "on" | "off" = "new";
  /** Of the question without an answer, and of the last one of all. */
  #askedAt: number | null = null;
  #lastAskedAt = 0;
  #answering = false;
  #askedAgain = false;
  /** Who holds the count back, how far it was then, and since when. */
  #slow: { readonly sink: unknown; readonly bytes: number; readonly since: number } | null = null;
  readonly #waiters: (() => void)[] = [];

  constructor(server: ServerContext, shell: S2sShell) {
    this.#server = server;
    this.#shell = shell;
    const { clock } = server.host;
    this.#ask = new Alarm(clock, () => this.#askNow());
    this.#silence = new Alarm(clock, () => this.#silent());
    this.#enabling = new Alarm(clock, () => this.#refused());
    this.#fence = new Fence(server, shell, () => this.#roomCame());
  }

  get on(): boolean {
    return this.#state === "on";
  }

  // ---- enabling

  /** The first pair is authorised: our stanzas may follow. Once (SM-2). */
  begin(): void {
    if (this.#state !== "new") return;
    const { row } = this.#shell;
    const initiating = row.direction === "out";
    if (initiating && !this.offered) return this.#refused();
    this.#state = "waiting";
    if (initiating) {
      this.#shell.print(ENABLE);
      row.ledger.count();
    } else {
      // It is the peer that enables; until it does, what we write may have to be bounced.
      row.ledger.keep();
    }
    this.#enabling.set(this.#now + (initiating ? this.#limits.ackTimeoutMs : ENABLE_WITHIN_MS));
  }

  handle(said: Management): void {
    switch (said.kind) {
      case "enable":
        return this.#enable();
      case "enabled":
        return this.#shell.row.direction === "out" && this.#state === "waiting" ? this.#start() : undefined;
      case "failed":
        return this.#state === "waiting" ? this.#refused() : undefined;
      case "resume":
        return this.#shell.print(NO_RESUMPTION);
      case "request":
        return this.on ? this.#asked() : undefined;
      case "answer":
        return this.on ? this.#answered(said.handled) : undefined;
    }
  }

  /** SM-1: by the initiator, after the first authorised pair, once. */
  #enable(): void {
    const { row, connection } = this.#shell;
    // 4.5: without TLS it is not offered.
    if (row.direction === "out" || !row.everAuthorised || this.on || connection.tls === null) {
      return this.#shell.print(UNEXPECTED);
    }
    this.#shell.print(ENABLED);
    row.ledger.count();
    this.#start();
  }

  #start(): void {
    this.#state = "on";
    this.#enabling.set(null);
    this.handled.count();
    this.wrote();
  }

  /** The peer does without: what was written has TCP's promise only, or waits for a fence. */
  #refused(): void {
    this.#state = "off";
    this.#enabling.set(null);
    if (this.#server.config.policy.fence) this.#fence.begin();
    else this.#shell.row.ledger.forget();
    this.#wake();
  }

  // ---- what we wrote

  /** Stanzas were written: asks for the count when it is time. */
  wrote(): void {
    if (this.#state === "off") return this.#fence.wrote();
    if (!this.on || this.#askedAt !== null) return;
    const { unacknowledged: stanzas, unacknowledgedBytes: bytes, unacknowledgedSince: since } =
      this.#shell.row.ledger;
    const unanswered = { now: this.#now, stanzas, bytes, since, askedAt: this.#lastAskedAt };
    const at = askAt(unanswered, this.#limits);
    if (at === "now") this.#askNow();
    else this.#ask.set(at);
  }

  /** Asks, unless an answer is owed already: also when all is quiet (8.5). */
  #askNow(): void {
    if (!this.on || this.#askedAt !== null || this.#shell.row.state === "closing") return;
    this.#askedAt = this.#lastAskedAt = this.#now;
    this.#silence.set(this.#askedAt + this.#limits.ackTimeoutMs);
    this.#shell.connection.write(REQUEST_BYTES);
  }

  /** Is the peer there? False when stream management is not on. */
  check(): boolean {
    this.#askNow();
    return this.on;
  }

  #answered(handled: number | null): void {
    const { ledger } = this.#shell.row;
    if (handled === null) return this.#impossible(0);
    if (!ledger.acknowledge(handled, this.#askedAt !== null)) return this.#impossible(handled);
    if (this.#askedAt !== null) this.#shell.rttMs = this.#now - this.#askedAt;
    this.#askedAt = null;
    this.#silence.set(null);
    this.#roomCame();
    this.wrote();
  }

  #roomCame(): void {
    this.#shell.roomCame();
    this.#wake();
  }

  #impossible(handled: number): void {
    this.tooHigh = handledTooHigh(handled, this.#shell.row.ledger.sent);
    this.#shell.fault("undefined-condition", "stream.handled-count");
  }

  /** SM-12. */
  #silent(): void {
    this.#shell.close("stream.silent", "connection-timeout");
  }

  /** Settles when the peer has acknowledged something, or never will. */
  progress(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  // ---- what the peer wrote

  #asked(): void {
    if (this.#answering) this.#askedAgain = true;
    else if (this.handled.handled === this.handled.taken) this.#answer();
    else void this.#answerLater();
  }

  async #answerLater(): Promise<void> {
    this.#answering = true;
    do {
      this.#askedAgain = false;
      await this.#delivered();
      if (this.#state !== "on" || this.#shell.row.state === "closing") return;
      this.#answer();
    } while (this.#askedAgain);
    this.#answering = false;
  }

  /** When all that came so far is handled, or the time for an answer is up. */
  async #delivered(): Promise<void> {
    const { clock } = this.#server.host;
    const upTo = this.handled.taken;
    let late = false;
    const end = Promise.withResolvers<void>();
    const timer = clock.setTimeout(() => end.resolve(void (late = true)), ANSWER_WITHIN_MS);
    while (!late && this.handled.handled < upTo) {
      const mark = this.handled.waitingFor;
      const reached = mark?.sink.reached(mark.at);
      if (reached === undefined) break;
      await Promise.race([reached, end.promise]);
    }
    clock.clearTimeout(timer);
  }

  #answer(): void {
    this.#shell.connection.write(encode(printAnswer(this.handled.handled)));
    this.#watchSlow();
  }

  /** One component that does not read must not hold up everybody's acknowledgements. */
  #watchSlow(): void {
    const mark = this.handled.waitingFor;
    if (mark === null) return void (this.#slow = null);
    const { sink } = mark;
    const same = this.#slow?.sink === sink && this.#slow.bytes === sink.bytesOut;
    if (!same) return void (this.#slow = { sink, bytes: sink.bytesOut, since: this.#now });
    if (this.#now - this.#slow!.since >= SLOW_MS) sink.giveUp();
  }

  // ---- the end

  /** 4.9: the last words before our closing tag; a promise when what was delivered just now has to be counted first. */
  lastWords(): void | Promise<void> {
    if (!this.on) return this.#fence.lastWords();
    if (this.handled.handled === this.handled.taken) return this.#sayLast();
    return this.#delivered().then(() => this.#sayLast());
  }

  #sayLast(): void {
    const { connection, row } = this.#shell;
    if (row.ledger.unacknowledged > 0 && this.#askedAt === null) {
      this.#askedAt = this.#now;
      connection.write(REQUEST_BYTES);
    }
    connection.write(encode(printAnswer(this.handled.handled)));
  }

  over(): void {
    this.#state = "off";
    this.#fence.over();
    for (const alarm of [this.#ask, this.#silence, this.#enabling]) alarm.stop();
    this.#wake();
  }

  get #now(): number {
    return this.#server.host.clock.now();
  }

  get #limits() {
    return this.#server.config.limits;
  }
}
