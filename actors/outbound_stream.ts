/** The initiating side of one connection: performs `machines/outbound_stream`. protocol.md 2.5 I-6 to I-13. */
import type { Actor } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { TlsFacts } from "../facts/certificate.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import type { Security } from "../facts/dns.ts";
import { outboundStream, type OutboundStreamEffect, type TlsUse } from "../machines/outbound_stream.ts";
import type { Verdict } from "../policy/decide.ts";
import { endpoint } from "../policy/endpoint.ts";
import { type HeaderMode, judgeResponseHeader } from "../policy/header.ts";
import { dial } from "../wire/dial.ts";
import { printBidi } from "../xmpp/bidi.ts";
import { type Domain, type DomainPair, parseDomain, toAscii } from "../xmpp/domain.ts";
import { type Features, parseFeatures } from "../xmpp/features.ts";
import { NS } from "../xmpp/namespaces.ts";
import { EXTERNAL, parseSasl, printAuth, printResponse } from "../xmpp/sasl_external.ts";
import { parseStarttls, printStarttls } from "../xmpp/starttls.ts";
import { printInitialHeader, type StreamHeader } from "../xmpp/stream_header.ts";
import type { Element } from "../xml/element.ts";
import { EndpointClaim } from "./claim.ts";
import type { ServerContext } from "./context.ts";
import { S2sShell } from "./s2s_stream.ts";
import { actorOf, background } from "./start.ts";
import type { CommonEvent } from "../machines/stream.ts";
import { encode, stateOf } from "./stream.ts";

export interface OutboundInput {
  /** `verify`: for one question to the authoritative server of `domain` (7.4); its certificate is judged, not required. */
  readonly purpose: "federation" | "verify";
  readonly mode: HeaderMode;
  /** Whether to encrypt; a target of `_xmpps-server` is spoken to in TLS from the start in any case. */
  readonly tls: Exclude<TlsUse, "direct">;
  /** The sending domain whose stanza asked for this connection first; for `verify` the one that was asked for. */
  readonly local: Domain;
  readonly domain: Domain;
  readonly delegation: Delegation;
  readonly target: Target;
  readonly address: string;
  /** What DNSSEC says of `address`. */
  readonly addressSecurity: Security;
}

export class OutboundShell extends S2sShell {
  protected override readonly role = "response";
  readonly input: OutboundInput;
  readonly targetKey: string;
  /** "established", or why it never was. */
  readonly outcome: Promise<"established" | Cause>;
  /** Why it ended, when it is out of every table. */
  readonly ended: Promise<Cause>;
  /** What the peer's certificate proves for `domain`; null before TLS, and without it. */
  judged: Verdict | null = null;
  readonly #actor: Actor<typeof outboundStream>;
  readonly #abort = new AbortController();
  #settle!: (outcome: "established" | Cause) => void;
  #end!: (cause: Cause) => void;

