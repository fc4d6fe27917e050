/** The proofs held on one connection: what they open, and what their end closes. protocol.md 2.2, 2.11 T5, 3.9. */
import type { Cause } from "../facts/cause.ts";
import type { Delegation } from "../facts/delegation.ts";
import { decide, type Verdict } from "../policy/decide.ts";
import type { Proof } from "../policy/proof.ts";
import { printRevocation } from "../xmpp/dialback.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import type { ServerContext } from "./context.ts";
import { ProofLife } from "./proof.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { encode } from "./stream.ts";
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

  /** A proof that still holds. */
  held(domain: Domain): Proof | null {
    const proof = this.#shell.row.delegated.get(domain);
    return proof?.holds(this.#server.host.clock.now()) ? proof : null;
  }

  /** Q12: the tables first; the verdict follows. */
  grant(pair: DomainPair, proof: Proof): void {
    const server = this.#server;
    const known = this.#lives.has(proof.domain);
    server.bindings.grant(this.#shell.row, pair, proof, server.host.clock.now());
    if (!known) this.#watch(proof, (delegation) => this.#judgeClaim(pair, delegation));
    this.#shell.pairOpened();
    server.host.tell({
      type: "pair.granted",
      connection: this.#shell.id,
      pair,
      detail: this.describe(proof),
    });
  }

  /** Remembers that this peer speaks for a remote domain, before a request to it is sent (I-4, I-11). */
  delegate(proof: Proof, judge: (delegation: Delegation) => Verdict): void {
    this.#shell.row.delegate(proof, this.#server.host.clock.now());
    if (!this.#lives.has(proof.domain)) this.#watch(proof, judge);
  }

  #watch(proof: Proof, judge: (delegation: Delegation) => Verdict): void {
    this.#lives.set(proof.domain, new ProofLife(this.#server, this.#shell, proof, judge));
  }

  /** No pair uses it any more. */
  forget(domain: Domain): void {
    this.#lives.get(domain)?.unused();
    this.#lives.delete(domain);
  }

  renewed(proof: Proof): void {
    this.#shell.row.delegate(proof, this.#server.host.clock.now());
  }

  /** The proof of a domain ended: every pair with it stops here, the others never notice. */
  ended(domain: Domain, cause: Cause): void {
    const life = this.#lives.get(domain);
    this.#lives.delete(domain);
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
    const { local, remote } = pair;
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
    if (assertion === undefined) {
      this.#shell.connection.write(encode(printRevocation(local, remote)));
    }
    assertion?.proofEnded(cause);
    this.#server.routes.closed(pair, cause);
  }

  #judgeClaim(pair: DomainPair, delegation: Delegation): Verdict {
    const server = this.#server;
    return decide({
      domain: pair.remote,
      certificate: this.#shell.peerCertificate,
      delegation,
      policy: server.policyFor(pair),
      now: server.host.clock.now(),
      timing: server.timing(),
    });
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
    for (const life of this.#lives.values()) life.connectionOver();
  }
}
