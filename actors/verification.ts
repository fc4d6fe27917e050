/** One question to an authoritative server: performs `machines/verification`. XEP-0220 2.1.2, XEP-0344; protocol.md 7.4. */
import type { Actor } from "xstate";
import { weakest } from "../dnssec/delegation.ts";
import type { Callback } from "../facts/callback.ts";
import type { Cause } from "../facts/cause.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { Security } from "../facts/dns.ts";
import { verification, type VerificationEffect } from "../machines/verification.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import { namesNobody } from "../policy/delegation.ts";
import { type DialbackRequest, printVerify } from "../xmpp/dialback.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { StreamError } from "../xmpp/stream_error.ts";
import type { Budget } from "./budget.ts";
import type { ServerContext } from "./context.ts";
import type { LinkOutcome } from "./links.ts";
import type { OutboundShell } from "./outbound_stream.ts";
import { actorOf, background } from "./start.ts";
import { stateOf } from "./state_of.ts";
import { encode } from "./encode.ts";
import type { Unreached } from "./unreached.ts";
import type { Lease } from "./verify_connection.ts";
import { VerifyCourse } from "./verify_course.ts";

export interface VerifyQuestion {
  /** `local` was asked for by `remote`. */
  readonly pair: DomainPair;
  /** Whose request it is, by where it comes from (`site`). */
  readonly asker: string;
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

export class Verification {
  readonly #server: ServerContext;
  readonly #question: VerifyQuestion;
  /** Of a connection that is there already; else what makes one. */
  readonly #way: Lease | ((dial: Dial) => Lease);
  readonly #course: VerifyCourse;
  readonly #actor: Actor<typeof verification>;
  readonly #result = Promise.withResolvers<Callback>();
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
    this.#security = question.delegation.security;
    const { delegation, tlsa, budget, pair } = question;
    this.#course = new VerifyCourse(server, { delegation, tlsa, budget, about: { pair } }, unreached);
    const { local, remote } = pair;
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

  /** As the chart has it. */
  get machineState(): string {
    return stateOf(this.#actor.getSnapshot().value);
  }

  /** Never rejects. */
  async run(signal: AbortSignal): Promise<Callback> {
    const over = () => this.#actor.send({ type: "request.over" });
    signal.addEventListener("abort", over, { once: true });
    this.#actor.start();
    if (signal.aborted) over();
    const result = await this.#result.promise;
    signal.removeEventListener("abort", over);
    return result;
  }

  /** Somebody else needs its place more; before it has a connection. */
  displace(): void {
    this.#actor.send({ type: "server.missing", ...failure("limit.verifications", null) });
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
    const answers = await this.#course.find();
    if (!this.#wanted) return;
    const found = answers.find(({ addresses }) => addresses.length > 0);
    this.#security = weakest([this.#question.delegation, ...found === undefined ? answers : [found]]);
    if (found !== undefined) return this.#actor.send({ type: "server.found" });
    this.#missing(answers.findLast(({ cause }) => cause !== null)?.cause ?? "dns.no-address");
  }

  #missing(cause: Cause): void {
    const outcome = cause === "tcp.forbidden" ? "unreachable" : "unresolved";
    this.#actor.send({ type: "server.missing", outcome, cause });
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
    this.#actor.send({ type: "connection.failed", ...failure(outcome.cause, outcome.error) });
  }

  /** One connection (section 10). */
  async #dial(signal: AbortSignal): Promise<LinkOutcome> {
    const { pair: { local, remote: domain }, delegation, tls, budget } = this.#question;
    if (!budget.take("tcp")) return { ready: false, cause: "limit.work", error: null, failure: null };
    const course = this.#course;
    const outcome = await this.#server.links.verifyConnection(
      { local, domain, delegation, tls, course },
      signal,
    );
    if (outcome.ready) course.succeeded(outcome.shell.reached!);
    else if (outcome.failure !== null && !signal.aborted) course.failed(outcome.failure);
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
    const target = shell?.reached?.entry.target ?? this.#course.entries[0]?.target ?? null;
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
    const { endpoint: { verdict: judged }, connection } = shell;
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
function failure(
  cause: Cause,
  error: StreamError | null,
): { outcome: "error" | "unreachable" | "busy"; cause: Cause } {
  if (cause === "limit.verifications") return { outcome: "busy", cause };
  const unhosted = error?.condition === "host-unknown" || error?.condition === "host-gone";
  return unhosted ? { outcome: "error", cause: "dialback.error" } : { outcome: "unreachable", cause };
}
