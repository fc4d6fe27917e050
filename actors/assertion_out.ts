/** Our request on one connection: performs `machines/assertion_out`. protocol.md 2.5 I-14, I-15, 2.7. */
import type { Actor } from "xstate";
import type { Cause } from "../facts/cause.ts";
import { assertionOut, type AssertionOutEffect } from "../machines/assertion_out.ts";
import { type PendingRequest, sendRequest } from "../routing/pending_request.ts";
import { dialbackKey, printRequest, type Verdict } from "../xmpp/dialback.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { ServerContext } from "./context.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { actorOf } from "./start.ts";
import { stateOf } from "./state_of.ts";
import { encode } from "./encode.ts";

/** What became of a request, for the route that asked. */
export interface AssertionListener {
  authorised(): void;
  denied(cause: Cause, condition: string | null, kind: "invalid" | "error" | "timeout" | "lost"): void;
  /** The peer took its permission back. */
  revoked(cause: Cause): void;
  /** The connection or our own proof went. */
  lost(cause: Cause): void;
}

export class AssertionOut {
  readonly pair: DomainPair;
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #listener: AssertionListener;
  readonly #actor: Actor<typeof assertionOut>;
  #pending: PendingRequest | null = null;

  constructor(server: ServerContext, shell: S2sShell, pair: DomainPair, listener: AssertionListener) {
    this.#server = server;
    this.#shell = shell;
    this.pair = pair;
    this.#listener = listener;
    const { verdictTimeoutMs, queueAgeMs } = server.config.limits;
    this.#actor = actorOf(
      assertionOut,
      `${shell.id} requests ${pair.local} to ${pair.remote}`,
      { connection: shell.id, pair },
      { timers: { verdictTimeoutMs, queueAgeMs } },
      (effect) => this.#perform(effect),
      server.host,
      () => this.#listener.lost("server.internal"),
    );
    this.#actor.start();
  }

  /** As the chart has it. */
  get machineState(): string {
    return stateOf(this.#actor.getSnapshot().value);
  }

  turnCame(): void {
    this.#actor.send({ type: "turn.came" });
  }

  verdict(verdict: Verdict, condition: string | null): void {
    switch (verdict) {
      case "valid":
        return this.#actor.send({ type: "verdict.valid" });
      case "invalid":
        return this.#actor.send({ type: "verdict.invalid" });
      case "error":
        return this.#actor.send({ type: "verdict.error", condition: condition ?? "undefined-condition" });
    }
  }

  connectionOver(cause: Cause): void {
    this.#actor.send({ type: "connection.over", cause });
  }

  proofEnded(cause: Cause): void {
    this.#actor.send({ type: "proof.ended", cause });
  }

  #perform(effect: AssertionOutEffect): void {
    switch (effect.type) {
      case "send request":
        return this.#request();
      case "authorise":
        return this.#authorise();
      case "withdraw":
        this.#shell.ours.withdrawn(this.pair, effect.by, effect.cause);
        return effect.by === "peer"
          ? this.#listener.revoked(effect.cause)
          : this.#listener.lost(effect.cause);
      case "report denied":
        this.#shell.ours.denied(this.pair, this.#pending, effect.cause, effect.condition);
        return this.#listener.denied(effect.cause, effect.condition, effect.kind);
    }
  }

  #request(): void {
    const { local, remote } = this.pair;
    // TLS-4: the policy may have changed while the request waited for its turn.
    if (!this.#shell.carries(this.pair)) {
      return this.#actor.send({ type: "proof.ended", cause: "tls.required" });
    }
    this.#pending = sendRequest(this.#shell.row, this.pair);
    // 7.6: with the id of the latest response header.
    const { streamId, direction } = this.#shell.row;
    const subject = { receiving: remote, originating: local, streamId: streamId ?? "" };
    // 2.8.6: in the reverse direction we chose the stream id ourselves, so a key would prove nothing.
    const key = direction === "out" ? dialbackKey(this.#server.dialbackSecret, subject) : null;
    this.#shell.connection.write(encode(printRequest(local, remote, key)));
    this.#shell.requestWritten();
    this.#server.host.tell({ type: "request.sent", connection: this.#shell.id, pair: this.pair });
  }

  #authorise(): void {
    if (this.#shell.ours.authorise(this.pair, this.#pending!)) return this.#listener.authorised();
    // Our own proof of the peer ended while it made up its mind.
    this.#actor.send({ type: "proof.ended", cause: "proof.expired" });
  }
}
