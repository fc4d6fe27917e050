/** Stanzas of a component of ours, the short way: pair id, live grant, gather-write to the peer. protocol.md 2.3, 9.1. */
import type { Grant } from "../routing/grant.ts";
import type { Batch } from "../wire/connection.ts";
import { AddressFault, type Domain } from "../xmpp/domain.ts";
import { parseJid } from "../xmpp/jid.ts";
import { bounceFor } from "../xmpp/stanza_error.ts";
import type { Cause } from "../facts/cause.ts";
import type { ComponentShell } from "./component.ts";
import type { ServerContext } from "./context.ts";
import { FLAG, NOT_PLAIN, unfitness } from "./flags.ts";
import { domainOf, rawDomain } from "./inward.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { Slots } from "./slots.ts";

interface Slot {
  readonly remote: Domain;
  grant: Grant | null;
  shell: S2sShell | null;
}

export class Outward {
  readonly #server: ServerContext;
  readonly #component: ComponentShell;
  readonly #slots = new Slots<Domain, Slot>();

  constructor(server: ServerContext, component: ComponentShell) {
    this.#server = server;
    this.#component = component;
  }

  /** Sends items `first` to `end` of a batch; the result pauses reading while a peer takes no more. */
  stanzas(batch: Batch, first: number, end: number): void | Promise<void> {
    let run = first;
    let to: S2sShell | null = null;
    let last: S2sShell | null = null;
    const flush = (until: number) => {
      if (to === null || run >= until) return;
      last = to;
      const taken = to.forward(batch, run, until);
      this.#component.stanzasIn += taken - run;
      for (let i = taken; i < until; i++) this.#submit(batch, i);
    };
    for (let i = first; i < end; i++) {
      const slot = batch.flags(i) & NOT_PLAIN ? undefined : this.#slots.get(batch.pair(i));
      const shell: S2sShell | null = slot === undefined ? null : this.#open(slot, to);
      if (shell !== null && batch.end(i) - batch.start(i) <= shell.mostBytes) {
        if (shell === to) continue;
        flush(i);
        [to, run] = [shell, i];
        continue;
      }
      flush(i);
      to = null;
      this.#submit(batch, i);
      if (this.#component.ending) return;
    }
    flush(end);
    return (last as S2sShell | null)?.window.paused();
  }

  /** The connection that the pair uses now; null when it has to take the long way. `to` was found to take more. */
  #open(slot: Slot, to: S2sShell | null): S2sShell | null {
    if (slot.grant === null || !slot.grant.live) {
      slot.grant = this.#server.bindings.sending({
        local: this.#component.domain!.name,
        remote: slot.remote,
      });
      slot.shell = slot.grant === null ? null : this.#server.shells.get(slot.grant.connection.id) ?? null;
    }
    const { shell } = slot;
    if (shell === null || shell === to) return shell;
    // Without TLS every stanza goes the long way: its pair's policy is asked for each (`Server.write`).
    return shell.connection.tls !== null && !shell.window.stuck ? shell : null;
  }

  /** The long way: addresses read, then by 2.3. */
  #submit(batch: Batch, i: number): void {
    const local = this.#component.domain!.name;
    const flags = batch.flags(i);
    this.#component.stanzasIn++;
    // XEP-0114: a component speaks for its own domain alone.
    if (flags & FLAG.noFrom || domainOf(batch.from(i)) !== local) {
      return this.#component.fault("invalid-from", "component.foreign-from");
    }
    if (flags & FLAG.noTo) return this.#return(batch, i, "route.bad-request");
    const remote = this.#target(batch.to(i));
    if (remote === null) return this.#return(batch, i, "route.jid-malformed");
    const unfit = unfitness(flags);
    if (unfit !== null) return this.#return(batch, i, unfit);
    this.#learn(batch, i, remote);
    const bytes = flags & FLAG.rescope
      ? this.#component.connection.rescope(batch, i, "server", null)
      : batch.slice(i);
    if (bytes === null) return this.#return(batch, i, "xml.namespace");
    this.#server.routes.submit({ local, remote }, { bytes, since: this.#server.host.clock.now(), local });
  }

  #target(to: string): Domain | null {
    try {
      return parseJid(to).domain;
    } catch (error) {
      if (error instanceof AddressFault) return null;
      throw error;
    }
  }

  #learn(batch: Batch, i: number, remote: Domain): void {
    if (batch.flags(i) & FLAG.notPlain) return;
    const id = this.#slots.idOf(remote, () => ({ remote, grant: null, shell: null }));
    if (batch.pair(i) === id) return;
    this.#component.connection.learnPair(rawDomain(batch.from(i)), rawDomain(batch.to(i)), id);
  }

  #return(batch: Batch, i: number, cause: Cause): void {
    this.#server.returnTo(this.#component.domain!.name, batch.text(i), bounceFor(cause), cause);
  }
}
