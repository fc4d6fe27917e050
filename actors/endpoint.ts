/** What the certificate of the machine that we reached proves, at the handshake and later. protocol.md 2.5 I-10, 3.4, STR-35. */
import type { Cause } from "../facts/cause.ts";
import type { PoshEvidence } from "../facts/posh.ts";
import { isByCallback } from "../policy/admission.ts";
import type { Verdict } from "../policy/decide.ts";
import type { HeaderMode } from "../policy/header.ts";
import { isDisowned } from "../policy/redirect.ts";
import { EndpointClaim } from "./claim.ts";
import { collect, type Found, NOTHING_FOUND } from "./collector.ts";
import type { ServerContext } from "./context.ts";
import type { OutboundShell } from "./outbound_stream.ts";

/** A question for a key costs no web request of its own. */
const NOT_WANTED: PoshEvidence = { found: false, passing: true, cause: "proof.none", why: null };

/** Of a certificate, in a trace. */
const MOST_NAMES = 20;

export class Endpoint {
  /** What it proves for the domain that it was dialled for; null before TLS, and without it. */
  verdict: Verdict | null = null;
  /** What was refused between server names would do on a classic stream. */
  takenAsClassic = false;
  readonly #server: ServerContext;
  readonly #shell: OutboundShell;

  constructor(server: ServerContext, shell: OutboundShell) {
    this.#server = server;
    this.#shell = shell;
  }

  /** Why it may not be spoken to, or null. It ends without an answer when the connection is gone meanwhile. */
  async judge(over: AbortSignal): Promise<{ readonly refusal: Cause | null } | "gone"> {
    const { row, trace } = this.#shell;
    const verdict = await this.#collect(row.mode!, over);
    if (verdict === null) return "gone";
    this.verdict = verdict;
    if (verdict.proved && verdict.proof.prooftype === "dane") row.vouch(verdict.proof.target!.host);
    const refusal = this.#refusal(verdict);
    trace.tracer?.step(() => this.#step(verdict));
    if (refusal !== null && row.mode === "server-name" && refusal !== "dane.mismatch") {
      this.takenAsClassic = (await this.#collect("classic", over))?.proved ?? false;
    }
    return this.#shell.over ? "gone" : { refusal };
  }

  /** Whether its certificate proves it now: what was proven at the handshake may have been renewed, or have ended. */
  get proven(): boolean {
    const { proofs, input: { domain } } = this.#shell;
    const proof = proofs.held(domain) ?? (this.verdict?.proved === true ? this.verdict.proof : null);
    return proof !== null && !isByCallback(proof.prooftype) && proof.holds(this.#server.host.clock.now());
  }

  async #collect(mode: HeaderMode, over: AbortSignal): Promise<Verdict | null> {
    const shell = this.#shell;
    const { purpose, delegation } = shell.input;
    const claim = new EndpointClaim(this.#server, shell, shell.pair, mode);
    const posh = purpose === "verify" ? NOT_WANTED : null;
    const known = { ...NOTHING_FOUND, delegation, tlsa: shell.reached!.tlsa, posh };
    const [judge, wanted] = [(found: Found) => claim.judge(found), () => !shell.over];
    const collected = await collect(judge, claim.fetchers({}), wanted, over, known);
    return shell.over ? null : collected?.verdict ?? null;
  }

  /** What the authoritative server shows is judged and not required, but for what TLSA forbids (3.4, step 7). */
  #refusal(verdict: Verdict): Cause | null {
    const { input: { purpose, domain }, reached } = this.#shell;
    const { own } = reached!;
    const shown = this.#shell.certificateUnder(own);
    if (isDisowned(domain, shown, own, this.#server.host.clock.now())) return "dane.mismatch";
    if (verdict.proved) return null;
    return purpose === "federation" || verdict.cause === "dane.mismatch" ? verdict.cause : null;
  }

  #step(verdict: Verdict) {
    const { input: { domain }, row, reached } = this.#shell;
    const type = "endpoint.judged" as const;
    const names = row.serverNames.slice(0, MOST_NAMES);
    if (!verdict.proved) {
      const target = reached?.entry.target.host ?? null;
      return { type, detail: { domain, prooftype: null, names, target }, cause: verdict.cause };
    }
    const { prooftype, target, evidence: { tlsa } } = verdict.proof;
    const matched = typeof tlsa === "string" ? { tlsa } : {};
    return { type, detail: { domain, prooftype, names, target: target?.host ?? null, ...matched } };
  }
}
