/** The `from` of a classic stream's header: proven by the certificate before EXTERNAL is offered. protocol.md R-8, 7.1. */
import type { Proof } from "../policy/proof.ts";
import type { Verdict } from "../policy/decide.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import { Budget } from "./budget.ts";
import { PeerClaim } from "./claim.ts";
import { NOTHING_FOUND } from "./collector.ts";
import type { ServerContext } from "./context.ts";
import type { S2sShell } from "./s2s_stream.ts";

export class HeaderIdentity {
  /** Settles when the features are out: until then nothing more is read. */
  readonly proving: Promise<void>;
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #pair: DomainPair;
  /** The same judgement as a request's, but for the key that it does not have. */
  readonly #claim: PeerClaim;
  readonly #over = new AbortController();
  #proof: Proof | null = null;
  #settle!: () => void;

  constructor(server: ServerContext, shell: S2sShell, pair: DomainPair) {
    this.#server = server;
    this.#shell = shell;
    this.#pair = pair;
    this.#claim = new PeerClaim(server, shell, pair, null);
    this.proving = new Promise((resolve) => this.#settle = resolve);
  }

  /** Whom the certificate proved; null: nobody. */
  get proven(): Domain | null {
    return this.#proof?.domain ?? null;
  }

  /** Cheap first, then what has to be fetched; false also when its time is over (3.2). */
  async prove(): Promise<boolean> {
    if (this.#server.refusalFor(this.#pair) !== null) return false;
    const atHand = this.#claim.judge(NOTHING_FOUND);
    const verdict = atHand.proved || atHand.needs.length === 0 ? atHand : await this.#collected();
    if (this.#over.signal.aborted || verdict?.proved !== true) return false;
    this.#proof = verdict.proof;
    return true;
  }

  async #collected(): Promise<Verdict | null> {
    const wanted = () => !this.#over.signal.aborted;
    await this.#shell.theirs.proofTurn();
    const passage = await this.#claim.collected(new Budget(), wanted, this.#over.signal);
    return passage.passed ? passage.value?.verdict ?? null : null;
  }

  /** What was proven still holds, and the pair may still federate. */
  holds(): boolean {
    const { hosted, host } = this.#server;
    return this.#proof?.holds(host.clock.now()) === true && hosted.isHosted(this.#pair.local) &&
      this.#server.refusalFor(this.#pair) === null;
  }

  /** Opens the pair of the header (Q12); with bidi what waits for the peer may go (2.8). False: it holds no more. */
  admit(): boolean {
    if (!this.holds()) return false;
    this.#shell.proofs.grant(this.#pair, this.#proof!, this.#claim);
    this.#server.routes.opened(this.#pair);
    return true;
  }

  /** The features are out, or the connection is over: what is proven later is not offered any more. */
  settled(): void {
    this.#over.abort();
    this.#settle();
  }
}
