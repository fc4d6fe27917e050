/** The proofs held on one connection: what they open, and what their end closes. protocol.md 2.2, 2.11 T5, 3.9. */
import type { Cause } from "../facts/cause.ts";
import { accepts } from "../policy/admission.ts";
import type { Proof } from "../policy/proof.ts";
import { farewell } from "../policy/revocation.ts";
import { printRevocation } from "../xmpp/dialback.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import type { Claim } from "./claim.ts";
import type { ServerContext } from "./context.ts";
import { ProofLife } from "./proof.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { encode } from "./encode.ts";
import { triedBy } from "./tried.ts";

export class Proofs {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #lives = new Map<Domain, ProofLife>();

  constructor(server: ServerContext, shell: S2sShell) {
    this.#server = server;
    this.#shell = shell;
  }

  all(): Iterable<ProofLife> {
    return this.#lives.values();
  }

  life(domain: Domain): ProofLife | undefined {
    return this.#lives.get(domain);
  }

  /** A proof that still holds. */
  held(domain: Domain): Proof | null {
    const proof = this.#shell.row.delegated.get(domain);
    return proof?.holds(this.#server.host.clock.now()) ? proof : null;
  }

  /** Q12: the tables first; the verdict follows. */
  grant(pair: DomainPair, proof: Proof, claim: Claim): void {
    const server = this.#server;
    server.bindings.grant(this.#shell.row, pair, proof, server.host.clock.now());
    this.#watch(proof, claim);
    this.#shell.pairOpened();
    server.host.tell({
      type: "pair.granted",
      connection: this.#shell.id,
      pair,
      detail: this.describe(proof),
    });
  }

  /** Remembers that this peer speaks for a remote domain, before a request to it is sent (I-4, I-11). */
  delegate(proof: Proof, claim: Claim): void {
    this.#shell.row.delegate(proof, this.#server.host.clock.now());
    this.#watch(proof, claim);
  }

  /** One life per domain, whatever the number of pairs: re-checked for the strictest of them. */
  #watch(proof: Proof, claim: Claim): void {
    const life = this.#lives.get(proof.domain);
    if (life !== undefined) return life.alsoFor(proof, claim);
    this.#lives.set(proof.domain, new ProofLife(this.#server, this.#shell, proof, claim));
    this.#server.held.proofs++;
  }

  /** No pair uses it any more. */
  forget(domain: Domain): void {
    this.#lives.get(domain)?.unused();
    this.#let(domain);
  }

  /** A re-check proved the domain again; a pair whose policy does not take it that way stops here. */
  renewed(proof: Proof): void {
    this.#shell.row.delegate(proof, this.#server.host.clock.now());
    for (const pair of [...this.#server.bindings.rowsOn(this.#shell.row, proof.domain)]) {
      const { local, remote } = pair;
      if (!accepts(this.#server.policyFor(pair), proof.prooftype)) {
        this.revoke({ local, remote }, "proof.none");
      }
    }
  }

  /** The proof of a domain ended: every pair with it stops here, the others never notice. */
  ended(domain: Domain, cause: Cause): void {
    const life = this.#lives.get(domain);
    this.#let(domain);
    if (life?.proof.endsWith === "certificate" && cause === "proof.expired") {
      return this.#shell.close("tls.expired", "reset"); // RFC 6120 13.7.2.3
    }
    const gone = this.#server.bindings.expire(this.#shell.row, domain);
    for (const { local, remote } of gone) this.#revoked({ local, remote }, cause, life?.proof);
  }

  /** The operator takes a pair away. */
  revoke(pair: DomainPair, cause: Cause): boolean {
    const proof = this.#shell.row.delegated.get(pair.remote);
    const { sent, received, unused } = this.#server.bindings.revoke(this.#shell.row, pair);
    if (unused) this.forget(pair.remote);
    if (sent || received) this.#revoked(pair, cause, proof);
    return sent || received;
  }

  /** After the tables: the peer is told if it was let in by its own request, our own assertion ends. */
  #revoked(pair: DomainPair, cause: Cause, proof: Proof | undefined): void {
    const assertion = this.#shell.ours.of(pair);
    this.#server.host.tell({
      type: "pair.revoked",
      level: "warning",
      connection: this.#shell.id,
      pair,
      cause,
      detail: {
        by: "us",
        direction: assertion === undefined ? "in" : "out",
        ...triedBy(proof),
        peer: this.#shell.connection.peer.ip,
      },
    });
    if (assertion === undefined) this.#say(pair, cause);
    assertion?.proofEnded(cause);
    this.#server.routes.closed(pair, cause);
  }

  /** 2.11 T5. A stream between server names is a DNA peer's, whatever it announced. */
  #say({ local, remote }: DomainPair, cause: Cause): void {
    const { row, connection } = this.#shell;
    const dna = row.peerDna || row.mode === "server-name";
    const word = farewell({ dna, others: this.#server.bindings.pairsOn(row) > 0 }, cause);
    if (word === "invalid") return connection.write(encode(printRevocation(local, remote)));
    if (word !== "nothing") this.#shell.close(cause, word);
  }

  /** What log and events show of a proof. */
  describe(proof: Proof) {
    const iso = (ms: number | null) => ms === null ? null : new Date(ms).toISOString();
    return {
      ...triedBy(proof),
      target: proof.target?.host ?? null,
      checkedAt: iso(proof.checkedAt),
      recheckAt: iso(proof.recheckAt),
      expires: iso(proof.expiresAt),
      peer: this.#shell.connection.peer.ip,
    };
  }

  connectionOver(): void {
    for (const [domain, life] of [...this.#lives]) {
      this.#let(domain);
      life.connectionOver();
    }
  }

  #let(domain: Domain): void {
    if (this.#lives.delete(domain)) this.#server.held.proofs--;
  }

  /**
   * Whether one more domain may be proven here: when the server holds as many as it may, a connection gets no more than
   * its share, so that no peer's flood closes the others out.
   */
  get full(): boolean {
    const { held, shells, config } = this.#server;
    const share = Math.floor(config.limits.provenDomains / Math.max(1, shells.size));
    return held.proofs >= config.limits.provenDomains && this.#lives.size >= share;
  }
}
