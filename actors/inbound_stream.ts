/** The receiving side of one connection: performs `machines/inbound_stream`. protocol.md 2.6. */
import { randomBytes } from "node:crypto";
import type { Actor } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { TlsFacts } from "../facts/certificate.ts";
import { inboundStream, type InboundStreamEffect } from "../machines/inbound_stream.ts";
import { judgeInitialHeader } from "../policy/header.ts";
import type { Connection } from "../wire/connection.ts";
import type { Element } from "../xml/element.ts";
import { type Bidi, parseBidi } from "../xmpp/bidi.ts";
import { toAscii } from "../xmpp/domain.ts";
import { printFeatures } from "../xmpp/features.ts";
import { type ClaimFacts, judgeAuth, judgeResponse } from "../policy/sasl.ts";
import { parseSasl, printChallenge, printFailure, printSuccess, type Sasl } from "../xmpp/sasl_external.ts";
import { parseStarttls, printStarttls } from "../xmpp/starttls.ts";
import { printResponseHeader, type StreamHeader } from "../xmpp/stream_header.ts";
import type { ServerContext } from "./context.ts";
import { HeaderIdentity } from "./header_identity.ts";
import { MachineIdentity } from "./machine_identity.ts";
import type { ProofLife } from "./proof.ts";
import { idleMs } from "../xmpp/stream_limits.ts";
import { S2sShell } from "./s2s_stream.ts";
import { actorOf, background } from "./start.ts";
import type { CommonEvent } from "../machines/stream.ts";
import { stateOf } from "./state_of.ts";

export class InboundShell extends S2sShell {
  readonly #actor: Actor<typeof inboundStream>;
  #previous: StreamHeader | null = null;
  /** What the peer said in its last `<bidi/>`; it counts once the machine enables it. */
  #bidi: Bidi | null = null;
  /** Of a classic stream's header, from TLS on. */
  #identity: HeaderIdentity | null = null;
  /** Of a server-name stream whose name no accepted certificate carries. */
  #machine: MachineIdentity | null = null;
  #authenticated = false;
  #mayBeClear = false;

