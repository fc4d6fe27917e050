/** The initiating side of one connection: performs `machines/outbound_stream`. protocol.md 2.5 I-6 to I-13. */
import type { Actor } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { TlsFacts } from "../facts/certificate.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { Subject } from "../facts/event.ts";
import type { PoshEvidence } from "../facts/posh.ts";
import { outboundStream, type OutboundStreamEffect, type TlsUse } from "../machines/outbound_stream.ts";
import { isByCallback } from "../policy/admission.ts";
import type { Verdict } from "../policy/decide.ts";
import { usableTlsa } from "../policy/dane.ts";
import { isProven } from "../policy/endpoint.ts";
import { type HeaderMode, judgeResponseHeader } from "../policy/header.ts";
import { matchesName } from "../policy/names.ts";
import type { Entry } from "../policy/ladder.ts";
import { isDisowned, judgeRedirect, type Referral } from "../policy/redirect.ts";
import { printBidi } from "../xmpp/bidi.ts";
import { type Domain, type DomainPair, parseDomain, toAscii } from "../xmpp/domain.ts";
import { type Features, parseFeatures } from "../xmpp/features.ts";
import { NS } from "../xmpp/namespaces.ts";
import { parseOtherHost, printOtherHost } from "../xmpp/other_host.ts";
import { EXTERNAL, parseSasl, printAuth, printResponse } from "../xmpp/sasl_external.ts";
import { parseStarttls, printStarttls } from "../xmpp/starttls.ts";
import type { StreamError } from "../xmpp/stream_error.ts";
import { printInitialHeader, type StreamHeader } from "../xmpp/stream_header.ts";
import type { Element } from "../xml/element.ts";
import { network } from "./admission.ts";
import { EndpointClaim } from "./claim.ts";
import type { ServerContext } from "./context.ts";
import { collect, type Found, NOTHING_FOUND } from "./collector.ts";
import { type Contact, reach } from "./course.ts";
import { machineOf } from "./links.ts";
import { idleMs } from "../xmpp/stream_limits.ts";
import { type Dialled, S2sShell } from "./s2s_stream.ts";
import { actorOf, background } from "./start.ts";
import type { CommonEvent } from "../machines/stream.ts";
import { stateOf } from "./stream.ts";

/** A question for a key costs no web request of its own. */
const NOT_WANTED: PoshEvidence = { found: false, passing: true, cause: "proof.none", why: null };

