/**
 * One cell through everything that decides about an endpoint: route, ladder, claim, collecting, judges, the machine of
 * the stream. Only the bytes are left out: a connection is what its handshake shows.
 */
import { EndpointClaim } from "../../actors/claim.ts";
import { collect, type Found, NOTHING_FOUND } from "../../actors/collector.ts";
import type { ServerContext } from "../../actors/context.ts";
import type { LinkOutcome, LinkRequest } from "../../actors/links.ts";
import type { Outgoing } from "../../actors/outgoing.ts";
import { Route } from "../../actors/route.ts";
import type { S2sShell } from "../../actors/s2s_stream.ts";
import type { AssertionListener } from "../../actors/assertion_out.ts";
import type { Cause } from "../../facts/cause.ts";
import type { PairPolicy } from "../../policy/admission.ts";
import { tlsaFailure } from "../../policy/dane.ts";
import type { Verdict } from "../../policy/decide.ts";
import type { HeaderMode } from "../../policy/header.ts";
import type { Entry } from "../../policy/ladder.ts";
import type { Proof } from "../../policy/proof.ts";
import { QueueBudget } from "../../routing/outbox.ts";
import type { DomainPair } from "../../xmpp/domain.ts";
import { NOW, SENDER, TARGET, TIMING } from "../policy/fixtures.ts";
import { type CellFacts, factsOf } from "./facts.ts";
import { addressesOf, clock, failed, HOUR_MS, modeOf, standIn, streams } from "./initiator_link.ts";
import type { Cell } from "./oracle.ts";

export interface Chosen {
  readonly result: "accepted" | "refused";
  readonly prooftype?: string;
  readonly delivered: boolean;
  /** How many connections were opened, by their rung. */
  readonly rungs: readonly Entry["rung"][];
  readonly asked: ReadonlySet<string>;
}

const PAIR: DomainPair = { local: TARGET, remote: SENDER };
/** Far from mattering. */
const LIMITS = {
  queueStanzas: 10,
  queueBytes: 10_000,
  queueAgeMs: HOUR_MS,
  negativePairMs: HOUR_MS,
  shutdownGraceMs: HOUR_MS,
  backoffMaxMs: HOUR_MS,
  classicOnlyMs: HOUR_MS,
  recheckMinMs: HOUR_MS,
  dnsTimeoutMs: HOUR_MS,
};

export async function chooseEndpoint(cell: Cell): Promise<Chosen> {
  const play = new Play(cell);
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  play.ended = resolve;
  play.crashed = reject;
  const route = new Route(play.server(), PAIR);
  route.wait({ bytes: new Uint8Array([1]), since: NOW, local: TARGET } as Outgoing);
  await over;
  const { requested, proof, delivered, rungs, asked } = play;
  return {
    result: requested ? "accepted" : "refused",
    ...(requested && proof ? { prooftype: proof.prooftype } : {}),
    delivered,
    rungs,
    asked,
  };
}

class Play {
  readonly facts: CellFacts;
  readonly asked = new Set<string>();
  readonly rungs: Entry["rung"][] = [];
  requested = false;
  delivered = false;
  proof: Proof | null = null;
  ended: () => void = () => {};
  crashed: (error: Error) => void = () => {};
  #open = false;

  constructor(readonly cell: Cell) {
    this.facts = factsOf(cell);
  }

  /** As much of a server as a route sees; the evidence is the cell's. */
  server(): ServerContext {
    const { policy: proof } = this.cell;
    const policy: PairPolicy = { proof, allowInsecureDelegation: false, daneInbound: "positive" };
    const fetch = (name: keyof CellFacts) => () => {
      this.asked.add(name);
      return Promise.resolve(this.facts[name]);
    };
    const server = {
      host: { clock, random: () => 0.5, tell: (happening: Told) => this.#told(happening), trace: null },
      config: {
        limits: LIMITS,
        dial: { port: 5269 },
        policy: { serverNames: true },
        server: { names: ["xmpp1.receiving.example"] },
      },
      draining: false,
      queues: new QueueBudget(() => 10_000),
      policyFor: () => policy,
      timing: () => TIMING,
      refusalFor: () => null,
      identities: { carries: () => true, carriesMachine: () => true },
      classicOnly: { has: () => false, add: () => {}, remove: () => {} },
      negatives: { add: () => {}, remove: () => {} },
      routes: { forget: () => {}, moved: () => {} },
      shells: new Map(),
      connections: { findReusable: () => null, findByCertificate: () => [] },
      bindings: {
        sending: () => this.#open ? {} : null,
        sendingOn: () => null,
      },
      evidence: {
        delegation: fetch("delegation"),
        tlsa: fetch("tlsa"),
        posh: fetch("posh"),
        addresses: (host: string) => Promise.resolve(addressesOf(host)),
      },
      links: { obtain: (request: LinkRequest): Promise<LinkOutcome> => this.#obtain(server, request) },
      write: () => {
        this.delivered = true;
        this.ended();
      },
      bounce: () => this.ended(),
    } as unknown as ServerContext;
    return server;
  }

  #told({ type, detail }: Told): void {
    if (type === "actor.crashed") this.crashed(new Error(detail?.error));
  }

  /** One connection, as far as `actors/course` and `actors/outbound_stream` take it. */
  async #obtain(server: ServerContext, { entries, delegation }: LinkRequest): Promise<LinkOutcome> {
    const entry = entries[0]!;
    const unanswered = delegation.security === "secure" ? tlsaFailure(this.facts.tlsa) : null;
    if (unanswered !== null) {
      return { ready: false, cause: unanswered.cause!, error: null, failure: null };
    }
    this.rungs.push(entry.rung);
    const shell = this.#stand(entry);
    if (this.facts.certificate.state === "absent") return failed(entry, "tls.handshake", null);
    const mode = modeOf(entry);
    const verdict = await this.#judge(server, shell, mode);
    const refusal = verdict.proved ? null : verdict.cause;
    if (streams(refusal)) {
      shell.row.state = "established";
      return { ready: true, shell: shell as never };
    }
    const takenAsClassic = mode === "server-name" && refusal !== "dane.mismatch" &&
      (await this.#judge(server, shell, "classic")).proved;
    return failed(entry, refusal!, takenAsClassic);
  }

  async #judge(server: ServerContext, shell: S2sShell, mode: HeaderMode): Promise<Verdict> {
    const claim = new EndpointClaim(server, shell, PAIR, mode);
    const { delegation, tlsa } = this.facts;
    const judge = (found: Found) => claim.judge(found);
    const known = { ...NOTHING_FOUND, delegation, tlsa };
    const never = new AbortController().signal;
    return (await collect(judge, claim.fetchers({}), () => true, never, known))!.verdict;
  }

  #stand(entry: Entry): S2sShell {
    return standIn(entry, this.facts, {
      proofs: { held: () => null, delegate: (proof: Proof) => this.proof = proof },
      ours: { ask: (_pair: DomainPair, listener: AssertionListener) => this.#answer(listener) },
    });
  }

  /** The peer's verdict by the cell's key: valid, invalid, or none. */
  #answer(listener: AssertionListener): void {
    this.requested = true;
    switch (this.cell.key) {
      case "good":
        this.#open = true;
        return listener.authorised();
      case "bad":
        return listener.denied("peer.invalid", null, "invalid");
      case "none":
        return listener.denied("peer.verdict-timeout" as Cause, null, "timeout");
    }
  }
}

interface Told {
  readonly type: string;
  readonly detail?: { readonly error?: string };
}
