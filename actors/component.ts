/** One component of ours on its connection: performs `machines/component_stream`. XEP-0114; protocol.md 9.1. */
import { randomBytes } from "node:crypto";
import type { Actor } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { TlsFacts } from "../facts/certificate.ts";
import { componentStream, type ComponentStreamEffect } from "../machines/component_stream.ts";
import type { Batch, Connection } from "../wire/connection.ts";
import type { Element } from "../xml/element.ts";
import { handshakeMatches, parseHandshake, printHandshake } from "../xmpp/component.ts";
import { NS } from "../xmpp/namespaces.ts";
import type { Refusal } from "../xmpp/stream_error.ts";
import { printComponentResponse, type StreamHeader } from "../xmpp/stream_header.ts";
import type { ServerContext } from "./context.ts";
import type { LocalDomain } from "./local.ts";
import { Outward } from "./outward.ts";
import { actorOf } from "./start.ts";
import type { CommonEvent } from "../machines/stream.ts";
import type { Sink } from "../routing/handled.ts";
import { stateOf } from "./state_of.ts";
import { StreamShell } from "./stream.ts";

export class ComponentShell extends StreamShell implements Sink {
  settled = false;
  readonly id: string;
  readonly since: number;
  domain: LocalDomain | null = null;
  readonly #actor: Actor<typeof componentStream>;
  readonly #outward: Outward;
  readonly streamId = randomBytes(16).toString("hex");

  constructor(server: ServerContext, connection: Connection, id: string) {
    super(server, NS.component);
    this.id = id;
    this.since = server.host.clock.now();
    this.connection = connection;
    server.components.set(id, this);
    this.#outward = new Outward(server, this);
    this.#actor = actorOf(
      componentStream,
      id,
      { connection: id },
      { timers: server.config.limits },
      (effect) => this.#perform(effect),
      server.host,
      () => this.crashed(),
    );
    this.#actor.subscribe(({ tags }) => this.#track(tags));
    this.#actor.start();
    void this.pump(connection);
  }

  get machineState(): string {
    return stateOf(this.#actor.getSnapshot().value);
  }

  close(cause: Cause, condition?: "system-shutdown" | "host-gone" | "conflict"): void {
    this.send({ type: "close.requested", cause, ...(condition ? { condition } : {}) });
  }

  secured(_facts: TlsFacts): void {}

  protected send(event: CommonEvent): void {
    this.#actor.send(event);
  }

  protected override readHeader(header: StreamHeader): void {
    const refusal = this.#judge(header);
    if (refusal !== null) this.#refused(refusal.cause, header.to?.text ?? null);
    this.#actor.send({ type: "header.received", refusal });
  }

  #judge(header: StreamHeader): Refusal | null {
    if (header.fault !== null) return header.fault;
    const domain = header.to === null ? undefined : this.server.local.domain(header.to.domain);
    if (domain === undefined || domain.secret === null) {
      return { condition: "host-unknown", cause: "component.unknown" };
    }
    if (domain.component !== null) return { condition: "conflict", cause: "component.conflict" };
    this.domain = domain;
    return null;
  }

  protected onElement(element: Element): void {
    const said = parseHandshake(element);
    if (said === null) return this.fault("unsupported-stanza-type", "stream.unsupported");
    // Another connection may have attached for the domain since our header was answered.
    const free = this.domain !== null && this.domain.component === null;
    const right = free && handshakeMatches(this.streamId, this.domain!.secret!, said);
    if (!right) this.#refused(free ? "component.handshake" : "component.conflict", this.domain?.name ?? null);
    this.#actor.send({ type: "handshake.received", right });
  }

  protected override onStanzas(batch: Batch, first: number, end: number): void | Promise<void> {
    if (this.domain?.component !== this) return this.fault("not-authorized", "component.handshake");
    return this.#outward.stanzas(batch, first, end);
  }

  #perform(effect: ComponentStreamEffect): void {
    switch (effect.type) {
      case "answer header": {
        const from = this.header?.to?.text ?? this.server.config.server.names[0]!;
        return this.print(printComponentResponse(from, this.streamId));
      }
      case "send handshake":
        return this.print(printHandshake());
      case "report attached":
        this.server.local.attach(this.domain!, this);
        return this.#tell("component.attached");
      default:
        return this.performCommon(effect);
    }
  }

  #refused(cause: Cause, domain: string | null): void {
    const detail = { domain, peer: this.connection.peer.ip };
    this.server.host.tell({
      type: "component.refused",
      level: "warning",
      connection: this.id,
      cause,
      detail,
    });
  }

  #tell(type: "component.attached" | "component.detached", cause?: Cause): void {
    const detail = { domain: this.domain!.name };
    this.server.host.tell({ type, connection: this.id, detail, ...(cause ? { cause } : {}) });
  }

  /** A stream that is closing takes nothing more: what comes for the domain from now on is told so (CMP-7). */
  #track(tags: ReadonlySet<string>): void {
    if (this.domain?.component === this && !tags.has("established")) this.#detach("component.gone");
  }

  #detach(cause: Cause): void {
    this.server.local.detach(this.domain!, this);
    this.#tell("component.detached", cause);
  }

  // ---- where peers' stanzas wait (8.1)

  get bytesOut(): number {
    return this.connection.bytesOut;
  }

  get buffered(): number {
    return this.connection.buffered;
  }

  reached(at: number): Promise<void> | undefined {
    return this.connection.reached(at);
  }

  giveUp(): void {
    this.send({ type: "connection.ended", cause: "route.slow-sink" });
    this.connection.drop();
  }

  crashed(): void {
    this.connection.drop();
    if (this.over) return;
    this.over = true;
    this.onOver("server.internal");
  }

  protected onOver(cause: Cause): void {
    this.server.components.delete(this.id);
    if (this.domain?.component === this) this.#detach(cause);
    this.connection.drop();
    const { unsent } = this.connection;
    if (unsent !== null && this.domain !== null) this.server.local.unsent(this.domain, unsent);
    this.settled = true;
    this.trace.tracer?.ended();
  }
}
