/** The initiating side of one connection: performs `machines/outbound_stream`. protocol.md 2.5 I-6 to I-13. */
import type { Actor } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { TlsFacts } from "../facts/certificate.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { Subject } from "../facts/event.ts";
import { outboundStream, type OutboundStreamEffect } from "../machines/outbound_stream.ts";
import type { CommonEvent } from "../machines/stream.ts";
import type { TlsUse } from "../machines/tls_initiating.ts";
import { isProven } from "../policy/endpoint.ts";
import { judgeResponseHeader } from "../policy/header.ts";
import type { Entry } from "../policy/ladder.ts";
import type { Referral } from "../policy/redirect.ts";
import { printBidi } from "../xmpp/bidi.ts";
import { type Domain, type DomainPair, toAscii } from "../xmpp/domain.ts";
import { type Features, parseFeatures } from "../xmpp/features.ts";
import { NS } from "../xmpp/namespaces.ts";
import { EXTERNAL } from "../xmpp/sasl_external.ts";
import { parseStarttls, printStarttls } from "../xmpp/starttls.ts";
import type { StreamError } from "../xmpp/stream_error.ts";
import { printInitialHeader, type StreamHeader } from "../xmpp/stream_header.ts";
import { idleMs } from "../xmpp/stream_limits.ts";
import type { Element } from "../xml/element.ts";
import { approach, headerNames, sniFor } from "./approach.ts";
import type { ServerContext } from "./context.ts";
import { type Contact, reach } from "./course.ts";
import { Endpoint } from "./endpoint.ts";
import { machineOf } from "./links.ts";
import { OurClaim } from "./our_claim.ts";
import { hear } from "./referral.ts";
import type { Dialled } from "./row_stream.ts";
import { S2sShell } from "./s2s_stream.ts";
import { actorOf, background } from "./start.ts";
import { stateOf } from "./state_of.ts";

export interface OutboundInput {
  /** `verify`: for one question to the authoritative server of `domain` (7.4); its certificate is judged, not required. */
  readonly purpose: "federation" | "verify";
  /** The sending domain whose stanza asked for this connection first; for `verify` the one that was asked for. */
  readonly local: Domain;
  readonly domain: Domain;
  readonly delegation: Delegation;
  /** The machines that will do, in the order to try; which one is reached decides how it is spoken to. */
  readonly entries: readonly Entry[];
  /** Only under policy `legacy`: without TLS where it is not offered. */
  readonly tlsOptional?: boolean;
  /** Another way to one of them than the usual one. */
  readonly reach?: (signal: AbortSignal, about: Subject) => ReturnType<typeof reach>;
}

type Established = Extract<OutboundStreamEffect, { type: "report established" }>;

/** "established", or why it never was. */
export type OutboundOutcome = "established" | Cause;

export class OutboundShell extends S2sShell {
  protected override readonly role = "response";
  readonly input: OutboundInput;
  /** Which machine TCP found; null before that. */
  reached: Contact | null = null;
  readonly outcome: Promise<OutboundOutcome>;
  /** Why it ended, when it is out of every table. */
  readonly ended: Promise<Cause>;
  readonly endpoint: Endpoint;
  /** Whether it offered STARTTLS, or took it; null: it did not get to say. */
  offersTls: boolean | null = null;
  /** By SASL EXTERNAL. */
  readonly claim: OurClaim;
  #tls: TlsUse = "required";
  /** Where the peer sent us, if we may go there. */
  referral: Referral | null = null;
  readonly #actor: Actor<typeof outboundStream>;
  readonly #abort = new AbortController();
  #lossTold = false;
  #settle!: (outcome: OutboundOutcome) => void;
  #end!: (cause: Cause) => void;

