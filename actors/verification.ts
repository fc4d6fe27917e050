/** One question to an authoritative server: performs `machines/verification`. XEP-0220 2.1.2, XEP-0344; protocol.md 7.4. */
import type { Actor } from "xstate";
import { weakest } from "../dnssec/delegation.ts";
import { machinesOf, orderTargets } from "../dnssec/targets.ts";
import type { Callback } from "../facts/callback.ts";
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target, TargetAddresses } from "../facts/delegation.ts";
import type { Security } from "../facts/dns.ts";
import { verification, type VerificationEffect } from "../machines/verification.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import { namesNobody } from "../policy/delegation.ts";
import { type DialbackRequest, printVerify } from "../xmpp/dialback.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { Budget } from "./budget.ts";
import type { ServerContext } from "./context.ts";
import type { LinkOutcome } from "./links.ts";
import type { OutboundShell } from "./outbound_stream.ts";
import { actorOf, background } from "./start.ts";
import { encode } from "./stream.ts";
import type { Unreached } from "./unreached.ts";
import type { Lease } from "./verify_connection.ts";

export interface VerifyQuestion {
  /** `local` was asked for by `remote`. */
  readonly pair: DomainPair;
  /** As it came: the key speaks for the spelling of its domains. */
  readonly request: DialbackRequest;
  /** Of our latest response header on the stream that the request came on. */
  readonly streamId: string;
  /** XEP-0344: whether the decision would take what this server shows for an answer, so that none has to be asked for. */
  readonly spares: (callback: Callback) => boolean;
  readonly delegation: Delegation;
  /** What is published of the certificates of its servers; none of it is bogus (TF-2). */
  readonly tlsa: readonly EndpointTlsa[];
  /** Policy `legacy` alone does without TLS. */
  readonly tls: "required" | "offered";
  readonly budget: Budget;
}

/** Opens the connection for a question. Never rejects. */
export type Dial = (signal: AbortSignal) => Promise<LinkOutcome>;

/** Where the question goes. */
interface Endpoint {
  readonly target: Target;
  readonly address: string;
  readonly security: Security;
  /** The answer that the address is from. */
  readonly found: TargetAddresses;
}

export class Verification {
  readonly #server: ServerContext;
  readonly #question: VerifyQuestion;
  /** Of a connection that is there already; else what makes one. */
  readonly #way: Lease | ((dial: Dial) => Lease);
  readonly #unreached: Unreached;
  readonly #actor: Actor<typeof verification>;
  readonly #result = Promise.withResolvers<Callback>();
  /** In the order to try. */
  #endpoints: readonly Endpoint[] = [];
  /** Of everything that DNS said on the way (5.7). */
  #security: Security;
  #lease: Lease | null = null;
  #shell: OutboundShell | null = null;
  #takeBack: () => void = () => {};

