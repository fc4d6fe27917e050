/** Stanzas from a peer, the short way: pair id, live grant, gather-write to the component. protocol.md 2.4. */
import type { Cause } from "../facts/cause.ts";
import { type Filtered, filterInward } from "../routing/filter.ts";
import type { Grant } from "../routing/grant.ts";
import type { Batch } from "../wire/connection.ts";
import { AddressFault, type Domain, type DomainPair } from "../xmpp/domain.ts";
import { parseJid } from "../xmpp/jid.ts";
import { bounce, bounceFor, INVALID_CONNECTION, type StanzaError } from "../xmpp/stanza_error.ts";
import type { ComponentShell } from "./component.ts";
import type { ServerContext } from "./context.ts";
import { Digest } from "./digest.ts";
import { FLAG, NOT_PLAIN, unfitness } from "./flags.ts";
import type { LocalDomain } from "./local.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { Slots } from "./slots.ts";
import { settled } from "./sink.ts";
import { encode } from "./encode.ts";

/** A pair that the framer knows by number: where its stanzas go, as long as the grant lives. */
interface Slot {
  readonly grant: Grant;
  readonly local: LocalDomain;
}

export class Inward {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #slots = new Slots<Grant, Slot>();
  readonly #digest: Digest;

  constructor(server: ServerContext, shell: S2sShell) {
    this.#server = server;
    this.#shell = shell;
    this.#digest = new Digest(server.host);
  }

  connectionOver(): void {
    this.#digest.close();
  }