  constructor(server: ServerContext, input: OutboundInput) {
    super(server, "out");
    this.input = input;
    this.endpoint = new Endpoint(server, this);
    this.claim = new OurClaim(server, this);
    this.row.purpose = input.purpose;
    this.#named(input.entries[0]!);
    this.outcome = new Promise((resolve) => this.#settle = resolve);
    this.ended = new Promise((resolve) => this.#end = resolve);
    this.#actor = actorOf(
      outboundStream,
      this.id,
      { connection: this.id },
      {
        wantBidi: server.config.policy.bidi && input.purpose === "federation",
        timers: server.config.limits,
      },
      (effect) => this.#perform(effect),
      server.host,
      () => this.crashed(),
    );
    this.#actor.subscribe(({ tags }) => this.track(tags));
    this.#actor.start();
  }

  /** The names of our header; before TCP those of the first machine to try. */
  #named(entry: Entry): void {
    const { row } = this;
    ({ mode: row.mode, local: row.local, remote: row.remote } = headerNames(this.server, this.input, entry));
  }

  /** Of the header, on a classic stream. */
  get pair(): DomainPair {
    return { local: this.input.local, remote: this.input.domain };
  }

  get machineState(): string {
    return stateOf(this.#actor.getSnapshot().value);
  }

  protected send(event: CommonEvent): void {
    this.#actor.send(event);
  }

  override requestWritten(): void {
    this.#actor.send({ type: "request.written" });
  }

  secured(facts: TlsFacts): void {
    this.rememberTls(facts);
    background(this.server.host, `${this.id} judged`, this.#judge(), () => this.crashed());
  }

  /** I-10. */
  async #judge(): Promise<void> {
    const judged = await this.endpoint.judge(this.#abort.signal);
    if (judged !== "gone") this.#actor.send({ type: "tls.secured", ...judged });
  }

  /** STR-35. A question is asked at one machine, and nowhere else (section 10). */
  protected override onPeerError(error: StreamError): Cause {
    if (error.otherHost === null || this.input.purpose === "verify") return super.onPeerError(error);
    const { referral, cause, detail } = hear(this, error.otherHost, this.server.config.dial.port);
    this.referral = referral;
    this.tell("stream.redirected", detail, cause, referral === null ? "warning" : "info");
    if (referral !== null) this.#settle(cause); // its closing handshake holds nobody up
    return cause;
  }

  override get dialled(): Dialled | null {
    if (this.reached === null) return null;
    const { entry: { target: { host, port }, redirect }, found: { security } } = this.reached;
    return { domain: this.input.domain, host, port, security, redirected: redirect !== null };
  }

  protected override readHeader(header: StreamHeader): void {
    this.row.streamId = header.id;
    this.row.peerDialback = [...this.declared.values()].includes(NS.dialback);
    if (header.old && this.connection.tls === null) this.offersTls = false;
    const refusal = judgeResponseHeader(header, this.row.remote!, this.mayBeClear);
    this.#actor.send({ type: "header.received", refusal, old: header.old });
  }

  protected onElement(element: Element): void | Promise<void> {
    const features = parseFeatures(element);
    if (features !== null) return this.#features(features);
    if (element.ns === NS.sasl) return this.#sasl(element);
    const starttls = parseStarttls(element);
    if (starttls === "proceed") {
      this.offersTls = true;
      return this.#actor.send({ type: "tls.proceed" });
    }
    if (starttls === "failure") return this.#actor.send({ type: "tls.refused" });
    return this.onFederationElement(element);
  }

  #features(features: Features): void {
    const { starttls, mechanisms, bidi, dna, errors, unknownRequired, limits } = features;
    const secured = this.connection.tls !== null;
    if (!secured) this.offersTls = starttls !== null;
    // 4.2: what was said before TLS is forgotten with it.
    if (secured || (this.mayBeClear && starttls === null)) {
      this.row.peerMaxBytes = limits.maxBytes ?? this.row.peerMaxBytes;
      this.row.peerIdleMs = idleMs(limits) ?? this.row.peerIdleMs;
    }
    this.row.peerDialback ||= features.dialback;
    this.acks.offered = features.streamManagement && secured;
    this.#actor.send({
      type: "features.received",
      starttls: starttls !== null,
      external: mechanisms.includes(EXTERNAL),
      dialback: this.row.peerDialback,
      bidi: bidi && isProven(this.endpoint.verdict),
      ...{ dna, errors, unknownRequired },
    });
  }

  #header(): string {
    const names = { from: this.row.local!, to: this.row.remote! };
    return printInitialHeader(names, this.reached!.entry.rung === "versionless" ? null : "1.0");
  }

  #sasl(element: Element): void {
    const event = this.claim.heard(element);
    if (event === null) return this.fault("unsupported-stanza-type", "stream.unsupported");
    this.#actor.send(event);
  }

  /** In whose traces the way to TCP stands. */
  get #about(): Subject {
    return { connection: this.id, pair: this.pair };
  }

  #perform(effect: OutboundStreamEffect): void {
    switch (effect.type) {
      case "connect":
        return background(this.server.host, this.id, this.#connect(), () => this.crashed());
      case "open stream":
        return this.print(this.#header());
      case "send starttls":
        this.#tls = "required";
        return this.print(printStarttls("starttls"));
      case "start tls":
        return this.startTls({
          role: "initiating",
          sni: sniFor(this.input, this.reached!),
          identity: toAscii(this.row.local!),
        });
      case "send bidi":
        return this.print(printBidi(this.server.advertisedLimits()));
      case "send auth":
        return this.claim.send();
      case "send response":
        return this.claim.respond();
      case "report established":
        return this.#established(effect);
      case "check idle":
        return this.#actor.send(this.idleAnswer());
      default:
        return this.performCommon(effect);
    }
  }

  #established({ bidi, dna, errors, authenticated }: Established): void {
    this.row.bidi = bidi;
    this.row.peerDna = dna;
    this.row.peerErrors = errors;
    // 2.10: it says that it would have understood.
    if (dna && this.row.mode === "classic") {
      this.server.classicOnly.remove(machineOf(this.reached!.entry.target));
    }
    this.established();
    if (authenticated) this.claim.succeeded();
    this.#settle("established");
  }

  async #connect(): Promise<void> {
    const { entries, delegation, reach: another } = this.input;
    const { signal } = this.#abort;
    const outcome = await (another?.(signal, this.#about) ??
      reach(this.server, delegation, entries, signal, this.#about));
    if ("lost" in outcome) {
      return this.#actor.send({ type: "tcp.failed", cause: outcome.lost ?? "dns.no-address" });
    }
    const { connection, elapsedMs, ...contact } = outcome.won;
    if (this.over) return connection.drop();
    this.reached = contact;
    this.#named(contact.entry);
    this.opened(connection, elapsedMs);
    const how = approach(this.server, this.input, contact);
    this.#tls = how.tls;
    this.#actor.send({ type: "tcp.connected", ...how });
  }

  protected override get mayBeClear(): boolean {
    return this.#tls === "offered";
  }

  protected tlsFailed(cause: Cause): void {
    this.#actor.send({ type: "tls.failed", cause });
  }

  protected override lastWords(): void | Promise<void> {
    this.#tellProviders(this.leaving);
    return super.lastWords();
  }

  /** 8.4: before the routes hear of it, because they may want to connect again. */
  #tellProviders(cause: Cause): void {
    if (!this.wasUp || this.#lossTold || this.input.purpose === "verify") return;
    this.#lossTold = true;
    const machine = machineOf(this.reached!.machine);
    const condition = this.peerError?.condition ?? null;
    this.server.providers.lost({ machine, address: this.connection.peer.ip, condition, cause });
  }

  protected override onOver(cause: Cause): void {
    this.#abort.abort(null);
    this.#tellProviders(cause);
    super.onOver(cause);
    this.#settle(cause);
    this.#end(cause);
  }
}
