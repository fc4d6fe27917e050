/** Our own side: the domains hosted here, their components, and what the server itself answers. protocol.md 9. */
import type { Cause } from "../facts/cause.ts";
import type { Batch, Unsent } from "../wire/connection.ts";
import { reframe } from "../wire/reframe.ts";
import { parseElement, XmlFault } from "../xml/reader.ts";
import type { Declarations } from "../xml/reader.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import { DECLARED, NS } from "../xmpp/namespaces.ts";
import { answer, answerUnread, type Self } from "../xmpp/services.ts";
import { bounce, bounceFor, type StanzaError } from "../xmpp/stanza_error.ts";
import type { ComponentShell } from "./component.ts";
import type { ServerContext } from "./context.ts";
import { FLAG } from "./flags.ts";
import { pairOf } from "./addressee.ts";
import type { Outgoing } from "./outgoing.ts";
import { type Drains, MOST_WAITING } from "./sink.ts";
import { encode } from "./encode.ts";
import type { StreamShell } from "./stream.ts";

/** One hosted domain and whoever answers for it. */
export class LocalDomain implements Drains {
  component: ComponentShell | null = null;
  stalled = false;

  constructor(readonly name: Domain, public secret: string | null) {}

  get attached(): boolean {
    const connection = this.component?.connection;
    return connection !== undefined && connection.open && !this.stalled &&
      connection.buffered <= MOST_WAITING;
  }

  drained(): Promise<void> | undefined {
    return this.component?.connection.drained();
  }

  /** Gathers framed stanzas into the component's next write. True when it has enough for now. */
  forward(batch: Batch, first: number, end: number, from: StreamShell): boolean {
    const { connection } = this.component!;
    connection.forward(batch, first, end);
    from.took(batch, first, end);
    this.component!.stanzasOut += end - first;
    return connection.drained() !== undefined;
  }
}

export class Local {
  readonly #server: ServerContext;
  readonly #domains = new Map<Domain, LocalDomain>();

  constructor(server: ServerContext) {
    this.#server = server;
  }

  domain(name: Domain): LocalDomain | undefined {
    return this.#domains.get(name);
  }

  domains(): Iterable<LocalDomain> {
    return this.#domains.values();
  }

  add(name: Domain, secret: string | null): void {
    const before = this.#domains.get(name);
    if (before === undefined) this.#domains.set(name, new LocalDomain(name, secret));
    else {
      // Whoever attached by the old secret has to show the new one.
      if (before.secret !== secret) before.component?.close("component.handshake", "conflict");
      before.secret = secret;
    }
    this.#server.hosted.add(name, secret !== null, this.#server.host.clock.now());
  }

  remove(name: Domain): void {
    this.#domains.get(name)?.component?.close("component.unknown", "host-gone");
    this.#domains.delete(name);
    this.#server.hosted.remove(name, this.#server.host.clock.now());
  }

  attach(domain: LocalDomain, component: ComponentShell): void {
    domain.component = component;
    domain.stalled = false;
    this.#server.hosted.setAttached(domain.name, true);
  }

  detach(domain: LocalDomain, component: ComponentShell): void {
    if (domain.component !== component) return;
    domain.component = null;
    this.#server.hosted.setAttached(domain.name, false);
  }

  /** One stanza of a peer, past its grant, that needs more than forwarding. The result is the component that gets it. */
  receive(domain: LocalDomain, batch: Batch, i: number, from: StreamShell): ComponentShell | null {
    from.took(batch, i, i + 1);
    if (!domain.attached) {
      this.#unattended(domain, batch.text(i), from.declared);
      return null;
    }
    const component = domain.component!;
    component.stanzasOut++;
    if (!(batch.flags(i) & FLAG.rescope) && from.foreignLanguage === null) {
      component.connection.forward(batch, i, i + 1);
      return component;
    }
    const lang = batch.flags(i) & FLAG.hasLang ? null : from.foreignLanguage;
    const bytes = from.connection.rescope(batch, i, "component", lang);
    if (bytes !== null) {
      component.connection.write(bytes);
      return component;
    }
    const error = bounceFor("xml.namespace");
    this.#return(domain.name, batch.text(i), error, "xml.namespace", from.declared);
    return null;
  }

  /** What a component's socket had not taken when it was closed: each stanza is answered as if it had been away. */
  unsent(domain: LocalDomain, { bytes, written }: Unsent): void {
    for (const stanza of reframe("component", bytes)) {
      // What begins the rest may have been in the middle of a write: only what is whole has arrived.
      if (stanza.end <= written) continue;
      const text = decoder.decode(stanza.bytes);
      const cause = "route.component-away";
      this.#return(domain.name, text, bounceFor(cause), cause, DECLARED[NS.server]);
    }
  }

  /** A stanza of ours for a domain of ours: between two components, or for the server itself. */
  deliver(name: Domain, stanza: Outgoing): void {
    const domain = this.#domains.get(name);
    if (domain?.attached) {
      domain.component!.stanzasOut++;
      return domain.component!.connection.write(stanza.bytes);
    }
    const text = decoder.decode(stanza.bytes);
    if (domain === undefined) return this.answerHere(name, text, DECLARED[NS.server]);
    this.#unattended(domain, text, DECLARED[NS.server]);
  }

  /** the component is the domain; without one configured the server answers by 9.2 and 9.3. */
  #unattended(domain: LocalDomain, text: string, declared: Declarations): void {
    if (domain.secret === null) return this.answerHere(domain.name, text, declared);
    const cause: Cause = domain.component === null ? "route.component-away" : "route.slow-sink";
    this.#return(domain.name, text, bounceFor(cause), cause, declared);
  }

  /** What the server itself says to a stanza for one of its names. */
  answerHere(name: Domain, text: string, declared: Declarations): void {
    const reply = this.answerOf(name, text, declared);
    if (reply !== null) this.#send(name, reply);
  }

  /** The same without sending it; null where silence is right. */
  answerOf(name: Domain, text: string, declared: Declarations): string | null {
    try {
      return answer(parseElement(text, declared), this.#self(name));
    } catch (error) {
      // Too large to be anything that the server understands.
      if (error instanceof XmlFault) return answerUnread(text, declared);
      throw error;
    }
  }

  /** Answers a peer's stanza with an error from `pair.local`'s side. */
  replyWith(pair: DomainPair, text: string, error: StanzaError, cause: Cause, declared: Declarations): void {
    this.#return(pair.local, text, error, cause, declared);
  }

  #return(name: Domain, text: string, error: StanzaError, cause: Cause, declared: Declarations): void {
    const reply = bounce(text, error, { declared });
    this.#server.digest.tell(`to peers from ${name} ${cause}`, {
      type: reply === null ? "stanza.discarded" : "stanza.bounced",
      cause,
      ...pairOf(name, text, "from", declared),
      detail: { condition: error.condition, type: error.type, to: "peer", local: name },
    });
    if (reply !== null) this.#send(name, reply);
  }

  /** Sends what the server made itself, from a name of ours to wherever it says. */
  #send(local: Domain, text: string): void {
    const { pair } = pairOf(local, text, "to");
    if (pair === undefined) return;
    const stanza = { bytes: encode(text), since: this.#server.host.clock.now(), local };
    this.#server.routes.submit(pair, stanza);
  }

  #self(name: Domain): Self {
    const { contacts } = this.#server.config.server;
    const items = [...this.#domains.keys()].filter((domain) => domain.endsWith(`.${name}`));
    return { software: { name: "Verona", version: this.#server.version }, contacts, items };
  }
}

const decoder = new TextDecoder();