  constructor(
    server: ServerContext,
    question: VerifyQuestion,
    way: Lease | ((dial: Dial) => Lease),
    unreached: Unreached,
  ) {
    this.#server = server;
    this.#question = question;
    this.#way = way;
    this.#unreached = unreached;
    this.#security = question.delegation.security;
    const { local, remote } = question.pair;
    this.#actor = actorOf(
      verification,
      `verification of ${remote} for ${local}`,
      { pair: question.pair },
      { timers: server.config.limits },
      (effect) => this.#perform(effect),
      server.host,
      () => this.#crashed(),
    );
    // Dropped: nobody reads it.
    this.#actor.subscribe({ complete: () => this.#report("unreachable", "proof.timeout") });
  }

  /** Never rejects. */
  async run(signal: AbortSignal): Promise<Callback> {
    const over = () => this.#actor.send({ type: "request.over" });
    signal.addEventListener("abort", over, { once: true });
    this.#actor.start();
    const result = await this.#result.promise;
    signal.removeEventListener("abort", over);
    return result;
  }

  #perform(effect: VerificationEffect): void {
    switch (effect.type) {
      case "resolve":
        return this.#work(this.#resolve());
      case "connect":
        return this.#work(this.#connect());
      case "send verify":
        return this.#ask(this.#shell!);
      case "let go":
        return this.#letGo();
      case "report":
        return this.#report(effect.outcome, effect.cause);
    }
  }

  #work(work: Promise<void>): void {
    const { local, remote } = this.#question.pair;
    background(this.#server.host, `verification of ${remote} for ${local}`, work, () => this.#crashed());
  }

  get #wanted(): boolean {
    return this.#actor.getSnapshot().status === "active";
  }

  // ---- resolving (section 5)

  async #resolve(): Promise<void> {
    if (typeof this.#way !== "function") return this.#actor.send({ type: "server.found" });
    const nobody = namesNobody(this.#question.delegation);
    if (nobody !== null && nobody !== "proof.absent") return this.#missing(nobody);
    const { endpoints, cause } = await this.#find();
    if (!this.#wanted) return;
    if (endpoints.length === 0) return this.#missing(cause);
    this.#endpoints = endpoints;
    this.#security = weakest([this.#question.delegation, endpoints[0]!]);
    this.#actor.send({ type: "server.found" });
  }

  #missing(cause: Cause): void {
    const outcome = cause === "tcp.forbidden" ? "unreachable" : "unresolved";
    this.#actor.send({ type: "server.missing", outcome, cause });
  }

  /** Target by target, until one has an address that was not out of reach a short while ago. */
  async #find(): Promise<{ endpoints: readonly Endpoint[]; cause: Cause }> {
    const all: Endpoint[] = [];
    let cause: Cause = "dns.no-address";
    for (const target of this.#targets()) {
      const found = await this.#server.evidence.addresses(target.host, {
        budget: this.#question.budget,
        about: { pair: this.#question.pair },
      });
      const { addresses, security } = found;
      const endpoints = addresses.map((address) => ({ target, address, security, found }));
      const fresh = endpoints.filter((endpoint) => !this.#unreached.has(keyOf(endpoint)));
      if (fresh.length > 0) return { endpoints: [...fresh, ...all], cause };
      if (addresses.length === 0) this.#security = weakest([{ security: this.#security }, found]);
      cause = found.cause ?? cause;
      all.push(...endpoints);
    }
    return { endpoints: all, cause };
  }

  /** Direct TLS only where there is nothing else: it has an SRV of its own. */
  #targets(): readonly Target[] {
    const targets = machinesOf(this.#question.delegation, this.#server.config.dial.port);
    const starttls = targets.filter(({ tls }) => tls === "starttls");
    return orderTargets(starttls.length > 0 ? starttls : targets, () => this.#server.host.random());
  }

  // ---- connecting

  async #connect(): Promise<void> {
    this.#lease = typeof this.#way === "function" ? this.#way((signal) => this.#dial(signal)) : this.#way;
    const outcome = await this.#lease.outcome;
    if (!this.#wanted) return;
    // Asked again: the policy may have changed, and with it what the connection of another question was opened for.
    if (outcome.ready && !outcome.shell.carries(this.#question.pair)) {
      return this.#actor.send({ type: "connection.failed", ...failure("tls.required", null) });
    }
    if (outcome.ready) return this.#ready(outcome.shell);
    this.#actor.send({ type: "connection.failed", ...failure(outcome.cause, outcome.condition) });
  }

  /** One address (section 10); of the other family another one, where no route of ours leads to the first. */
  async #dial(signal: AbortSignal): Promise<LinkOutcome> {
    const [first, ...others] = this.#endpoints;
    const outcome = await this.#dialOne(first!, signal);
    if (outcome.ready || outcome.cause !== "tcp.unreachable" || signal.aborted) return outcome;
    const second = others.find(({ address }) => isIpv6(address) !== isIpv6(first!.address));
    this.#question.budget.giveBack("tcp"); // nothing has left this machine
    return second === undefined ? outcome : await this.#dialOne(second, signal);
  }

  async #dialOne(endpoint: Endpoint, signal: AbortSignal): Promise<LinkOutcome> {
    const { pair: { local, remote: domain }, delegation, tls, budget } = this.#question;
    if (!budget.take("tcp")) return { ready: false, cause: "limit.work", condition: null, failure: null };
    const { target, address, found } = endpoint;
    const tlsa = this.#question.tlsa.filter(({ host, port }) => host === target.host && port === target.port);
    this.#security = weakest([delegation, endpoint]);
    const request = { local, domain, delegation, tls, target, address, found, tlsa };
    const outcome = await this.#server.links.verifyConnection(request, signal);
    if (outcome.ready) this.#unreached.remove(keyOf(endpoint));
    else if (!signal.aborted) this.#unreached.add(keyOf(endpoint));
    return outcome;
  }

  #ready(shell: OutboundShell): void {
    this.#shell = shell;
    this.#security = weakest([this.#question.delegation, shell.reached!.found]);
    this.#actor.send({ type: "connection.ready", same: this.#spares(shell) });
  }

  #spares(shell: OutboundShell): boolean {
    return this.#question.spares(this.#callback("same-certificate", null, shell));
  }

  // ---- asking

  #ask(shell: OutboundShell): void {
    const { pair, request, streamId } = this.#question;
    this.#takeBack = shell.questions.ask({ pair, id: streamId }, (verdict) => {
      this.#tell("verify.received", shell, { answer: verdict });
      // An unknown type is no answer (2.7).
      if (verdict !== "other") this.#actor.send({ type: "answer.received", verdict });
    });
    this.#tell("verify.sent", shell, { borrowed: this.#lease!.borrowed });
    shell.connection.write(encode(printVerify(request, streamId)));
    shell.requestWritten();
    void shell.ended.then((cause) =>
      this.#actor.send({ type: "connection.over", ...failure(cause, shell.peerError) })
    );
  }

  #letGo(): void {
    this.#takeBack();
    this.#lease?.release();
  }

  // ---- the result

  #report(outcome: Callback["outcome"], cause: Cause | null): void {
    this.#result.resolve(this.#callback(outcome, cause, this.#shell));
  }

  #callback(outcome: Callback["outcome"], cause: Cause | null, shell: OutboundShell | null): Callback {
    const target = shell?.reached?.entry.target ?? this.#endpoints[0]?.target ?? null;
    return {
      outcome,
      security: this.#security,
      secure: (shell?.connection.tls ?? null) !== null,
      certificate: shell?.peerCertificate ?? { state: "absent" },
      streamId: this.#question.streamId,
      server: target === null ? null : { host: target.host, port: target.port },
      cause,
    };
  }

  #crashed(): void {
    this.#letGo();
    this.#report("unreachable", "server.internal");
  }

  #tell(
    type: "verify.sent" | "verify.received",
    shell: OutboundShell,
    detail: Record<string, string | boolean>,
  ): void {
    const { judged, connection } = shell;
    const { target } = shell.reached!.entry;
    this.#server.host.tell({
      type,
      connection: shell.id,
      pair: this.#question.pair,
      detail: {
        ...detail,
        server: target.host,
        dns: this.#security,
        encrypted: connection.tls !== null,
        certificate: judged === null ? null : judged.proved ? judged.proof.prooftype : judged.cause,
        peer: connection.peer.ip,
      },
    });
  }
}

/** 7.4: a server that does not host the domain is an error of the domain; everything else is a failure to reach it. */
function failure(cause: Cause, condition: string | null): { outcome: "error" | "unreachable"; cause: Cause } {
  const unhosted = condition === "host-unknown" || condition === "host-gone";
  return unhosted ? { outcome: "error", cause: "dialback.error" } : { outcome: "unreachable", cause };
}

const keyOf = ({ target, address }: Endpoint): string => `${address} ${target.port}`;

const isIpv6 = (address: string): boolean => address.includes(":");