  /** Delivers items `first` to `end` of a batch; the result pauses reading while a component takes no more. */
  stanzas(batch: Batch, first: number, end: number): void | Promise<void> {
    let run = first;
    let to: LocalDomain | null = null;
    let full: LocalDomain | null = null;
    const flush = (until: number) => {
      if (to === null || run >= until) return;
      if (to.forward(batch, run, until, this.#shell)) full = to;
      this.#shell.lastStanzaAt = this.#shell.connection.lastReadAt;
      this.#took(until - run, to.component);
    };
    // Without TLS every stanza goes the long way: its pair's policy is asked for each (`Filter.carries`).
    const secured = this.#shell.connection.tls !== null;
    for (let i = first; i < end; i++) {
      const plain = secured && !(batch.flags(i) & NOT_PLAIN) && !this.#server.pings.isReply(batch, i);
      const slot = plain ? this.#slots.get(batch.pair(i)) : undefined;
      if (slot !== undefined && slot.grant.live && (slot.local === to || slot.local.attached)) {
        if (slot.local === to) continue;
        flush(i);
        [to, run] = [slot.local, i];
        continue;
      }
      flush(i);
      to = null;
      this.#took(1, this.#judge(batch, i));
      if (this.#shell.ending) return;
    }
    flush(end);
    return full === null ? undefined : settled(full as LocalDomain, this.#server.host.clock);
  }

  /** Counted (8.1), also what is rejected; `sink` is where it waits now, null when it is answered. */
  #took(stanzas: number, sink: ComponentShell | null): void {
    this.#shell.acks.handled.took(stanzas, sink);
  }

  /** The long way: F1 to F7. The result is the component that gets it. */
  #judge(batch: Batch, i: number): ComponentShell | null {
    const { server, shell } = { server: this.#server, shell: this.#shell };
    const flags = batch.flags(i);
    const arrival = {
      sender: flags & FLAG.noFrom ? null : domainOf(batch.from(i)),
      target: flags & FLAG.noTo ? null : domainOf(batch.to(i)),
      bounceable: !(flags & FLAG.neverBounced),
    };
    const filter = {
      bindings: server.bindings,
      hosted: server.hosted,
      carries: (pair: DomainPair) => shell.carries(pair),
      unauthorisedPairsPerMinute: server.config.limits.unauthorisedPairsPerMinute,
    };
    const found = filterInward(filter, shell.row, arrival, server.host.clock.now());
    if (this.#isAnswered(batch, i, found)) return null;
    shell.lastStanzaAt = shell.connection.lastReadAt;
    switch (found.action) {
      case "deliver":
        return this.#deliver(batch, i, found.grant);
      case "serve":
        this.#serve(batch, i, found.pair);
        return null;
      case "discard":
        this.#discard(batch, i, found);
        return null;
      case "close":
        this.#tellDiscarded(found.cause, null, { rule: found.rule });
        shell.fault(found.condition, found.cause);
        return null;
    }
  }

  /** A reply to a ping of the server's own is for nobody else. */
  #isAnswered(batch: Batch, i: number, found: Filtered): boolean {
    if (found.action !== "deliver" || !this.#server.pings.isReply(batch, i)) return false;
    this.#server.pings.reply(batch.id(i), found.grant);
    return true;
  }

  #deliver(batch: Batch, i: number, grant: Grant): ComponentShell | null {
    const server = this.#server;
    const { pair } = grant;
    const local = server.local.domain(pair.local);
    if (local === undefined) return null;
    const unfit = unfitness(batch.flags(i));
    if (unfit !== null) {
      this.#answer(batch, i, pair, bounceFor(unfit), unfit);
      return null;
    }
    if (!this.#slots.has(grant)) {
      server.host.tell({
        type: "stanza.first",
        connection: this.#shell.id,
        pair,
        detail: { direction: "in" },
      });
    }
    this.#learn(batch, i, grant, local);
    return server.local.receive(local, batch, i, this.#shell);
  }

  /** Teaches the framer this spelling of the pair; from the next stanza on it takes the short way. */
  #learn(batch: Batch, i: number, grant: Grant, local: LocalDomain): void {
    const id = this.#slots.idOf(grant, () => ({ grant, local }));
    if (batch.pair(i) === id || batch.flags(i) & FLAG.notPlain) return;
    this.#shell.connection.learnPair(rawDomain(batch.from(i)), rawDomain(batch.to(i)), id);
  }

  /** Between the machines: ping, disco, version; the answer takes the way back, or none. */
  #serve(batch: Batch, i: number, pair: DomainPair): void {
    const { row, declared } = this.#shell;
    const tooLong = batch.flags(i) & FLAG.tooLong;
    const reply = tooLong
      ? bounce(batch.text(i), bounceFor("route.too-long"), { declared })
      : this.#server.local.answerOf(pair.local, batch.text(i), declared);
    if (reply !== null && (row.direction === "out" || row.bidi)) this.#shell.say(encode(reply));
  }

  #discard(batch: Batch, i: number, found: Extract<Filtered, { action: "discard" }>): void {
    if (found.revoke) this.#shell.proofs.revoke(found.pair, found.cause);
    this.#tellDiscarded(found.cause, found.pair, { rule: found.rule });
    if (found.reply === null) return;
    const { type, condition, detail } = found.reply;
    const application = detail === null ? undefined : INVALID_CONNECTION;
    this.#answer(batch, i, found.pair, { type, condition, application }, found.cause);
  }

  /** From the target's side to the sender's: a normal stanza that takes its own way out (2.3). */
  #answer(batch: Batch, i: number, pair: DomainPair, error: StanzaError, cause: Cause): void {
    this.#server.local.replyWith(pair, batch.text(i), error, cause, this.#shell.declared);
  }

  #tellDiscarded(cause: Cause, pair: DomainPair | null, detail: Record<string, string>): void {
    this.#digest.tell(`${cause} ${pair?.local} ${pair?.remote}`, {
      type: "stanza.discarded",
      level: "warning",
      connection: this.#shell.id,
      cause,
      detail: { ...detail, peer: this.#shell.connection.peer.ip },
      ...(pair ? { pair } : {}),
    });
  }
}

/** Null for whatever is no valid JID (F1). */
export function domainOf(jid: string): Domain | null {
  try {
    return parseJid(jid).domain;
  } catch (error) {
    if (error instanceof AddressFault) return null;
    throw error;
  }
}

/** The domainpart as it is written: the framer compares bytes. */
export function rawDomain(jid: string): string {
  const slash = jid.indexOf("/");
  const bare = slash < 0 ? jid : jid.slice(0, slash);
  return bare.slice(bare.indexOf("@") + 1);
}