/** Of a certificate, in a trace. */
const MOST_NAMES = 20;

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
  /** What the peer's certificate proves for `domain`; null before TLS, and without it. */
  judged: Verdict | null = null;
  /** What was refused between server names would do on a classic stream (I-10). */
  takenAsClassic = false;
  /** Whether it offered STARTTLS, or took it; null: it did not get to say. */
  offersTls: boolean | null = null;
  /** Whether we sent a claim by EXTERNAL; `refused` when the peer did not take it. */
  claim: "none" | "sent" | "refused" = "none";
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
  #named({ rung, target }: Entry): void {
    const between = rung === "server-name";
    this.row.mode = between ? "server-name" : "classic";
    this.row.local = between ? this.server.config.server.names[0]! : this.input.local;
    this.row.remote = between ? parseDomain(target.host) : this.input.domain;
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
    const verdict = await this.#collect(this.row.mode!);
    if (verdict === null) return;
    this.judged = verdict;
    if (verdict.proved && verdict.proof.prooftype === "dane") this.row.vouch(verdict.proof.target!.host);
    const refusal = this.#refusal(verdict);
    this.#traceJudged(verdict);
    if (refusal !== null && this.row.mode === "server-name" && refusal !== "dane.mismatch") {
      this.takenAsClassic = (await this.#collect("classic"))?.proved ?? false;
    }
    if (!this.over) this.#actor.send({ type: "tls.secured", refusal });
  }

  #traceJudged(verdict: Verdict): void {
    const { domain } = this.input;
    const names = this.row.serverNames.slice(0, MOST_NAMES);
    this.tracer?.step(() =>
      verdict.proved
        ? {
          type: "endpoint.judged",
          detail: {
            domain,
            prooftype: verdict.proof.prooftype,
            names,
            target: verdict.proof.target?.host ?? null,
          },
        }
        : {
          type: "endpoint.judged",
          detail: { domain, prooftype: null, names, target: this.reached?.entry.target.host ?? null },
          cause: verdict.cause,
        }
    );
  }

  async #collect(mode: HeaderMode): Promise<Verdict | null> {
    const { purpose, delegation } = this.input;
    const claim = new EndpointClaim(this.server, this, this.#pair, mode);
    const posh = purpose === "verify" ? NOT_WANTED : null;
    const known = { ...NOTHING_FOUND, delegation, tlsa: this.reached!.tlsa, posh };
    const [judge, wanted] = [(found: Found) => claim.judge(found), () => !this.over];
    const collected = await collect(judge, claim.fetchers({}), wanted, this.#abort.signal, known);
    return this.over ? null : collected?.verdict ?? null;
  }

  /** What the authoritative server shows is judged and not required, but for what TLSA forbids (3.4, step 7). */
  #refusal(verdict: Verdict): Cause | null {
    const { own } = this.reached!;
    const shown = this.certificateUnder(own);
    if (isDisowned(this.input.domain, shown, own, this.server.host.clock.now())) return "dane.mismatch";
    if (verdict.proved) return null;
    return this.input.purpose === "federation" || verdict.cause === "dane.mismatch" ? verdict.cause : null;
  }

  /** STR-35. A question is asked at one machine, and nowhere else (section 10). */
  protected override onPeerError(error: StreamError): Cause {
    if (error.otherHost === null || this.input.purpose === "verify") return super.onPeerError(error);
    const { entry: { target, redirect }, machine, address } = this.reached!;
    const to = parseOtherHost(error.otherHost);
    const found = judgeRedirect({
      to,
      at: { ...machine, address },
      proven: this.#isProvenNow(),
      hops: redirect?.hop ?? 0,
      defaultPort: this.server.config.dial.port,
    });
    const cause = typeof found === "string" ? found : "redirect.followed";
    if (typeof found !== "string") {
      const named = matchesName(this.row.serverNames, target.host);
      this.referral = { ...found, target, domain: this.input.domain, named };
      this.#settle("redirect.followed"); // its closing handshake holds nobody up
    }
    this.tell(
      "stream.redirected",
      {
        from: machineOf(machine),
        to: to === null ? error.otherHost : printOtherHost(to),
        hop: (redirect?.hop ?? 0) + 1,
        followed: typeof found !== "string",
      },
      cause,
      typeof found === "string" ? "warning" : "info",
    );
    return cause;
  }

  /** By its certificate; what was proven at the handshake may have been renewed, or have ended. */
  #isProvenNow(): boolean {
    const { judged, proofs, server: { host: { clock } }, input: { domain } } = this;
    const proof = proofs.held(domain) ?? (judged?.proved === true ? judged.proof : null);
    return proof !== null && !isByCallback(proof.prooftype) && proof.holds(clock.now());
  }

  override get dialled(): Dialled | null {
    if (this.reached === null) return null;
    const { entry: { target: { host, port }, redirect }, found: { security } } = this.reached;
    return { domain: this.input.domain, host, port, security, redirected: redirect !== null };
  }

  protected override readHeader(header: StreamHeader): void {
    this.row.streamId = header.id;
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
    this.acks.offered = features.streamManagement && secured;
    this.#actor.send({
      type: "features.received",
      starttls: starttls !== null,
      external: mechanisms.includes(EXTERNAL),
      dialback: features.dialback || [...this.declared.values()].includes(NS.dialback),
      bidi: bidi && isProven(this.judged),
      ...{ dna, errors, unknownRequired },
    });
  }

  #header(): string {
    const names = { from: this.row.local!, to: this.row.remote! };
    return printInitialHeader(names, this.reached!.entry.rung === "versionless" ? null : "1.0");
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
        this.claim = "refused";
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

  /** In whose traces the way to TCP stands. */
  get #about(): Subject {
    return { connection: this.id, pair: this.#pair };
  }

  /** Of the header, on a classic stream. */
  get #pair(): DomainPair {
    return { local: this.input.local, remote: this.input.domain };
  }

  /** 6.2, 6.3: between server names the SRV target; on classic streams, and in direct TLS, the service domain. */
  get #sni(): string {
    const { entry: { rung, target, sni }, machine } = this.reached!;
    const byTarget = sni === "target" || (rung === "server-name" && machine.tls === "starttls");
    return byTarget ? target.host : toAscii(this.input.domain);
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
          sni: this.#sni,
          identity: toAscii(this.row.local!),
        });
      case "send bidi":
        return this.print(printBidi(this.server.advertisedLimits()));
      case "send auth":
        this.claim = "sent";
        this.ours.claim(this.#pair);
        return this.print(printAuth(this.input.local));
      case "send response":
        return this.print(printResponse(this.input.local));
      case "report established":
        this.row.bidi = effect.bidi;
        this.row.peerDna = effect.dna;
        this.row.peerErrors = effect.errors;
        // 2.10: it says that it would have understood.
        if (effect.dna && this.row.mode === "classic") {
          this.server.classicOnly.remove(machineOf(this.reached!.entry.target));
        }
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
    const { entries, delegation, reach: another } = this.input;
    const { signal } = this.#abort;
    const outcome = await (another?.(signal, this.#about) ??
      reach(this.server, delegation, entries, signal, this.#about));
    if ("lost" in outcome) {
      return this.#actor.send({ type: "tcp.failed", cause: outcome.lost ?? "dns.no-address" });
    }
    const { connection, ...contact } = outcome.won;
    if (this.over) return connection.drop();
    this.reached = contact;
    this.#named(contact.entry);
    this.opened(connection);
    const way = this.#way(contact);
    this.#tls = way.tls;
    this.#actor.send({ type: "tcp.connected", ...way });
  }

  protected override get mayBeClear(): boolean {
    return this.#tls === "offered";
  }

  /** How this machine is spoken to (2.10). A-14: between server names there is no SASL. */
  #way({ entry: { rung, redirect }, machine, tlsa }: Contact): { tls: TlsUse; external: boolean } {
    const external = rung === "external" && this.input.purpose === "federation";
    if (machine.tls === "direct") return { tls: "direct", external };
    // 3.4 step 4: who publishes TLSA is never spoken to in plaintext. Nor is who was named inside TLS.
    const mandatory = redirect !== null || usableTlsa(tlsa, this.server.host.clock.now()).length > 0;
    const clear = rung === "cleartext" || rung === "versionless" || this.input.tlsOptional === true;
    const { local, domain } = this.input;
    // Asked again: the policy may have changed since the ladder was at this rung.
    return clear && !mandatory && this.server.takesCleartext(local, domain)
      ? { tls: "offered", external: false }
      : { tls: "required", external };
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
    const { peerError: condition, connection: { peer } } = this;
    this.server.providers.lost({ machine, network: network(peer.ip), condition, cause });
  }

  protected override onOver(cause: Cause): void {
    this.#abort.abort(null);
    this.#tellProviders(cause);
    super.onOver(cause);
    this.#settle(cause);
    this.#end(cause);
  }
}
