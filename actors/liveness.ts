/** One established connection looked after: performs what `policy/liveness` says. protocol.md 4.10, 8.5. */
import { type Look, look } from "../policy/liveness.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import { Alarm } from "./alarm.ts";
import type { ServerContext } from "./context.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { encode } from "./encode.ts";

const BLANK = encode(" ");

export class Liveness {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #silence: Alarm;
  #checkedAt = 0;
  /** Of the ping under way. */
  #ping: string | null = null;

  constructor(server: ServerContext, shell: S2sShell) {
    this.#server = server;
    this.#shell = shell;
    this.#silence = new Alarm(server.host.clock, () => this.#silent());
  }

  /** Does what is due now, but for closing: that is the machine's. */
  look(): Look {
    const { row, connection, since, lastStanzaAt, acks } = this.#shell;
    const { idleTimeoutMs, idleCheckMs } = this.#server.config.limits;
    const now = this.#server.host.clock.now();
    const pair = this.#pair();
    const found = look({
      now,
      readAt: Math.max(connection.lastReadAt, since),
      wroteAt: Math.max(connection.lastWriteAt, since),
      stanzaAt: Math.max(lastStanzaAt, since),
      checkedAt: this.#checkedAt,
      pending: row.pendingIn.size + row.pendingOut.size + row.ledger.unacknowledged > 0,
      initiating: row.direction === "out",
      asks: acks.on || pair !== null,
    }, { idleTimeoutMs, idleCheckMs, peerIdleMs: row.peerIdleMs });
    if (found.act === "ask") this.#ask(pair, now);
    if (found.act === "blank") connection.write(BLANK);
    return found;
  }

  #ask(pair: DomainPair | null, now: number): void {
    this.#checkedAt = now;
    if (this.#shell.acks.check() || pair === null) return;
    const { id, bytes } = this.#server.pings.make(pair, () => this.#answered());
    this.#ping = id;
    this.#shell.ask(bytes);
    this.#silence.set(now + this.#server.config.limits.ackTimeoutMs);
  }

  #answered(): void {
    this.#ping = null;
    this.#shell.rttMs = this.#server.host.clock.now() - this.#checkedAt;
    this.#silence.set(null);
  }

  /** Whatever came since shows that somebody is there. */
  #silent(): void {
    this.#forget();
    if (this.#shell.connection.lastReadAt >= this.#checkedAt) return;
    this.#shell.close("stream.silent", "connection-timeout");
  }

  /** A pair by which the peer can be pinged on this very connection; null when there is none. */
  #pair(): DomainPair | null {
    const { row } = this.#shell;
    return row.bidi ? this.#server.bindings.somePairOn(row) : null;
  }

  #forget(): void {
    if (this.#ping !== null) this.#server.pings.forget(this.#ping);
    this.#ping = null;
  }

  over(): void {
    this.#silence.stop();
    this.#forget();
  }
}
