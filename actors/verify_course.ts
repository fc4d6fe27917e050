/**
 * The way to the authoritative server of a domain: one connection, raced over its addresses like any other (5.2, 5.3),
 * within what a request may cost. protocol.md 7.4, 10.
 */
import { machinesOf, orderTargets } from "../dnssec/targets.ts";
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target, TargetAddresses } from "../facts/delegation.ts";
import type { Subject } from "../facts/event.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import type { Entry, Failure } from "../policy/ladder.ts";
import type { Budget } from "./budget.ts";
import type { ServerContext } from "./context.ts";
import { type Contact, dialContact, type Reached } from "./course.ts";
import { race, type Runner } from "./race.ts";
import type { Unreached } from "./unreached.ts";

/** Why nothing has left this machine: no route or no descriptor of ours. */
const OURS: readonly Cause[] = ["tcp.unreachable", "tcp.descriptors"];

/** Whose servers, and at whose expense. */
export interface Errand {
  readonly delegation: Delegation;
  /** What is published of the certificates of its servers; none of it is bogus (TF-2). */
  readonly tlsa: readonly EndpointTlsa[];
  readonly budget: Budget;
  /** In whose traces the look-ups stand. */
  readonly about: Subject;
}

export class VerifyCourse {
  readonly #server: ServerContext;
  readonly #errand: Errand;
  readonly #unreached: Unreached;
  /** In the order to try. */
  readonly entries: readonly Entry[];
  /** Addresses that led nowhere a short while ago: they come last. */
  readonly #late: Contact[] = [];

  constructor(server: ServerContext, errand: Errand, unreached: Unreached) {
    this.#server = server;
    this.#errand = errand;
    this.#unreached = unreached;
    const entry = { rung: "key", sni: "domain", avoid: [], redirect: null } as const;
    this.entries = this.#targets().map((target) => ({ target, ...entry }));
  }

  /** Direct TLS only where there is nothing else: it has an SRV of its own. */
  #targets(): readonly Target[] {
    const { config, host } = this.#server;
    const targets = machinesOf(this.#errand.delegation, config.dial.port);
    const starttls = targets.filter(({ tls }) => tls === "starttls");
    return orderTargets(starttls.length > 0 ? starttls : targets, () => host.random());
  }

  /** Answers about the targets in their order, up to the first that has an address. */
  async find(): Promise<readonly TargetAddresses[]> {
    const answers: TargetAddresses[] = [];
    for (const { target } of this.entries) {
      const found = await this.#addresses(target);
      answers.push(found);
      if (found.addresses.length > 0) break;
    }
    return answers;
  }

  /** Connects to the first that answers. Never rejects; `lost` is null when there was nothing to try. */
  async reach(
    signal: AbortSignal,
    about: Subject,
  ): Promise<{ readonly won: Reached } | { readonly lost: Cause | null }> {
    const { clock } = this.#server.host;
    const discard = ({ connection }: Reached) => connection.drop();
    let lost: Cause | null = null;
    for (const contacts of this.#courses()) {
      const runners = this.#runners(contacts, about);
      const outcome = await race(runners, { clock, signal, discard });
      if ("won" in outcome) return outcome;
      lost = outcome.lost ?? lost;
      if (signal.aborted) break;
    }
    return { lost };
  }

  /** What was reached was of no use: the next question goes elsewhere. */
  failed({ entry: { target: { port } }, address }: Failure): void {
    this.#unreached.useless({ address, port }, this.#errand.delegation.domain);
  }

  succeeded({ machine: { port }, address }: Contact): void {
    this.#unreached.useful({ address, port }, this.#errand.delegation.domain);
  }

  /** 5.3: a whole priority group is exhausted before the next one. */
  *#courses(): Generator<AsyncIterable<Contact> | Iterable<Contact>> {
    const byPriority = Map.groupBy(this.entries, ({ target }) => target.priority);
    for (const [, group] of [...byPriority].sort(([a], [b]) => a - b)) yield this.#contacts(group);
    yield this.#late;
  }

  async *#contacts(group: readonly Entry[]): AsyncGenerator<Contact> {
    for (const entry of group) {
      const { target } = entry;
      const found = await this.#addresses(target);
      const tlsa = this.#errand.tlsa.filter(({ host, port }) => host === target.host && port === target.port);
      for (const address of found.addresses) {
        const contact = { entry, machine: target, address, found, tlsa, own: [] };
        const endpoint = { address, port: target.port };
        if (this.#unreached.has(endpoint, this.#errand.delegation.domain)) this.#late.push(contact);
        else yield contact;
      }
    }
  }

  async *#runners(
    contacts: AsyncIterable<Contact> | Iterable<Contact>,
    about: Subject,
  ): AsyncGenerator<Runner<Reached>> {
    for await (const contact of contacts) {
      if (!this.#errand.budget.take("dial")) return;
      yield (signal) => this.#dial(contact, signal, about);
    }
  }

  async #dial(contact: Contact, signal: AbortSignal, about: Subject): ReturnType<typeof dialContact> {
    const endpoint = { address: contact.address, port: contact.entry.target.port };
    const lap = await dialContact(this.#server, contact, signal, about);
    if ("won" in lap) this.#unreached.reached(endpoint);
    // Who was told to give up has seen nothing.
    else if (!signal.aborted) this.#unreached.unreached(endpoint);
    if ("lost" in lap && OURS.includes(lap.lost)) this.#errand.budget.giveBack("dial");
    return lap;
  }

  #addresses({ host }: Target): Promise<TargetAddresses> {
    const { budget, about } = this.#errand;
    return this.#server.evidence.addresses(host, { budget, about });
  }
}