  constructor(server: ServerContext, input: OutboundInput) {
    super(server, "out");
    const { purpose, mode, target } = input;
    this.input = input;
    this.row.purpose = purpose;
    this.row.mode = mode;
    this.row.local = mode === "classic" ? input.local : server.config.server.names[0]!;
    this.row.remote = mode === "classic" ? input.domain : parseDomain(target.host);
    this.targetKey = targetKey(target);
    this.outcome = new Promise((resolve) => this.#settle = resolve);
    this.ended = new Promise((resolve) => this.#end = resolve);
    this.#actor = actorOf(
      outboundStream,
      this.id,
      {
        wantBidi: server.config.policy.bidi && purpose === "federation",
        // between server names there is no SASL; certificates and requests say it all.
        wantExternal: purpose === "federation" && mode === "classic",
        tls: target.tls === "direct" ? "direct" : input.tls,
        timers: server.config.limits,
      },
      (effect) => this.#perform(effect),
      server.host,
      () => this.crashed(),
    );
    this.#actor.subscribe(({ tags }) => this.track(tags));
    this.#actor.start();
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
    const { purpose, delegation, target, domain } = this.input;
    this.rememberTls(facts);
    const now = this.server.host.clock.now();
    const timing = this.server.timing();
    const judged = endpoint({ certificate: facts.peer, host: target.host, domain, delegation, now, timing });
    this.judged = judged;
    const refusal = judged.proved || purpose === "verify" ? null : judged.cause;
    this.#actor.send({ type: "tls.secured", refusal });
  }

  protected override readHeader(header: StreamHeader): void {
    this.row.streamId = header.id;
    this.#actor.send({ type: "header.received", refusal: judgeResponseHeader(header, this.row.remote!) });
  }

  protected onElement(element: Element): void | Promise<void> {
    const features = parseFeatures(element);
    if (features !== null) return this.#features(features);
    if (element.ns === NS.sasl) return this.#sasl(element);
    const starttls = parseStarttls(element);
    if (starttls === "proceed") return this.#actor.send({ type: "tls.proceed" });
    if (starttls === "failure") return this.#actor.send({ type: "tls.refused" });
    return this.onFederationElement(element);
  }

  #features(features: Features): void {
    const { starttls, mechanisms, bidi, dna, errors, unknownRequired, limits } = features;
    this.row.peerMaxBytes = limits.maxBytes ?? this.row.peerMaxBytes;
    this.acks.offered = features.streamManagement && this.connection.tls !== null;
    this.#actor.send({
      type: "features.received",
      starttls: starttls !== null,
      external: mechanisms.includes(EXTERNAL),
      dialback: features.dialback || [...this.declared.values()].includes(NS.dialback),
      ...{ bidi, dna, errors, unknownRequired },
    });
  }

  #sasl(element: Element): void {
    const sasl = parseSasl(element);
    switch (sasl?.word) {
      case "success":
        this.connection.restart();
        this.#told("success");
        return this.#actor.send({ type: "sasl.succeeded" });
      case "failure":
        this.#told(sasl.condition);
        this.ours.unclaimed();
        return this.#actor.send({ type: "sasl.failed" });
      case "challenge":
        return this.#actor.send({ type: "sasl.challenged" });
      default:
        return this.fault("unsupported-stanza-type", "stream.unsupported");
    }
  }

  #told(outcome: string): void {
    this.server.host.tell({
      type: "sasl.finished",
      connection: this.id,
      pair: this.#pair,
      detail: { by: "peer", outcome, peer: this.connection.peer.ip },
      ...(outcome === "success" ? {} : { cause: "sasl.refused", level: "warning" }),
    });
  }

  /** Of the header, on a classic stream. */
  get #pair(): DomainPair {
    return { local: this.input.local, remote: this.input.domain };
  }

  #perform(effect: OutboundStreamEffect): void {
    switch (effect.type) {
      case "connect":
        return background(this.server.host, this.id, this.#connect(), () => this.crashed());
      case "open stream":
        return this.connection.write(
          encode(printInitialHeader({ from: this.row.local!, to: this.row.remote! })),
        );
      case "send starttls":
        return this.connection.write(encode(printStarttls("starttls")));
      case "start tls":
        return this.startTls({
          role: "initiating",
          // 6.3: between server names the SRV target, else the service domain.
          sni: this.input.mode === "server-name" ? this.input.target.host : toAscii(this.input.domain),
          identity: toAscii(this.row.local!),
        });
      case "send bidi":
        return this.connection.write(encode(printBidi(this.server.advertisedLimits())));
      case "send auth":
        this.ours.claim(this.#pair);
        return this.connection.write(encode(printAuth(this.input.local)));
      case "send response":
        return this.connection.write(encode(printResponse(this.input.local)));
      case "report established":
        this.row.bidi = effect.bidi;
        this.row.peerDna = effect.dna;
        this.row.peerErrors = effect.errors;
        this.established();
        if (effect.authenticated) this.#authenticated();
        return this.#settle("established");
      case "check idle":
        return this.#actor.send(this.idleAnswer());
      default:
        return this.performCommon(effect);
    }
  }

  /** 7.1: `<success/>` lets the pair of the header in, if our own proof of the peer still holds. */
  #authenticated(): void {
    const claim = new EndpointClaim(this.server, this, this.#pair);
    if (this.judged?.proved) this.proofs.delegate(this.judged.proof, claim);
    this.ours.claimed();
  }

  async #connect(): Promise<void> {
    const { address, target } = this.input;
    const { limits } = this.server.config;
    const dialled = await dial({
      address,
      port: target.port,
      timeoutMs: limits.connectTimeoutMs,
      signal: this.#abort.signal,
      ...this.server.connectionOptions("server"),
      // We chose this peer, and it is judged before it may send a stanza.
      frame: this.server.frameLimits("proven"),
    });
    if (!dialled.connected) return this.#actor.send({ type: "tcp.failed", cause: dialled.cause });
    this.opened(dialled.connection);
    this.#actor.send({ type: "tcp.connected" });
  }

  protected tlsFailed(cause: Cause): void {
    this.#actor.send({ type: "tls.failed", cause });
  }

  protected override onOver(cause: Cause): void {
    this.#abort.abort();
    super.onOver(cause);
    this.#settle(cause);
    this.#end(cause);
  }
}

/** Machines are told apart by where they listen. */
export function targetKey({ host, port }: Pick<Target, "host" | "port">): string {
  return `${host}:${port}`;
}