  /** @param direct It came in where TLS is spoken first (XEP-0368). */
  constructor(server: ServerContext, connection: Connection, direct: boolean) {
    super(server, "in");
    this.connection = connection;
    this.#actor = actorOf(
      inboundStream,
      this.id,
      { connection: this.id },
      { timers: server.config.limits },
      (effect) => this.#perform(effect),
      server.host,
      () => this.crashed(),
    );
    this.#actor.subscribe(({ tags }) => this.track(tags));
    this.opened(connection);
    this.#actor.start();
    if (direct) this.#actor.send({ type: "tls.expected" });
  }

  get machineState(): string {
    return stateOf(this.#actor.getSnapshot().value);
  }

  protected send(event: CommonEvent): void {
    this.#actor.send(event);
  }

  protected override get mayBeClear(): boolean {
    return this.#mayBeClear;
  }

  secured(facts: TlsFacts): void {
    this.rememberTls(facts);
    this.#actor.send({ type: "tls.secured" });
  }

  protected tlsFailed(cause: Cause): void {
    this.#actor.send({ type: "tls.failed", cause });
  }

  protected override readHeader(header: StreamHeader): void | Promise<void> {
    const now = this.server.host.clock.now();
    const { mode, named, refusal, tls } = judgeInitialHeader({
      header,
      standing: (name) => this.server.hosted.standing(name, now),
      previous: this.#previous,
      certificate: this.connection.tls === null ? null : this.peerCertificate,
      machineNames: this.row.machineNames,
      takesCleartext: (to, from) => this.server.takesCleartext(to, from),
    });
    this.#mayBeClear = tls !== "required";
    this.#previous = header;
    this.row.mode = mode;
    this.row.local = header.to?.domain ?? null;
    this.row.remote = header.from?.domain ?? null;
    this.#actor.send({ type: "header.received", mode, named, refusal, tls });
    return this.#identity?.proving ?? this.#machine?.proving;
  }

  protected onElement(element: Element): void | Promise<void> {
    if (parseStarttls(element) === "starttls") return this.#actor.send({ type: "starttls.received" });
    const bidi = parseBidi(element);
    if (bidi !== null) {
      this.#bidi = bidi;
      return this.#actor.send({ type: "bidi.received" });
    }
    // 4.6: while TLS is required, anything but STARTTLS and bidi ends the stream.
    const clear = this.connection.tls === null;
    if (clear && !this.#mayBeClear) return this.fault("policy-violation", "tls.required");
    const sasl = parseSasl(element);
    if (sasl !== null) return this.#sasl(sasl);
    if (clear) this.#actor.send({ type: "clear.spoken" });
    return this.ending ? undefined : this.onFederationElement(element);
  }

  /** 7.1. Words of the other role are no words here. */
  #sasl(sasl: Sasl): void {
    const facts = this.#claimFacts();
    switch (sasl.word) {
      case "auth":
        return this.#actor.send({ type: "auth.received", outcome: judgeAuth(sasl, facts) });
      case "response":
        return this.#actor.send({ type: "response.received", outcome: judgeResponse(sasl.response, facts) });
      case "abort":
        return this.#actor.send({ type: "auth.aborted" });
      default:
        return this.fault("unsupported-stanza-type", "stream.unsupported");
    }
  }

  #claimFacts(): ClaimFacts {
    const { mode, remote } = this.row;
    const encrypted = this.connection.tls !== null;
    // A server-name stream was judged at its header, and its certificate is looked at again with every request.
    if (mode === "server-name") {
      const identity = this.#authenticated ? null : remote;
      return { encrypted, identity, holds: () => this.row.remoteProven };
    }
    const identity = this.#authenticated ? null : this.#identity?.proven ?? null;
    return { encrypted, identity, holds: () => this.#identity!.holds() };
  }

  protected override requestReceived(): void {
    this.#actor.send({ type: "request.received" });
  }

  override pairOpened(): void {
    super.pairOpened();
    this.#actor.send({ type: "pair.opened" });
  }

  #perform(effect: InboundStreamEffect): void {
    switch (effect.type) {
      case "answer header":
        return this.#answerHeader();
      case "send features":
        this.#identity?.settled();
        return this.print(printFeatures({
          stage: effect.stage,
          external: effect.external,
          limits: this.server.advertisedLimits(),
          bidi: this.server.config.policy.bidi,
        }));
      case "prove name":
        return this.#proveName();
      case "prove machine":
        return this.#proveMachine();
      case "send challenge":
        return this.print(printChallenge());
      case "send failure":
        this.#told(effect.condition);
        return this.print(printFailure(effect.condition));
      case "send success":
        this.#authenticated = true;
        this.#told("success");
        this.print(printSuccess());
        return this.connection.restart();
      case "admit header pair":
        return this.#admit();
      case "send proceed":
        return this.print(printStarttls("proceed"));
      case "send tls failure":
        return this.print(printStarttls("failure"));
      case "start tls":
        this.#mayBeClear = false;
        return this.startTls({
          role: "receiving",
          preferred: this.row.local === null ? null : toAscii(this.row.local),
        });
      case "enable bidi":
        this.row.bidi = true;
        this.row.peerDna = this.#bidi!.dna;
        this.row.peerMaxBytes = this.#bidi!.limits.maxBytes;
        this.row.peerIdleMs = idleMs(this.#bidi!.limits);
        return;
      case "raise limits":
        this.server.admission.proven(this.connection);
        return this.connection.limits(this.server.frameLimits("proven"));
      case "report established":
        return this.established();
      case "check idle":
        return this.#actor.send(this.idleAnswer());
      case "close stream":
        // 4.9: the peer's closing tag is read.
        this.#identity?.settled();
        this.#machine?.settled();
        return this.performCommon(effect);
      default:
        return this.performCommon(effect);
    }
  }

  /** */
  #proveName(): void {
    const { local, remote } = this.row;
    if (local === null || remote === null) return this.#actor.send({ type: "name.judged", proven: false });
    this.#identity = new HeaderIdentity(this.server, this, { local, remote });
    const work = this.#identity.prove().then((proven) => {
      this.#actor.send({ type: "name.judged", proven });
    });
    background(this.server.host, `${this.id} name ${remote}`, work, () => this.crashed());
  }

  /** */
  #proveMachine(): void {
    const name = this.row.remote!;
    this.#machine = new MachineIdentity(this.server, this, name);
    const work = this.#machine.prove().then((refusal) => {
      this.#actor.send({ type: "machine.judged", refusal });
      this.#machine!.settled();
    });
    background(this.server.host, `${this.id} machine ${name}`, work, () => this.crashed());
  }

  override get machineProof(): ProofLife | null {
    return this.#machine?.life ?? null;
  }

  /** 7.1: the pair of the header, and no other. Between server names it is open already. */
  #admit(): void {
    if (this.row.mode === "server-name") return;
    if (this.#identity?.admit() !== true) this.fault("not-authorized", "proof.expired");
  }

  #told(outcome: string): void {
    const { local, remote } = this.row;
    this.server.host.tell({
      type: "sasl.finished",
      connection: this.id,
      ...(local !== null && remote !== null ? { pair: { local, remote } } : {}),
      detail: { by: "us", outcome, peer: this.connection.peer.ip },
      ...(outcome === "success" ? {} : { cause: "sasl.claim", level: "warning" }),
    });
  }

  protected override onOver(cause: Cause): void {
    this.#identity?.settled();
    this.#machine?.connectionOver();
    super.onOver(cause);
  }

  /** R-3; with nothing readable from the peer it is our default name (RFC 6120 4.9.1.2). */
  #answerHeader(): void {
    this.row.streamId = randomBytes(16).toString("hex");
    const to = this.header?.from?.text ?? null;
    const from = this.header?.to?.text ?? this.server.config.server.names[0]!;
    const peer = this.header ?? { version: { major: 1, minor: 0 }, lang: null };
    this.print(printResponseHeader({ from, to }, this.row.streamId, peer));
  }
}
